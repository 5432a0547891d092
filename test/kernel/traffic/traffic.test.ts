import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { run } from "../../../src/cli/run.js";
import { Host, NetlinkError } from "../../../src/index.js";
import { frame, numbers } from "../scene/frames.js";
import { lacks } from "../scene/program.js";
import { tc, tcList } from "./tc.js";

const noTc = lacks("tc", "-V");
let missing: string | undefined;
let hasPolice = false;

async function withTap(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addTap("tap0", { up: true });
  return host;
}

beforeAll(async () => {
  await using host = await withTap();
  try {
    await host.limitRate("tap0", { egress: 1e6 });
    await host.qdiscs.replace("tap0", { kind: "htb" });
  } catch (error) {
    missing = (error as Error).message;
  }
  hasPolice = await host.limitRate("tap0", { ingress: 1e6 }).then(
    () => true,
    () => false,
  );
});

const SEED = 20;
const rates = fc.integer({ min: 1000, max: 15_625_000 }).map((bytes) => bytes * 8);
const bursts = fc.integer({ min: 1600, max: 250_000 });

test("a tbf has the options that were set, for tc and for us, whoever set them", async ({ skip }) => {
  skip(missing !== undefined || noTc !== undefined, missing ?? noTc);
  await using host = await withTap();
  for (const [rate, burst, limit] of fc.sample(fc.tuple(rates, bursts, bursts), { seed: SEED, numRuns: 6 })) {
    const qdisc = await host.qdiscs.replace("tap0", { kind: "tbf", options: { rate, burst, limit } });
    expect(qdisc.options).toMatchObject({ rate, burst, limit });
    const [listed] = await tcList(host, "qdisc", "show", "dev", "tap0");
    const options = listed!["options"] as { rate: number; burst: number };
    expect({ kind: listed!["kind"], handle: listed!["handle"], rate: options.rate }).toEqual({
      kind: "tbf",
      handle: qdisc.handle,
      rate: rate / 8,
    });
    // tc counts in whole microseconds.
    expect(Math.abs(options.burst - burst)).toBeLessThanOrEqual(rate / 8e6 + 1);
    const words = ["rate", `${rate}bit`, "burst", String(burst + 7), "limit", String(limit + 9)];
    await tc(host, "qdisc", "replace", "dev", "tap0", "root", "tbf", ...words);
    expect((await host.qdiscs.list({ link: "tap0", parent: "root" }))[0]!.options).toMatchObject({
      ...{ rate, burst: burst + 7, limit: limit + 9 },
    });
  }
});

test("what is not given of a tbf or a class stays when it is changed", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  await host.qdiscs.add("tap0", { kind: "tbf", options: { rate: 8e6, burst: 5000, limit: 9000 } });
  const { options } = await host.qdiscs.change("tap0", { kind: "tbf", options: { rate: 16e6 } });
  expect(options).toMatchObject({ rate: 16e6, burst: 5000, limit: 9000 });
  for (const overhead of [24, 40]) {
    const changed = await host.qdiscs.change("tap0", { kind: "tbf", options: { overhead } });
    expect(changed.options).toMatchObject({ overhead, burst: 5000 });
  }
  await host.qdiscs.replace("tap0", { kind: "htb", handle: "1:", options: { defcls: ":30" } });
  await host.classes.add("tap0", { kind: "htb", handle: "1:30", options: { rate: 1e6, ceil: 2e6, burst: 4000 } });
  const changed = await host.classes.change("tap0", { kind: "htb", handle: "1:30", options: { ceil: 3e6 } });
  expect(changed.options).toMatchObject({ rate: 1e6, ceil: 3e6, burst: 4000 });
});

test("an htb's default class is one of its own, and shown whole", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  const htb = (defcls: "1:1" | ":2" | "2:1", handle?: "1:") => ({ kind: "htb", handle, options: { defcls } }) as const;
  expect((await host.qdiscs.add("tap0", htb("1:1", "1:"))).options).toMatchObject({ defcls: "1:1" });
  await expect(host.qdiscs.change("tap0", htb("2:1"))).rejects.toThrow("2:1 is no class of this qdisc, which is 1:");
  expect(await host.qdiscs.list({ link: "tap0", parent: "root" })).toMatchObject([{ options: { defcls: "1:1" } }]);
  await host.qdiscs.remove("tap0");
  expect((await host.qdiscs.add("tap0", htb(":2", "1:"))).options).toMatchObject({ defcls: "1:2" });
  await host.qdiscs.remove("tap0");
  await expect(host.qdiscs.add("tap0", htb("2:1"))).rejects.toThrow("which has no handle yet");
});

