import { expect, test } from "vitest";
import { run } from "../../../src/cli/run.js";
import { routed } from "../ports/routed.js";

interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Command lines in a namespace with a link "v0" that has 10.0.0.1/24 and fd00::1/64. */
async function terminal(): Promise<{
  type: (line: string) => Promise<Said>;
  ask: (line: string) => Promise<unknown>;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const host = await routed();
  const namespace = await host.namespaceDescriptor();
  async function type(line: string): Promise<Said> {
    const said = { stdout: "", stderr: "" };
    const status = await run(["--netns", `/proc/self/fd/${namespace.fd}`, ...line.split(" ")], {
      stdout: { write: (text) => (said.stdout += text) },
      stderr: { write: (text) => (said.stderr += text) },
      env: {},
    });
    return { status, ...said };
  }
  async function ask(line: string): Promise<unknown> {
    const { status, stdout, stderr } = await type(`--json ${line}`);
    expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
    return JSON.parse(stdout);
  }
  return { type, ask, [Symbol.asyncDispose]: () => host.close() };
}

const DONE: Said = { status: 0, stdout: "", stderr: "" };

test("what packets are wrapped in is typed in a word, and printed as it is typed", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  const wrapped = [
    "ip,id=7,dst=192.0.2.7,src=192.0.2.1,ttl=9,tos=0,flags=csum",
    "seg6,srh.mode=encap,srh.segments=fd00::7,fd00::8",
  ];
  expect(await type(`route add 10.1.0.0/16 via=10.0.0.2 encap=${wrapped[0]}`)).toEqual(DONE);
  expect(await type(`route add fd01::/16 via=fd00::2 encap=${wrapped[1]}`)).toEqual(DONE);
  const lines = ["10.1.0.0/16", "fd01::/16"].map((destination) => ask(`route list destination=${destination}`));
  expect(await Promise.all(lines)).toMatchObject([
    [{ encapsulation: { type: "ip", dst: "192.0.2.7", ttl: 9, flags: ["csum"] } }],
    [{ encapsulation: { type: "seg6", srh: { mode: "encap", segments: ["fd00::7", "fd00::8"] } } }],
  ]);
  const { stdout } = await type("route list");
  for (const words of wrapped) expect(stdout).toContain(` ${words} `);
  expect(await type("nexthop add id=9 via=10.0.0.2 encap=mpsl")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"mpsl" is none of none|mpls|') as string,
  });
  expect(
    (await type("route add fd02::/16 link=v0 encap=seg6-local,action=end,flavours.operation=psp")).stderr,
  ).toContain('seg6-local has no "flavours.operation"; did you mean "flavors.operation"?');
});

test("routes are added, listed, looked up, replaced and deleted", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  expect(await type("route add 10.1.0.0/16 via=10.0.0.2 metric=5 mtu=1400 lock=mtu")).toEqual(DONE);
  expect(await ask("route add default via=fd00::2 preference=high")).toMatchObject({
    family: "inet6",
    destination: "default",
    preference: "high",
  });
  expect(await type("route add 10.2.0.0/16 nexthops=10.0.0.2%v0=20,10.0.0.3,%v1=7 table=100")).toEqual(DONE);
  expect(await ask("route list destination=10.1.0.0/16")).toMatchObject([
    { metric: 5, metrics: { mtu: 1400, lock: ["mtu"] } },
  ]);
  expect((await type("route list family=inet")).stdout).toBe(
    "DESTINATION  VIA       LINK  METRIC  TYPE     TABLE  PROTOCOL  SCOPE   SOURCE\n" +
      "10.0.0.0/24  -         v0         -  unicast  main   kernel    link    10.0.0.1\n" +
      "10.1.0.0/16  10.0.0.2  v0         5  unicast  main   static    global  -\n",
  );
  expect((await type("route list table=100")).stdout).toBe(
    "DESTINATION  VIA       LINK  WEIGHT  METRIC  TYPE     TABLE  PROTOCOL  SCOPE   SOURCE\n" +
      "10.2.0.0/16  10.0.0.2  v0        20       -  unicast  100    static    global  -\n" +
      "             10.0.0.3  v0         1\n" +
      "             -         v1         7\n",
  );
  expect(await ask("route get 10.1.2.3 from=10.0.0.1")).toMatchObject({ gateway: "10.0.0.2", from: "10.0.0.1/32" });
  expect(await type("route replace 10.1.0.0/16 link=v0 metric=5")).toEqual(DONE);
  expect(await ask("route delete 10.1.0.0/16 link=v0")).toMatchObject({ destination: "10.1.0.0/16", metric: 5 });
  expect(await ask("route list destination=10.1.0.0/16 table=all")).toEqual([]);
});

