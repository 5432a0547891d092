import { expect, test } from "vitest";
import { Host, InputError } from "../../../src/index.js";

/** What a program in JavaScript, or one with a slip of the pen, may give. */
const odd = (value: unknown): never => value as never;

/** Each takes an object of options; what is misspelt among them would be ignored. */
const MISSPELT: readonly ((host: Host, options: never) => Promise<unknown>)[] = [
  (host, options) => host.routes.add("10.0.0.0/8", options),
  (host, options) => host.routes.replace("10.0.0.0/8", options),
  (host, options) => host.routes.remove("10.0.0.0/8", options),
  (host, options) => host.routes.list(options),
  (host, options) => host.routes.get("10.0.0.1", options),
  (host, options) => host.rules.add(options),
  (host, options) => host.rules.remove(options),
  (host, options) => host.rules.list(options),
  (host, options) => host.neighbours.add("tap0", "10.0.0.1", options),
  (host, options) => host.neighbours.replace("tap0", "10.0.0.1", options),
  (host, options) => host.neighbours.remove("tap0", "10.0.0.1", options),
  (host, options) => host.neighbours.list(options),
  (host, options) => host.neighbours.flush(options),
  (host, options) => host.nexthops.add(options),
  (host, options) => host.nexthops.replace(5, options),
  (host, options) => host.nexthops.list(options),
  (host, options) => host.nexthops.buckets(options),
  (host, options) => host.fdb.add("tap0", "02:00:00:00:00:01", options),
  (host, options) => host.fdb.remove("tap0", "02:00:00:00:00:01", options),
  (host, options) => host.fdb.list(options),
  (host, options) => host.fdb.flush("br0", options),
  (host, options) => host.mdb.add("tap0", "239.1.1.1", options),
  (host, options) => host.mdb.remove("tap0", "239.1.1.1", options),
  (host, options) => host.mdb.list(options),
  (host, options) => host.mdb.routers(options),
  (host, options) => host.bridgeVlans.list(options),
  (host, options) => host.qdiscs.add("tap0", options),
  (host, options) => host.qdiscs.remove("tap0", options),
  (host, options) => host.qdiscs.list(options),
  (host, options) => host.classes.add("tap0", options),
  (host, options) => host.classes.list(options),
  (host, options) => host.filters.add("tap0", options),
  (host, options) => host.filters.remove("tap0", options),
  (host, options) => host.filters.list(options),
  (host, options) => host.limitRate("tap0", options),
  (host, options) => host.addAddress("tap0", "10.0.0.1/8", options),
  (host, options) => host.attach("tap0", "br0", options),
  (host, options) => host.setPort("tap0", options),
];

test("a word that is misspelt is named, wherever options stand, and nothing is done without it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("tap0", { bridge: "br0" });
  for (const [place, work] of MISSPELT.entries()) {
    const error = await work(host, odd({ linc: "tap0" })).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, `${place}`).toMatchObject({ name: "InputError", path: "linc" });
  }
  const ways = host.routes.add("10.0.0.0/8", { nexthops: [{ gateway: "10.0.0.1", linc: "tap0" } as never] });
  await expect(ways).rejects.toThrow("nexthops.0.linc: no such option");
  await expect(host.nexthops.add({ group: [{ id: 1, wait: 2 } as never] })).rejects.toThrow("group.0.wait: no such");
  await expect(host.routes.add("10.0.0.0/8", { link: "tap0", metric: -1 })).rejects.toThrow("metric: -1 is not");
  await expect(host.routes.list({ linc: undefined } as never)).resolves.toBeDefined();
});