test("an htb, its classes and a u32 filter are there for tc as they were set, and tc's for us", async ({ skip }) => {
  skip(missing !== undefined || noTc !== undefined, missing ?? noTc);
  await using host = await withTap();
  await host.qdiscs.add("tap0", { kind: "htb", handle: "1:", options: { defcls: ":30", directQlen: 77 } });
  await host.classes.add("tap0", { kind: "htb", handle: "1:1", options: { rate: 10e6, ceil: 20e6 } });
  await host.classes.add("tap0", { kind: "htb", handle: "1:30", parent: "1:1", options: { rate: 2e6, prio: 3 } });
  expect(await tcList(host, "qdisc", "show", "dev", "tap0")).toMatchObject([
    { kind: "htb", handle: "1:", root: true, options: { default: "0x30", direct_qlen: 77, r2q: 10 } },
  ]);
  const listed = await tc(host, "class", "show", "dev", "tap0");
  expect(listed).toMatch(/class htb 1:1 root rate 10Mbit ceil 20Mbit burst 14100b cburst 26600b/);
  expect(listed).toMatch(/class htb 1:30 parent 1:1 prio 3 rate 2Mbit ceil 2Mbit/);
  await tc(host, ..."class add dev tap0 parent 1:1 classid 1:40 htb rate 3mbit ceil 6mbit".split(" "));
  const classes = await host.classes.list({ link: "tap0", qdisc: "1:" });
  expect(classes.find(({ handle }) => handle === "1:40")).toMatchObject({
    parent: "1:1",
    options: { rate: 3e6, ceil: 6e6 },
    statistics: { bytes: 0, packets: 0, drops: 0 },
  });
  const sel = { keys: [{ mask: 0xffffff00, val: 0x0a000100, off: 16 }] };
  const settings = { kind: "u32", protocol: "ip", priority: 5, options: { classid: "1:40", sel } } as const;
  const filter = await host.filters.add("tap0", settings);
  expect(filter).toMatchObject({ kind: "u32", parent: "1:", protocol: "ip", priority: 5, handle: "800::800" });
  await tc(host, ..."filter add dev tap0 protocol ip prio 5 u32 match ip src 10.9.0.0/16 flowid 1:30".split(" "));
  const text = await tc(host, "filter", "show", "dev", "tap0");
  expect(text).toMatch(/pref 5 u32 .*fh 800::800 .*flowid 1:40/);
  expect(text).toMatch(/match 0a000100\/ffffff00 at 16/);
  const theirs = (await host.filters.list({ link: "tap0", priority: 5 })).find(({ handle }) => handle === "800::801");
  expect(theirs?.options).toMatchObject({
    classid: "1:30",
    sel: { flags: ["terminal"], keys: [{ mask: 0xffff0000, val: 0x0a090000, off: 12 }] },
  });
  await host.filters.remove("tap0", { priority: 5 });
  expect(await host.filters.list({ link: "tap0" })).toEqual([]);
  await host.classes.remove("tap0", "1:40");
  await host.qdiscs.remove("tap0");
  expect((await host.qdiscs.list({ link: "tap0" })).map(({ handle }) => handle)).toEqual(["0:"]);
});