test.for([
  ["route add 10.1.2.3/16 via=10.0.0.2", 2, '"10.1.2.3/16" has bits behind its length; the network is 10.1.0.0/16'],
  ["route add fd01::/16 via=10.0.0.2", 2, "via: 10.0.0.2 is an IPv4 address: a route of IPv6 has a gateway of IPv6"],
  ["route add 10.1.0.0/16 nexthops=v0", 2, 'nexthops: "v0" is not an IPv4 or IPv6 address'],
  ["route add 10.1.0.0/16 nexthops==5", 2, 'nexthops: "=5" is not a way such as 10.0.0.2%eth0=20'],
  ["route add 10.1.0.0/16 nexthops=10.0.0.2=999", 2, "nexthops: 999 is not a weight from 1 to 256"],
  ["route add 10.1.0.0/16 via=10.0.0.2 mtu=x", 2, 'mtu: "x" is not an integer from 0 to 65520'],
  [
    "route delete 10.1.0.0/16 table=7",
    1,
    "10.1.0.0/16 table=7: the kernel refused RTM_DELROUTE: FIB table does not exist (ESRCH); nothing has been put into that table",
  ],
  ["rule add from=10.0.0.0/8 table=x", 2, 'table: "x" is none of unspec|compat|default|main|local, and no number'],
  ["rule add sport-range=5-1 table=7", 2, "sport-range: 5 is larger than 1"],
  ["nexthop delete v0", 2, '"v0" is not an integer from 0 to 4294967295'],
  ["neighbour add v0 10.0.0.9 state=stale", 2, "lladdr: a neighbour that is stale needs one"],
] as const)("%s: status %i, and words that help", async ([line, status, message]) => {
  await using shell = await terminal();
  expect(await shell.type(line)).toEqual({ status, stdout: "", stderr: `linkwright: ${message}\n` });
});

test("rules are added, listed and deleted", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  expect(await type("rule add from=10.0.0.0/8 table=100 priority=50 fwmark=0x10 dport-range=80-90 ip-proto=6")).toEqual(
    DONE,
  );
  expect(await ask("rule list table=100")).toMatchObject([
    { priority: 50, from: "10.0.0.0/8", fwmark: 16, dportRange: { start: 80, end: 90 }, ipProto: 6 },
  ]);
  expect((await type("rule list family=inet")).stdout).toBe(
    "PRIORITY  FAMILY  FROM        TO   ACTION         PROTOCOL  MORE\n" +
      "       0  inet    all         all  table local    kernel    -\n" +
      "      50  inet    10.0.0.0/8  all  table 100      static    dport-range=80-90 fwmark=16 ip-proto=6\n" +
      "   32766  inet    all         all  table main     kernel    -\n" +
      "   32767  inet    all         all  table default  kernel    -\n",
  );
  expect(await ask("rule delete table=100")).toMatchObject({ priority: 50 });
});

test("neighbours are added, listed, replaced, deleted and flushed", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  expect(await type("neighbour add v0 10.0.0.9 lladdr=02:00:00:00:00:09")).toEqual(DONE);
  expect(
    await ask("neighbour replace v0 10.0.0.9 lladdr=02:00:00:00:00:0a state=stale flags=ext-learned"),
  ).toMatchObject({
    address: "10.0.0.9",
    lladdr: "02:00:00:00:00:0a",
    state: "stale",
    flags: ["extLearned"],
  });
  expect((await type("neighbour list link=v0 family=inet")).stdout).toBe(
    "LINK  ADDRESS   MAC                STATE  FLAGS\nv0    10.0.0.9  02:00:00:00:00:0a  stale  ext-learned\n",
  );
  expect(await ask("neighbour flush link=v0 state=stale,reachable")).toMatchObject([{ address: "10.0.0.9" }]);
  expect(await type("neighbour add v0 10.0.0.7 proxy")).toEqual(DONE);
  expect(await ask("neighbour list proxy")).toMatchObject([{ address: "10.0.0.7", flags: ["proxy"] }]);
  expect(await type("neighbour delete v0 10.0.0.7 proxy")).toEqual(DONE);
});

test("next hops are added, listed, replaced and deleted", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  expect(await type("nexthop add via=10.0.0.2 link=v0")).toEqual({ ...DONE, stdout: "1\n" });
  expect(await type("nexthop add id=2 via=10.0.0.3 link=v0")).toEqual(DONE);
  expect(await type("nexthop add id=10 group=1=30,2 group-type=res buckets=4 idle-timer=60s")).toEqual(DONE);
  expect((await type("nexthop list")).stdout).toBe(
    "ID  VIA       LINK  KIND             MEMBERS   PROTOCOL  FLAGS\n" +
      " 1  10.0.0.2  v0    -                -         static    -\n" +
      " 2  10.0.0.3  v0    -                -         static    -\n" +
      "10  -         -     resilient group  1=30,2=1  static    -\n",
  );
  expect(await ask("nexthop buckets id=10")).toHaveLength(4);
  expect(await type("nexthop replace 2 via=10.0.0.4 link=v0")).toEqual(DONE);
  expect(await ask("nexthop list link=v0")).toMatchObject([{ id: 1 }, { id: 2, gateway: "10.0.0.4" }]);
  expect(await type("nexthop delete 10")).toEqual(DONE);
});
