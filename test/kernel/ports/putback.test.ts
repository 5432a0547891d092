import { expect, test } from "vitest";
import { attachPort } from "../../../src/host/ports/attach.js";
import { cacheBridges } from "../../../src/host/ports/bridge-cache.js";
import { Host } from "../../../src/index.js";
import { NLM_F_CREATE } from "../../../src/netlink/message.js";
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

const LLADDR = "52:54:00:00:00:09";

/** A bridge whose MAC follows its ports', with a neighbour, which it loses with its MAC. */
async function following(host: Host, index = 0): Promise<void> {
  const attributes = { name: "br2", linkInfo: { kind: "bridge" } };
  await host.request("RTM_NEWLINK", { flags: NLM_F_CREATE, header: { index }, attributes });
  await host.setLink("br2", { up: true });
  await host.neighbours.add("br2", "10.0.0.9", { lladdr: LLADDR });
}

async function neighboursOf(host: Host): Promise<readonly string[]> {
  const found = await host.neighbours.list({ link: "br2" });
  return found.filter(({ lladdr }) => lladdr === LLADDR).map(({ address }) => address);
}

test("a bridge keeps its neighbours when a port joins and the journal of that is undone", async () => {
  await using host = await opened();
  await following(host);
  await host.addTap("tap0");
  const journal = host.journal();
  await host.attach("tap0", "br2", { journal });
  expect(await neighboursOf(host)).toEqual(["10.0.0.9"]);
  expect(await journal.undo()).toBeUndefined();
  expect((await host.link("tap0")).master).toBeUndefined();
  expect(await neighboursOf(host)).toEqual(["10.0.0.9"]);
});

test("a bridge keeps its neighbours when the signal aborts as a port joins", async () => {
  /** Attaches, and aborts before this exchange is sent. */
  const attaching = (aborting: number): ReturnType<typeof changesOf> => {
    const abort = new AbortController();
    const reason = new Error("enough");
    return changesOf(
      async () => {
        const host = await opened();
        await following(host);
        await host.addTap("tap0");
        return host;
      },
      async (connection, host) => {
        const attached = attachPort(connection, cacheBridges(connection), "tap0", "br2", { signal: abort.signal });
        if (aborting === 0) await attached;
        else await expect(attached).rejects.toBe(reason);
        expect((await host.link("tap0")).master === undefined).toBe(aborting !== 0);
        expect(await neighboursOf(host)).toEqual(["10.0.0.9"]);
      },
      (exchange) => {
        if (exchange === aborting) abort.abort(reason);
        return Promise.resolve();
      },
    );
  };
  const joins = (await attaching(0)).find(({ attributes }) => attributes.master !== undefined)!;
  const changes = await attaching(joins.exchange);
  expect(changes.filter(({ attributes }) => attributes.master !== undefined).length).toBeGreaterThan(1);
});

test("what was known of a bridge's MAC is not believed of the link that gets its index", async () => {
  await using host = await opened();
  const bridge = await host.addBridge("br2", { up: true });
  await host.addTap("tap0", { bridge });
  await host.addTap("tap1");
  await host.remove("br2");
  await following(host, bridge.index);
  await host.attach("tap1", bridge);
  expect(await neighboursOf(host)).toEqual(["10.0.0.9"]);
});