test("a limit is read back, replaced and lifted; the burst follows from rate and MTU", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  expect(await host.rateLimit("tap0")).toEqual({});
  await host.limitRate("tap0", { egress: 80e6 });
  expect((await host.rateLimit("tap0")).egress).toMatchObject({ rate: 80e6, burst: 100_000 + 1522 });
  await host.limitRate("tap0", { egress: 8e6 });
  expect((await host.rateLimit("tap0")).egress).toMatchObject({ rate: 8e6, burst: 65536 + 1522 });
  await host.limitRate("tap0", { egress: 8e6, burst: 5000 });
  expect((await host.rateLimit("tap0")).egress).toMatchObject({ rate: 8e6, burst: 5000 });
  await host.limitRate("tap0", {});
  expect((await host.rateLimit("tap0")).egress).toMatchObject({ rate: 8e6, burst: 5000 });
  await host.limitRate("tap0", { egress: "unlimited" });
  await host.limitRate("tap0", { egress: "unlimited" });
  expect(await host.rateLimit("tap0")).toEqual({});
});

test("when one direction is refused, the other keeps the limit that it had", async ({ skip }) => {
  skip(missing !== undefined, missing);
  skip(hasPolice, "this kernel refuses neither direction");
  await using host = await withTap();
  const refused = {
    code: "ENOENT",
    hint: expect.stringMatching(
      /^this kernel has no .*; it needs CONFIG_NET_(CLS_MATCHALL|ACT_POLICE), module /,
    ) as string,
  };
  await expect(host.limitRate("tap0", { egress: 8e6, ingress: 8e6 })).rejects.toMatchObject(refused);
  expect(await host.rateLimit("tap0")).toEqual({});
  await host.limitRate("tap0", { egress: 8e6, burst: 5000 });
  const before = await host.rateLimit("tap0");
  await expect(host.limitRate("tap0", { egress: 16e6, ingress: 8e6 })).rejects.toMatchObject(refused);
  await expect(host.limitRate("tap0", { egress: "unlimited", ingress: 8e6 })).rejects.toMatchObject(refused);
  expect(await host.rateLimit("tap0")).toEqual(before);
  expect((await host.qdiscs.list({ link: "tap0" })).map(({ kind }) => kind)).toEqual(["tbf"]);
});

test("of frames that go out, the burst passes, the queue holds its part, and the rest are counted as drops", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  await using host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  const bridge = await host.addBridge("br0", { mcastSnooping: false, up: true });
  await using source = await host.openTap("tap0");
  await using sink = await host.openTap("tap1");
  await host.attach(source, bridge);
  await host.attach(sink, bridge);
  await host.limitRate(sink, { egress: 800, burst: 5000 });
  const received = numbers(sink.frames(), 5);
  const stream = source.frames();
  for (let number = 0; number < 20; number++) stream.write(frame(number, 1000));
  expect(await received).toEqual([0, 1, 2, 3, 4]);
  await expect
    .poll(async () => (await host.rateLimit(sink)).egress?.statistics, { timeout: 5000 })
    .toMatchObject({ packets: 5, bytes: 5000, qlen: 5, backlog: 5000, drops: 10 });
});

test("what cannot be meant is refused by its name, and nothing is changed", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  const refusals: [options: object, words: string][] = [
    [{ egress: 0 }, "egress: 0 is not a rate from 8 to 9007199254740991 bits per second"],
    [{ egress: 8e6, ingress: "fast" }, 'ingress: "fast" is not a rate from 8 to 9007199254740991 bits per second'],
    [{ egress: 8e6, burst: 100 }, "burst: 100 is not a size from 1522, one frame of tap0, to 4294967295 bytes"],
    [{ burst: 9000 }, "burst: it belongs to a rate: give ingress or egress, too"],
    [{ outbound: 1 }, "outbound: no such option; there are ingress, egress and burst"],
    [
      { egress: 8e6, ingress: 8, burst: 5000 },
      "burst: 5000 bytes take longer at this rate than the 274 s that the kernel counts to",
    ],
  ];
  for (const [options, words] of refusals) await expect(host.limitRate("tap0", options)).rejects.toThrow(words);
  expect(await host.rateLimit("tap0")).toEqual({});
  await host.qdiscs.add("tap0", { kind: "htb", handle: "1:" });
  await expect(host.limitRate("tap0", { egress: 8e6 })).rejects.toThrow(
    "tap0: its root qdisc is a htb that somebody has put there (EBUSY); remove it first",
  );
  await expect(host.qdiscs.add("tap0", { kind: "nosuch" })).rejects.toThrow(/this kernel has no qdisc nosuch$/);
  await expect(host.rateLimit("nosuch")).rejects.toBeInstanceOf(NetlinkError);
});

