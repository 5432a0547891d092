import { expect, test } from "vitest";
import { attachPort } from "../../../src/host/ports/attach.js";
import { cacheBridges } from "../../../src/host/ports/bridge-cache.js";
import { Host } from "../../../src/index.js";
import { changesOf } from "../scene/changes.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addBridge("br1", { up: true });
  return host;
}

/** An option that no kernel knows, nor reports. */
const IGNORED = { unknown: [{ number: 4000, bytes: new Uint8Array(4) }] };

test("a port that returns to its bridge is down until it has its options again", async () => {
  const changes = await changesOf(opened, async (connection, host) => {
    await host.addTap("tap0", { bridge: "br0", port: { isolated: true, learning: false } });
    const { index } = await host.link("br0");
    const options = { move: true, isolated: true, ...IGNORED };
    await expect(attachPort(connection, cacheBridges(connection), "tap0", "br1", options)).rejects.toThrow(
      "tap0: the kernel refused unknown",
    );
    const port = await host.link("tap0");
    expect(port).toMatchObject({ master: index, up: true });
    expect(port.linkInfo?.slaveData).toMatchObject({ isolated: true, learning: false });
  });
  let up = true;
  for (const { header, attributes } of changes) {
    if (attributes.master !== undefined) expect(up).toBe(false);
    if (header.change.includes("up")) up = header.flags.includes("up");
    if (up) expect(attributes.linkInfo?.slaveData).toBeDefined();
  }
  expect(up).toBe(true);
});

const OWN = [
  ["fe80::1/64", { flags: ["nodad"] }],
  ["fd00::5/64", { flags: ["nodad"], proto: 17 }],
  ["fd00::6/128", { flags: ["nodad", "noprefixroute"], validLifetime: 600_000, preferredLifetime: 300_000 }],
] as const;

test("a port that is up keeps its IPv6 addresses and their lifetimes when it is attached or moved, and when that fails", async () => {
  await using host = await opened();
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  for (const [address, settings] of OWN)
    await host.addAddress("v0", address, { ...settings, flags: [...settings.flags] });
  const own = async (): Promise<object> => {
    const listed = await host.addresses({ link: "v0", family: "inet6" });
    return OWN.map(([own]) => {
      const found = listed.find(({ address }) => address === own);
      const { flags, proto, validLifetime = 0, preferredLifetime = 0 } = found ?? {};
      const minutes = [validLifetime, preferredLifetime].map((each) =>
        each === "forever" ? each : Math.ceil(each / 60_000),
      );
      return [own, flags?.filter((flag) => flag !== "permanent" && flag !== "tentative"), proto, ...minutes];
    });
  };
  const before = await own();
  await expect(host.attach("v0", "br0", { isolated: true, priority: 9999 })).rejects.toThrow(/ERANGE/);
  expect(await own()).toEqual(before);
  await host.attach("v0", "br0", { isolated: true });
  expect(await own()).toEqual(before);
  await host.attach("v0", "br1", { move: true });
  expect(await own()).toEqual(before);
  await expect(host.attach("v0", "br0", { move: true, ...IGNORED })).rejects.toThrow(/unknown/);
  expect(await own()).toEqual(before);
});

test("a TAP gets the MTU that its bridge has now, even when another program has just changed it", async () => {
  await using host = await opened();
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  const bridge = await host.link("br0");
  const taps = await Promise.all(["a", "b", "c", "d"].map((name) => host.addTap(name)));
  const mtus: (number | undefined)[] = [];
  for (const [round, tap] of taps.entries()) {
    if (round > 0) await other.setLink("br0", { mtu: 1500 + round * 1000 });
    await host.attach(tap, bridge);
    mtus.push((await host.link(tap)).mtu);
  }
  expect(mtus).toEqual([1500, 2500, 3500, 4500]);
  await other.remove("br0");
  const late = await host.addTap("late");
  await expect(host.attach(late, bridge)).rejects.toThrow(/br0: .*\(ENODEV\)/);
});