test("what the kernel would make something else of is refused: a class below none, a priority, a key's field, queues", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("tap0");
  await host.qdiscs.add("tap0", { kind: "htb", handle: "1:" });
  const options = { rate: 1_000_000 };
  await expect(host.classes.add("tap0", { kind: "htb", handle: "1:2", parent: "1:9", options })).rejects.toThrow(
    "parent: there is no class 1:9 that it could be below",
  );
  await host.classes.add("tap0", { kind: "htb", handle: "1:9", options });
  await host.classes.add("tap0", { kind: "htb", handle: "1:2", parent: "1:9", options });
  const high = host.classes.add("tap0", { kind: "htb", handle: "1:3", options: { ...options, prio: 8 } });
  await expect(high).rejects.toThrow("options.prio: 8 is not an integer from 0 to 7");
  await expect(host.classes.add("tap0", { kind: "htb", handle: "1:3" })).rejects.toThrow("options.rate: it must be");
  await expect(host.qdiscs.replace("tap0", { kind: "tbf" })).rejects.toThrow("options.rate: it must be given");
  const sel = { keys: [{ mask: 1, val: 5, of: 3 }] };
  const filter = { kind: "u32", parent: "1:", protocol: "ip", options: { sel } } as const;
  await expect(host.filters.add("tap0", filter as never)).rejects.toThrow("options.sel.keys.0.of: tc_u32_key has no");
  expect((await host.classes.list({ link: "tap0" })).map(({ handle }) => handle)).toEqual(["1:9", "1:2"]);
  await expect(host.setLink("tap0", { link: "lo" })).rejects.toThrow(/link of RTM_NEWLINK: the kernel took no notice/);
  await expect(host.setLink("tap0", { numTxQueues: 7 })).rejects.toThrow(/numTxQueues of RTM_NEWLINK/);
});

test("an entry of a forwarding table has a state that there is, and no tunnel's words where no tunnel is", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("tap0", { bridge: "br0" });
  const mac = "02:00:00:00:00:01";
  await expect(host.fdb.add("tap0", mac, { state: odd("local") })).rejects.toThrow(
    'state: "local" is none of permanent, static, dynamic',
  );
  await expect(host.fdb.flush("br0", { state: odd(["bogus"]) })).rejects.toThrow('state: "bogus" is none of');
  await expect(host.fdb.list({ state: odd("bogus") })).rejects.toThrow('state: "bogus" is none of');
  await expect(host.fdb.add("tap0", mac, { dst: "192.0.2.1" })).rejects.toThrow(
    "dst: only a VXLAN's entries have it, and tap0 is none",
  );
  expect(await host.fdb.flush("br0", { state: "stale" })).toEqual({ method: "each", removed: 0 });
});

test("a call that cannot be meant is rejected, and never throws at once", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.nexthops.add(odd(undefined))).rejects.toThrow(InputError);
});

test("an open TAP takes only controls that exist", async () => {
  await using host = await Host.open({ namespace: "new" });
  const tap = await host.openTap("tap0");
  await expect(tap.control(odd({ bogus: 1 }))).rejects.toThrow("bogus: no such option");
  await expect(tap.control(odd({ persist: 1 }))).rejects.toThrow("persist: 1 is neither true nor false");
  await tap.control({ carrier: false });
});

test("an owner stays when what else is set of a TAP is refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("tap0", { owner: 3 });
  const owner = async (): Promise<unknown> => (await host.link("tap0")).linkInfo?.data;
  await expect(host.openTap("tap0", { owner: 9, vnetHdr: true, offload: ["tso4"] })).rejects.toThrow(/EINVAL/);
  expect(await owner()).toMatchObject({ owner: 3 });
  await using tap = await host.openTap("tap0");
  await expect(tap.control({ owner: 9, vnetHdrSize: 12, sndbuf: 4096, offload: ["tso4"] })).rejects.toThrow(/EINVAL/);
  expect(await owner()).toMatchObject({ owner: 3 });
  expect((await tap.status()).vnetHdrSize).toBe(10);
});

test("the links that are nobody's ports are those with the master 0", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("tap0");
  await host.addTap("tap1", { bridge: "br0" });
  const names = async (master: string | number): Promise<string[]> =>
    (await host.links({ master })).map(({ name }) => name);
  expect(await names(0)).toEqual(["lo", "br0", "tap0"]);
  expect(await names("br0")).toEqual(["tap1"]);
});
