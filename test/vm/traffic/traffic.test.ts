import { run } from "../../../src/cli/run.js";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type Tap } from "../../../src/index.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { tc, tcList } from "../../kernel/traffic/tc.js";

let host: Host;
let source: Tap;
let sink: Tap;
let input: Duplex;
let output: Duplex;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { mcastSnooping: false, up: true });
  source = await host.openTap("tap0");
  sink = await host.openTap("tap1");
  await host.attach(source, "br0");
  await host.attach(sink, "br0");
  input = source.frames();
  output = sink.frames();
});

afterAll(async () => {
  await host.close();
});

test("of frames that come in, exactly the burst passes, and the rest are counted as drops", async () => {
  await host.limitRate(source, { ingress: 800, burst: 5000 });
  const received = numbers(output, 5);
  for (let number = 0; number < 20; number++) input.write(frame(number, 1000));
  expect(await received).toEqual([0, 1, 2, 3, 4]);
  await expect
    .poll(async () => (await host.rateLimit(source)).ingress?.statistics, { timeout: 20_000 })
    .toMatchObject({ packets: 20, drops: 15, overlimits: 15 });
});

test("a limit of both directions is what tc shows, is replaced in one step, and leaves nothing when it is lifted", async () => {
  await host.limitRate(source, { ingress: 8e6, egress: 16e6, burst: 10_000 });
  expect(await host.rateLimit(source)).toMatchObject({
    ingress: { rate: 8e6, burst: 10_000 },
    egress: { rate: 16e6, burst: 10_000 },
  });
  const shown = await tc(host, "filter", "show", "dev", "tap0", "ingress");
  expect(shown).toMatch(/matchall[^]*police 0x\d+ rate 8Mbit burst 10000b mtu \S+ action drop\/continue/);
  const before = await host.filters.list({ link: source, parent: "ingress" });
  await host.limitRate(source, { ingress: 24e6, burst: 20_000 });
  const after = await host.filters.list({ link: source, parent: "ingress" });
  expect(after.map(({ priority, handle }) => [priority, handle])).toEqual(
    before.map(({ priority, handle }) => [priority, handle]),
  );
  expect(await host.rateLimit(source)).toMatchObject({
    ingress: { rate: 24e6, burst: 20_000 },
    egress: { rate: 16e6 },
  });
  await host.limitRate(source, { ingress: "unlimited", egress: "unlimited" });
  expect(await host.rateLimit(source)).toEqual({});
  expect((await host.qdiscs.list({ link: source })).map(({ parent }) => parent)).toEqual(["root"]);
});

test("filters of others stay, and are asked about what the limit lets pass", async () => {
  await host.qdiscs.add(sink, { kind: "clsact" });
  const options = { actions: [{ kind: "gact", options: { action: "drop" } }] } as const;
  await host.filters.add(sink, { kind: "flower", parent: "ingress", protocol: "ip", priority: 10, options });
  await host.limitRate(sink, { ingress: 8e6 });
  const kinds = async (): Promise<string[]> =>
    (await host.filters.list({ link: sink, parent: "ingress" })).map(({ kind }) => kind);
  expect(await kinds()).toEqual(["matchall", "flower"]);
  await host.limitRate(sink, { ingress: "unlimited" });
  expect(await kinds()).toEqual(["flower"]);
  await host.filters.add(sink, { kind: "flower", parent: "ingress", protocol: "arp", priority: 1, options });
  await expect(host.limitRate(sink, { ingress: 8e6, egress: 8e6 })).rejects.toThrow(
    "tap1: a filter of priority 1 is asked before a limit could be (EBUSY); give it a priority of 2 or more",
  );
  expect(await host.rateLimit(sink)).toEqual({});
  await host.qdiscs.remove(sink, { parent: "clsact" });
});

test("a flower compares what was set, for tc and for us; a field that cannot be in the packet is refused", async () => {
  await host.qdiscs.add(sink, { kind: "clsact" });
  const compared = {
    keyEthDst: "52:54:00:00:00:01",
    keyIpProto: "tcp",
    keyIpv4Src: "10.0.0.0",
    keyIpv4SrcMask: "255.0.0.0",
    keyTcpDst: 80,
  } as const;
  const actions = [{ kind: "gact", options: { action: "drop" } }] as const;
  const place = { kind: "flower", parent: "egress", protocol: "ip", priority: 7 } as const;
  const added = await host.filters.add(sink, { ...place, options: { ...compared, actions } });
  expect(added.options).toMatchObject({ ...compared, keyEthType: "ip" });
  const shown = await tcList(host, "filter", "show", "dev", "tap1", "egress");
  expect(shown.at(-1)).toMatchObject({
    ...{ kind: "flower", pref: 7, protocol: "ip" },
    options: {
      keys: { dst_mac: "52:54:00:00:00:01", eth_type: "ipv4", ip_proto: "tcp", src_ip: "10.0.0.0/8", dst_port: 80 },
      actions: [{ kind: "gact", control_action: { type: "drop" } }],
    },
  });
  const theirs = "filter add dev tap1 ingress protocol 802.1Q pref 3 flower vlan_id 10 vlan_ethtype ipv6 action pass";
  await tc(host, ...theirs.split(" "));
  expect((await host.filters.list({ link: sink, parent: "ingress", priority: 3 }))[0]).toMatchObject({
    protocol: "802.1Q",
    options: { keyVlanId: 10, keyVlanEthType: "ipv6", actions: [{ kind: "gact", options: { action: "pass" } }] },
  });
  await expect(
    host.filters.add(sink, { ...place, priority: 8, options: { keyTcpDst: 80, actions } }),
  ).rejects.toMatchObject({ code: "EOPNOTSUPP", attribute: "options.keyTcpDst" });
  expect(await host.filters.list({ link: sink, parent: "egress", priority: 8 })).toEqual([]);
  await host.qdiscs.remove(sink, { parent: "clsact" });
});

