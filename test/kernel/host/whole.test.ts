import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

async function withPort(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge, port: { isolated: true } });
  return host;
}

test("of two that attach a port at once, with options, one is refused and the other's bridge has it", async () => {
  await using host = await Host.open({ namespace: "new" });
  const bridges = [await host.addBridge("br0"), await host.addBridge("br1")] as const;
  for (let round = 0; round < 20; round++) {
    const tap = await host.addTap(`tap${round}`);
    const results = await Promise.allSettled([
      host.attach(tap, bridges[0], { isolated: true }),
      host.attach(tap, bridges[1], { isolated: true }),
    ]);
    const winner = results.findIndex(({ status }) => status === "fulfilled");
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect((await host.link(tap)).master).toBe(bridges[winner]!.index);
  }
});

test("a port that is attached keeps all its options when one of those that are given is refused", async () => {
  await using host = await withPort();
  const before = (await host.link("tap0")).linkInfo;
  const options = { isolated: false, cost: 55, priority: 9999 };
  await expect(host.attach("tap0", "br0", options)).rejects.toThrow(
    /\(ERANGE\); it is one of isolated, cost, priority/,
  );
  await expect(host.setPort("tap0", options)).rejects.toThrow(/ERANGE/);
  expect((await host.link("tap0")).linkInfo).toEqual(before);
});

test("a bridge and a link keep what they had when a part of a change is refused", async () => {
  await using host = await withPort();
  const before = await host.link("br0");
  await expect(host.setBridge("br0", { ageingTime: 5000, mcastIgmpVersion: 9 })).rejects.toThrow(/EINVAL/);
  expect((await host.link("br0")).linkInfo?.data).toMatchObject({ ageingTime: 300000 });
  await expect(host.setLink("br0", { txqlen: 7, gsoMaxSize: 2 ** 31 })).rejects.toThrow(/EINVAL/);
  expect((await host.link("br0")).txqlen).toBe(before.txqlen);
  await expect(host.setLink("br0", { altnames: ["first", "tap0"] })).rejects.toThrow(
    /^br0: .*altnames.*EEXIST\); a link named tap0 exists already$/,
  );
  expect((await host.link("br0")).altnames).toBeUndefined();
});

test("an alternative name that another link has is said to be that link's, and nothing changes", async () => {
  await using host = await withPort();
  await host.setLink("tap0", { altnames: ["uplink"] });
  const hint = "uplink is an alternative name of tap0 already";
  await expect(host.addLink("new", "ifb", { altnames: ["a", "uplink"] })).rejects.toMatchObject({ hint });
  await expect(host.addLink("uplink", "ifb", {})).rejects.toMatchObject({ code: "EEXIST", hint });
  await expect(host.setLink("br0", { altnames: ["a", "uplink"] })).rejects.toMatchObject({ hint });
  await expect(host.setLink("br0", { name: "uplink" })).rejects.toMatchObject({ code: "EEXIST", hint });
  expect((await host.links()).map(({ name, altnames }) => [name, altnames])).toEqual([
    ["lo", undefined],
    ["br0", undefined],
    ["tap0", ["uplink"]],
  ]);
});

test("a link that is renamed can have its former name as an alternative one, and swap the two", async () => {
  await using host = await withPort();
  await host.setLink("tap0", { name: "lan0", altnames: ["tap0", "other"] });
  expect((await host.link("lan0")).altnames).toEqual(["other", "tap0"]);
  await host.setLink("lan0", { name: "tap0", altnames: ["lan0"] });
  expect(await host.link("tap0")).toMatchObject({ name: "tap0", altnames: ["lan0"] });
  await expect(host.setLink("tap0", { name: "lan1", altnames: ["tap0"], mtu: 99_999_999 })).rejects.toThrow(/mtu/);
  expect(await host.link("lan0")).toMatchObject({ name: "tap0", altnames: ["lan0"] });
});

test("a link that is up keeps its IPv6 addresses when it is attached with options, and when that fails", async () => {
  await using host = await withPort();
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "fd00::5/64", { flags: ["nodad"] });
  const own = async (): Promise<string[]> =>
    (await host.addresses({ link: "v0", family: "inet6" })).map(({ address }) => address);
  await expect(host.attach("v0", "br0", { isolated: true, priority: 9999 })).rejects.toThrow(/ERANGE/);
  expect(await own()).toContain("fd00::5/64");
  await host.attach("v0", "br0", { isolated: true });
  expect(await own()).toContain("fd00::5/64");
});

test("a name that the kernel would complete is refused, for it could not be found again", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.addBridge("br%d")).rejects.toThrow(/"br%d" cannot be a link's name/);
  await expect(host.setLink("lo", { name: "lo%d" })).rejects.toThrow(/"lo%d" cannot be a link's name/);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("a bridge has a MAC of its own when the address that is given is undefined", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { address } = await host.addBridge("br0", { address: undefined });
  await host.addTap("tap0", { bridge: "br0", address: "02:00:00:00:00:01" });
  expect((await host.link("br0")).address).toBe(address);
});