test("the command line limits a port and prints its limits", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  const namespace = await host.namespaceDescriptor();
  const linkwright = async (...words: string[]): Promise<string> => {
    let said = "";
    const output = { write: (text: string) => (said += text) };
    const path = `/proc/self/fd/${namespace.fd}`;
    await run(["--netns", path, ...words], { stdout: output, stderr: output, env: {} });
    return said;
  };
  expect(await linkwright("rate", "tap0")).toBe("unlimited\n");
  expect(await linkwright("rate", "tap0", "egress=100mbit", "burst=64kb")).toBe("");
  expect(await linkwright("rate", "tap0")).toBe(
    "DIRECTION     RATE  BURST  BYTES  PACKETS  DROPS\negress     100mbit   64kb      0        0      0\n",
  );
  expect(JSON.parse(await linkwright("--json", "rate", "tap0"))).toMatchObject({ egress: { rate: 1e8, burst: 65536 } });
  expect(await linkwright("rate", "tap0", "egress=100mbps")).toMatch(/^linkwright: egress: "100mbps" is not a rate/);
  expect(await linkwright("qdisc", "replace", "tap0", "kind=htb", "handle=1:", "defcls=:10")).toBe("");
  expect(await linkwright("class", "add", "tap0", "1:10", "rate=1mbit", "ceil=2mbit")).toBe("");
  expect(await linkwright("class", "list", "tap0")).toMatch(/^htb +1:10 +root .* rate=1mbit ceil=2mbit/m);
  expect(await linkwright("qdisc", "list", "tap0")).toMatch(/^tap0 +htb +1: +root .* defcls=1:10/m);
  const filter = (...words: string[]): Promise<string> => linkwright("filter", ...words);
  const match = "match=0x0a090000/0xffff0000@12";
  expect(await filter("add", "tap0", "kind=u32", "parent=1:", "protocol=ip", "priority=5", match, "classid=1:10")).toBe(
    "",
  );
  const listed = JSON.parse(await linkwright("--json", "filter", "list", "tap0", "parent=1:")) as object[];
  expect(listed.at(-1)).toMatchObject({
    kind: "u32",
    handle: "800::800",
    options: { classid: "1:10", sel: { keys: [{ val: 0x0a090000, mask: 0xffff0000, off: 12 }] } },
  });
  expect(await filter("delete", "tap0", "parent=1:", "protocol=ip", "priority=5", "handle=800::800")).toBe("");
  expect(await filter("add", "tap0", "kind=u32", "match=10.0.0.1")).toMatch(
    /^linkwright: match: "10.0.0.1" is not a value/,
  );
  expect(await filter("add", "tap0", "action=drop")).toMatch(/^linkwright: kind: it must be said what to create/);
  expect(await linkwright("qdisc", "delete", "tap0")).toBe("");
});

test("the qdisc that a link has from the start is listed with its bands", async ({ skip }) => {
  await using host = await withTap();
  const found = (await host.qdiscs.list({ link: "tap0" })).find(({ kind }) => kind === "pfifo_fast");
  skip(found === undefined, "this kernel's links start with another");
  expect(found?.options).toEqual({ bands: 3, priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] });
});

test("a prio gets fewer bands and more by what it is asked for alone, and the others' priorities move into its last", async ({
  skip,
}) => {
  await using host = await withTap();
  const priomap = [0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 1];
  try {
    await host.qdiscs.add("tap0", { kind: "prio", handle: "1:", options: { bands: 8, priomap } });
  } catch (error) {
    skip((error as NetlinkError).code === "ENOENT", "this kernel has no qdisc prio");
    throw error;
  }
  const { options } = await host.qdiscs.change("tap0", { kind: "prio", handle: "1:", options: { bands: 4 } });
  const fewer = priomap.map((band) => Math.min(band, 3));
  expect(options).toEqual({ bands: 4, priomap: fewer });
  const more = await host.qdiscs.change("tap0", { kind: "prio", handle: "1:", options: { bands: 9 } });
  expect(more.options).toEqual({ bands: 9, priomap: fewer });
});