test("an htb with a flower for each guest gives each its class", async () => {
  await host.qdiscs.add(sink, { kind: "htb", handle: "1:", options: { defcls: ":30" } });
  for (const handle of ["1:10", "1:30"] as const)
    await host.classes.add(sink, { kind: "htb", handle, options: { rate: 80e6, burst: 30_000 } });
  const options = { classid: "1:10", keyEthSrc: "52:54:00:00:00:01" } as const;
  await host.filters.add(sink, { kind: "flower", parent: "1:", options });
  const received = numbers(output, 9);
  output.resume();
  for (let number = 0; number < 9; number++) {
    const bytes = frame(number, 500);
    if (number % 3 === 0) bytes.writeUInt8(0x99, 11);
    input.write(bytes);
  }
  await received;
  const classes = await host.classes.list({ link: sink });
  const packets = Object.fromEntries(classes.map(({ handle, statistics }) => [handle, statistics?.packets]));
  expect(packets).toEqual({ "1:10": 6, "1:30": 3 });
  await host.qdiscs.remove(sink);
});

test("an fq_codel has the options that were set, for tc and for us", async () => {
  const options = { target: 8, interval: 200, limit: 100, flows: 64, ecn: false } as const;
  await host.qdiscs.add(sink, { kind: "fq_codel", options });
  const [shown] = await tcList(host, "qdisc", "show", "dev", "tap1");
  expect(shown!["options"]).toMatchObject({ limit: 100, flows: 64, target: 7999, interval: 199999 });
  const [listed] = await host.qdiscs.list({ link: sink, parent: "root" });
  expect(listed!.options).toMatchObject({ target: 7.999, interval: 199.999, limit: 100, flows: 64, ecn: false });
  await host.qdiscs.remove(sink);
});

test("the command line adds, replaces, lists and deletes filters, and says what is done with packets", async () => {
  await host.addLink("eth9", "dummy");
  const namespace = await host.namespaceDescriptor();
  const linkwright = async (...words: string[]): Promise<string> => {
    let said = "";
    const output = { write: (text: string) => (said += text) };
    await run(["--netns", `/proc/self/fd/${namespace.fd}`, ...words], { stdout: output, stderr: output, env: {} });
    return said;
  };
  const filter = (...words: string[]): Promise<string> => linkwright("filter", ...words);
  expect(await linkwright("qdisc", "add", "eth9", "kind=clsact")).toBe("");
  const place = ["parent=ingress", "protocol=ip"];
  const flower = ["kind=flower", "key-ip-proto=tcp", "key-tcp-dst=80", "rate=10mbit", "burst=64kb", "mirror=lo"];
  expect(await filter("add", "eth9", ...place, "priority=3", ...flower)).toBe("");
  expect(await filter("replace", "eth9", ...place, "priority=3", "handle=1", ...flower, "action=drop")).toBe("");
  expect(await filter("add", "eth9", ...place, "priority=4", "kind=matchall", "action=pass")).toBe("");
  expect(await host.filters.list({ link: "eth9", parent: "ingress" })).toMatchObject([
    {
      kind: "flower",
      protocol: "ip",
      priority: 3,
      options: {
        keyIpProto: "tcp",
        keyTcpDst: 80,
        actions: [
          { kind: "police", options: { rate: 1e7, burst: 65_536, exceed: "drop" } },
          { kind: "mirred", options: { eaction: "egressMirror", ifindex: 1 } },
          { kind: "gact", options: { action: "drop" } },
        ],
      },
    },
    { kind: "matchall", priority: 4, options: { actions: [{ kind: "gact", options: { action: "pass" } }] } },
  ]);
  expect(await filter("list", "eth9", "parent=ingress")).toMatch(/^ingress +3 +ip +flower +1 /m);
  expect(await filter("delete", "eth9", "parent=ingress")).toBe("");
  expect(await host.filters.list({ link: "eth9", parent: "ingress" })).toEqual([]);
  await namespace.close();
  await host.remove("eth9");
});