test("what is no port, no bridge or no option is said to be so", async () => {
  await using host = await withPort();
  await host.addTap("tap1");
  await expect(host.setPort("tap1", { isolated: true })).rejects.toThrow(
    "tap1: it is no port of a bridge (EOPNOTSUPP)",
  );
  await expect(host.setBridge("tap1", { ageingTime: 1000 })).rejects.toThrow("tap1: it is not a bridge (EOPNOTSUPP)");
  await expect(host.addTap("tap2", { mtu: 1400, bridge: "br0" })).rejects.toThrow(
    "mtu: a port takes on its bridge's MTU",
  );
  await expect(host.addTap("tap2", { port: {} })).rejects.toThrow("port: these are options of a bridge's port");
  await expect(host.openTap("tap2", { queues: 2, multiQueue: false })).rejects.toThrow("multiQueue: 2 queues need");
  await expect(host.openTap("tap2", { bogus: 1 } as object)).rejects.toThrow("bogus: no such option");
});

test("closing a TAP or its host ends the streams that are read, and a queue has one stream at a time", async () => {
  const host = await withPort();
  const tap = await host.openTap("tap1");
  const frames = tap.frames();
  expect(() => tap.frames()).toThrow("a queue has one stream at a time");
  const read = (async () => {
    for await (const frame of frames) expect(frame).toBeInstanceOf(Uint8Array);
  })();
  await new Promise(setImmediate);
  await tap.close();
  await read;
  const second = await host.openTap("tap1");
  const rest = second.frames().resume();
  const ended = new Promise((resolve) => rest.once("end", resolve));
  await new Promise(setImmediate);
  await host.close();
  await ended;
});

test("receiving on a socket that is closed meanwhile is rejected, and two receivers take turns", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [here, there] = host.socketPair();
  const received = [host.receiveDescriptors(here), host.receiveDescriptors(here)];
  const [passed] = host.socketPair();
  await host.sendDescriptors(there, [passed], Buffer.from("a"));
  await Promise.race(received);
  await host.sendDescriptors(there, [passed], Buffer.from("b"));
  const texts = (await Promise.all(received)).map(({ bytes }) => bytes.toString());
  expect(texts.sort()).toEqual(["a", "b"]);
  const waiting = host.receiveDescriptors(here);
  await new Promise(setImmediate);
  const refused = expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
  await here.close();
  await refused;
});

test("what a link did not have, it has no more when a part of a change is refused", async () => {
  await using host = await withPort();
  await host.addVeth("v0", { peer: "v1", altnames: ["kept", "given-up"] });
  const { index } = await host.link("v1");
  const before = await host.link("v0");
  await expect(host.setLink("v0", { alias: "an alias", master: index })).rejects.toThrow(/v0: .*EINVAL|EOPNOTSUPP/);
  expect((await host.link("v0")).alias).toBeUndefined();
  await expect(host.setLink("v0", { altnames: ["kept", "new"], mtu: 99_999_999 })).rejects.toThrow(/v0: .*mtu/);
  expect((await host.link("v0")).altnames).toEqual(before.altnames);
  await expect(host.setBridge("br0", { altnames: ["new"], ageingTime: 5000, mcastIgmpVersion: 9 })).rejects.toThrow(
    /br0: .*EINVAL/,
  );
  const bridge = await host.link("br0");
  expect([bridge.altnames, bridge.linkInfo?.data]).toMatchObject([undefined, { ageingTime: 300000 }]);
});

test("a link moves to another namespace only when all else that is set of it was taken", async () => {
  await using host = await withPort();
  await using other = await Host.open({ namespace: "new" });
  const bridge = await other.addBridge("there", { up: true });
  await host.addVeth("v0", { peer: "v1" });
  const move = { namespace: other, name: "w0", alias: "an alias", altnames: ["second"], master: "there", up: true };
  await expect(host.setLink("v0", { ...move, mtu: 99_999_999 })).rejects.toThrow(/v0: .*mtu/);
  await expect(host.setLink("v0", { ...move, name: "lo" })).rejects.toThrow(
    "v0: the other namespace has a link named lo (EEXIST)",
  );
  await expect(host.setLink("v0", { ...move, master: "nowhere" })).rejects.toThrow(/nowhere: .*ENODEV/);
  const { mtu, alias, altnames } = await host.link("v0");
  expect([mtu, alias, altnames]).toEqual([1500, undefined, undefined]);
  await host.setLink("v0", { ...move, mtu: 1400 });
  expect(await other.link("w0")).toMatchObject({
    mtu: 1400,
    alias: "an alias",
    altnames: ["second"],
    master: bridge.index,
    up: true,
  });
  await expect(host.setLink("v1", { namespace: other, name: "w1", master: "lo" })).rejects.toThrow(
    /v1: .*; it has moved to the other namespace all the same/,
  );
  expect((await other.link("w1")).name).toBe("w1");
});

test("a TAP that could not be brought up is not created", async () => {
  await using host = await withPort();
  await host.addTap("down", { bridge: "br0", up: false });
  expect(await host.link("down")).toMatchObject({ up: false, master: (await host.link("br0")).index });
  await expect(host.addTap("tap9", { mtu: 1, up: true })).rejects.toThrow(/tap9: .*mtu/);
  expect((await host.links()).map(({ name }) => name)).not.toContain("tap9");
});
