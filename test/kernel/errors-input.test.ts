import { expect, test } from "vitest";
import { Host, InputError } from "../../src/index.js";

/** What a program in JavaScript, or one with a slip of the pen, may give. */
const odd = (value: unknown): never => value as never;

const REFUSED: readonly [name: string, work: (host: Host) => Promise<unknown>, message: string][] = [
  ["open with another option", () => Host.open(odd({ netns: "blue" })), "netns: no such option"],
  ["open with no options", () => Host.open(odd(null)), "a host's options: an object is wanted, not null"],
  ["a number as namespace", () => Host.open(odd({ namespace: 5 })), "namespace: 5 names no network namespace"],
  ["null as namespace", () => Host.open(odd({ namespace: null })), "namespace: null names no network namespace"],
  ["no link", (host) => host.link(odd(undefined)), "undefined is not a link's index"],
  ["null as link", (host) => host.link(odd(null)), "null is not a link's index"],
  ["an object without an index", (host) => host.link(odd({})), "undefined is not a link's index"],
  ["links by another condition", (host) => host.links(odd({ kinds: "veth" })), "kinds: no such option"],
  ["links of an odd master", (host) => host.links({ master: -1 }), "-1 is not a link's index"],
  ["up that is no boolean", (host) => host.setLink("tap0", { up: odd("no") }), 'up: "no" is neither true nor false'],
  ["nothing to set", (host) => host.setLink("tap0", odd(undefined)), "a link's settings: an object is wanted"],
  ["nothing to set of a bridge", (host) => host.setBridge("br0", odd(null)), "a link's settings: an object is"],
  ["null to add a link with", (host) => host.addLink("l", "ifb", odd(null)), "a link's settings: an object is wanted"],
  ["null to add a bridge with", (host) => host.addBridge("l", odd(null)), "a link's settings: an object is wanted"],
  ["a veth without a peer", (host) => host.addVeth("l", odd({})), "peer: an object is wanted, not undefined"],
  ["nothing to attach", (host) => host.attach(odd(undefined), "br0"), "undefined is not a link's index"],
  ["no bridge to attach to", (host) => host.attach("tap0", odd(null)), "null is not a link's index"],
  ["null as a port's options", (host) => host.setPort("tap0", odd(null)), "a port's options: an object is wanted"],
  ["a number to attach with", (host) => host.attach("tap0", "br0", odd(5)), "how a port is attached: an object is"],
  ["move: 1", (host) => host.attach("tap0", "br0", { move: odd(1) }), "move: 1 is neither true nor false"],
  ["a string of links", (host) => host.removeAll(odd("ab")), 'the links to remove: a list is wanted, not "ab"'],
  [
    "an undefined link among others",
    (host) => host.removeAll(["a", odd(undefined)]),
    "undefined is not a link's index",
  ],
  ["a TAP without options", (host) => host.addTap("t", odd(null)), "a TAP's options: an object is wanted, not null"],
  ["a TAP up: no", (host) => host.addTap("t", { up: odd("no") }), 'up: "no" is neither true nor false'],
  ["a TAP with vnetHdr: 1", (host) => host.addTap("t", { vnetHdr: odd(1) }), "vnetHdr: 1 is neither true nor false"],
  [
    "a bridge for a TAP that is opened",
    (host) => host.openTap("t", odd({ bridge: "br0" })),
    "bridge: a TAP that is opened",
  ],
  ["an owner that is a string", (host) => host.addTap("t", { owner: odd("5") }), 'owner: "5" is not an integer'],
  ["a carrier that is a word", (host) => host.addTap("t", { carrier: odd("off") }), 'carrier: "off" is neither'],
  [
    "offload that is a word",
    (host) => host.addTap("t", { offload: odd("csum") }),
    'offload: a list is wanted, not "csum"',
  ],
  ["exclusive that is a word", (host) => host.openTap("t", { exclusive: odd("yes") }), 'exclusive: "yes" is neither'],
  ["no name to open", (host) => host.openTap(odd(null)), "a link needs a name"],
  ["no options to open with", (host) => host.openTap("t", odd(null)), "an object is wanted, not null"],
  ["nothing to detach", (host) => host.detach(odd(undefined)), "undefined is not a link's index"],
  ["no setting to read", (host) => host.sysctl(odd(undefined)), "undefined is not a setting of the network"],
  [
    "nothing to write",
    (host) => host.setSysctl("net.ipv4.ip_forward", odd(undefined)),
    "net.ipv4.ip_forward: undefined",
  ],
];

test("what cannot be meant is an InputError that names it, and changes nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  for (const name of ["a", "b", "tap0"]) await host.addTap(name);
  const before = await host.links();
  for (const [name, work, message] of REFUSED) {
    const error = await work(host).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, name).toBeInstanceOf(InputError);
    expect((error as Error).message, name).toContain(message);
  }
  expect((await host.links()).map(({ name, up }) => [name, up])).toEqual(before.map(({ name, up }) => [name, up]));
});

test("a call that cannot be meant is rejected, and never throws at once", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.nexthops.add(odd(undefined))).rejects.toThrow(TypeError);
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
  await expect(host.openTap("tap0", { owner: 9, offload: ["tso4"] })).rejects.toThrow(/EINVAL/);
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
