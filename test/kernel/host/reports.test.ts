import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { NLM_F_DUMP } from "../../../src/netlink/message.js";

let host: Host;
let bridge: number;
let port: number;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  bridge = (await host.addBridge("br0", { up: true })).index;
  await host.addTap("tap0", { up: true });
  await host.attach("tap0", "br0");
  port = (await host.link("tap0")).index;
  await host.addAddress("br0", "10.0.0.1/24");
  await host.setLink("lo", { up: true });
});

afterAll(async () => {
  await host.close();
});

/** The first of the answers that are true reports: nothing in them was left as bytes. */
function understood<T extends { attributes: object }>(replies: readonly T[]): T["attributes"][] {
  expect(replies.length).toBeGreaterThan(0);
  for (const { attributes } of replies) expect(attributes).not.toHaveProperty("unknown");
  return replies.map(({ attributes }) => attributes);
}

test("the counters of a link, and of a bridge and its port", async () => {
  const ask = (index: number, filterMask: readonly ("link64" | "linkXstats" | "linkXstatsPort")[]) =>
    host.request("RTM_GETSTATS", { header: { index, filterMask } });
  const [ofBridge] = understood(await ask(bridge, ["link64", "linkXstats"]));
  expect(ofBridge).toMatchObject({
    link64: { rxErrors: 0 },
    linkXstats: { bridge: { mcast: { igmpParseErrors: 0 } } },
  });
  const [ofPort] = understood(await ask(port, ["linkXstatsPort"]));
  expect(ofPort).toMatchObject({
    linkXstatsPort: { bridge: { mcast: { mldParseErrors: 0 }, stp: { rxBpdu: 0, txTcn: 0 } } },
  });
});

test("the tables of neighbours", async () => {
  const tables = understood(await host.request("RTM_GETNEIGHTBL", { flags: NLM_F_DUMP }));
  const arp = tables.filter(({ name }) => name === "arp_cache");
  expect(arp[0]).toMatchObject({
    config: { keyLen: 4 },
    stats: { tableFulls: expect.any(Number) as number },
    parms: { baseReachableTime: 30_000, retransTime: 1000 },
  });
  expect(arp.map(({ parms }) => parms?.ifindex)).toContain(port);
});

test("the settings that are told of", async () => {
  const settings = understood(await host.request("RTM_GETNETCONF", { flags: NLM_F_DUMP, header: { family: 2 } }));
  expect(settings.map(({ ifindex }) => ifindex)).toEqual(expect.arrayContaining(["all", "default", port]));
  expect(settings[0]).toMatchObject({ forwarding: expect.any(Number) as number });
});

test("the id of a namespace", async () => {
  const [reply] = understood(await host.request("RTM_GETNSID", { attributes: { pid: process.pid } }));
  expect(reply).toEqual({ nsid: -1 });
});

describe("a look-up", () => {
  test.for([
    ["224.0.0.5", "multicast", ["cloned", "multicast"]],
    ["10.0.0.255", "broadcast", ["cloned", "broadcast"]],
    ["10.0.0.1", "local", ["cloned", "local"]],
    ["10.0.0.7", "unicast", ["cloned"]],
  ] as const)("of %s says that it is %s", async ([address, type, flags]) => {
    await host.routes.replace("224.0.0.0/4", { link: "br0" });
    const route = await host.routes.get(address);
    expect(route).toMatchObject({ type });
    expect(route.flags).toEqual(expect.arrayContaining([...flags]));
    expect(route.flags.filter((flag) => /^bit|Offload/.test(flag))).toEqual([]);
  });
});

test("the actions of a kind, which the kernel numbers from 0", async ({ skip }) => {
  const NLM_F_CREATE = 0x400;
  const mirred = (index: number) => ({
    kind: "mirred" as const,
    options: { eaction: "egressRedir" as const, ifindex: port, index },
  });
  const made = host.request("RTM_NEWACTION", { flags: NLM_F_CREATE, attributes: { tab: [mirred(7), mirred(9)] } });
  const refusal = await made.then(
    () => undefined,
    (error: Error) => error.message,
  );
  skip(refusal !== undefined, refusal);
  const [listed] = understood(
    await host.request("RTM_GETACTION", { flags: NLM_F_DUMP, attributes: { tab: [{ kind: "mirred" }] } }),
  );
  expect(listed!.tab).toMatchObject([
    { kind: "mirred", options: { index: 7, ifindex: port, action: "stolen" } },
    { kind: "mirred", options: { index: 9 } },
  ]);
});
