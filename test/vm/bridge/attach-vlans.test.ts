import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type AttachOptions, type BridgeVlan, Host } from "../../../src/index.js";

let host: Host;
/** A new TAP for each test. */
let tap = "";
let taps = 0;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { vlanFiltering: true, up: true });
  await host.addBridge("br1", { vlanFiltering: true, up: true });
});

beforeEach(() => {
  tap = `tap${taps++}`;
});

afterAll(async () => {
  await host.close();
});

const VLANS: readonly BridgeVlan[] = [
  { id: 10, pvid: true, untagged: true },
  { id: 20, to: 30 },
];

async function vlansOf(link: string): Promise<BridgeVlan[]> {
  const list = await host.bridgeVlans.list({ link });
  return list.map(
    ({ id, to, pvid, untagged, tunnel }) =>
      JSON.parse(JSON.stringify({ id, to, pvid, untagged, tunnel })) as BridgeVlan,
  );
}

test("an attached port is up and has exactly the VLANs that are given, not the default one", async () => {
  await host.addTap(tap);
  await host.attach(tap, "br0", { isolated: true, vlans: VLANS });
  expect(await vlansOf(tap)).toEqual(VLANS);
  expect(await host.link(tap)).toMatchObject({ up: true, linkInfo: { slaveData: { isolated: true } } });
});

test("with an empty list a port has no VLAN, and without one the default one", async () => {
  await host.addTap(tap, { bridge: "br0", port: { vlans: [] } });
  await host.addTap("other", { bridge: "br0" });
  expect(await vlansOf(tap)).toEqual([]);
  expect(await vlansOf("other")).toEqual([{ id: 1, pvid: true, untagged: true }]);
});

test("a port joins with tunnels: it is told of them before its VLANs are mapped", async () => {
  await host.addTap(tap, { bridge: "br0", port: { vlans: [{ id: 10, to: 12, tunnel: 1010 }] } });
  expect(await vlansOf(tap)).toEqual([{ id: 10, to: 12, tunnel: 1010 }]);
});

test("attaching what is attached already sets VLANs that differ, and sends nothing when they do not", async () => {
  await host.addTap(tap, { bridge: "br0", port: { vlans: VLANS, cost: 7 } });
  await host.bridgeVlans.change(tap, [{ id: 20, state: "learning" }]);
  const before = await host.bridgeVlans.list({ link: tap });
  await host.attach(tap, "br0", { vlans: VLANS });
  await host.attach(tap, "br0", { cost: 7 });
  expect(await host.bridgeVlans.list({ link: tap })).toEqual(before);
  await host.attach(tap, "br0", { vlans: [{ id: 20, to: 29 }, { id: 40 }], cost: 8 });
  expect(await vlansOf(tap)).toEqual([{ id: 20 }, { id: 21, to: 29 }, { id: 40 }]);
  expect((await host.link(tap)).linkInfo?.slaveData).toMatchObject({ cost: 8 });
  await host.setPort(tap, { vlans: VLANS });
  expect(await vlansOf(tap)).toEqual([VLANS[0], { id: 20 }, { id: 21, to: 30 }]);
});

test("a bridge that does not filter by VLAN is refused before anything is changed, unless it is asked for", async () => {
  await host.addBridge("plain", { up: true });
  await host.addTap(tap);
  const before = await host.link(tap);
  await expect(host.attach(tap, "plain", { vlans: VLANS })).rejects.toMatchObject({
    code: "EINVAL",
    message:
      "plain: it does not filter by VLAN, so a port's VLANs would separate nothing (EINVAL); " +
      "set vlanFiltering on the bridge first, or ask for it with withoutFiltering",
  });
  expect(await host.link(tap)).toEqual(before);
  await host.attach(tap, "plain", { vlans: VLANS, withoutFiltering: true });
  expect(await vlansOf(tap)).toEqual(VLANS);
});

test("VLANs that cannot be meant, and those of a bond's port, are refused before anything is changed", async () => {
  await host.addTap(tap);
  await host.addLink("bond0", "bond");
  const before = await host.link(tap);
  await expect(host.attach(tap, "br0", { vlans: [{ id: 4095 }] })).rejects.toThrow(
    "vlans.0.id: 4095 is not a VLAN from 1 to 4094",
  );
  await expect(host.attach(tap, "bond0", { vlans: VLANS })).rejects.toThrow(
    "vlans: bond0 is not a bridge: its ports have none",
  );
  expect(await host.link(tap)).toEqual(before);
});

/** Each is refused when the port has joined already. */
const REFUSED: readonly AttachOptions[] = [
  { vlans: [{ id: 10 }, { id: 11, state: 9 }] },
  { vlans: [{ id: 10 }], cost: 0 },
  {
    vlans: [
      { id: 10, tunnel: 5 },
      { id: 11, tunnel: 5 },
    ],
  },
];

for (const options of REFUSED) {
  const words = JSON.stringify(options);

  test(`a free port stays free and down when ${words} is refused`, async () => {
    await host.addTap(tap);
    await expect(host.attach(tap, "br0", options)).rejects.toThrow(/the kernel refused .*\((EINVAL|ERANGE|EEXIST)\)/);
    const { master, up } = await host.link(tap);
    expect([master, up]).toEqual([undefined, false]);
  });

  test(`a port that moves returns to its bridge, its VLANs and options when ${words} is refused`, async () => {
    const vlans: BridgeVlan[] = [{ id: 5, pvid: true, untagged: true }, { id: 6, to: 8, tunnel: 60 }, { id: 9 }];
    await host.addTap(tap, { bridge: "br0", port: { cost: 9, vlans } });
    await host.bridgeVlans.change(tap, [{ id: 9, state: "learning", mcastRouter: "perm" }]);
    const { index } = await host.link("br0");
    const before = await host.bridgeVlans.list({ link: tap });
    await expect(host.attach(tap, "br1", { move: true, ...options })).rejects.toThrow(
      /the kernel refused .*\((EINVAL|ERANGE|EEXIST)\)/,
    );
    expect(await host.link(tap)).toMatchObject({ master: index, up: true, linkInfo: { slaveData: { cost: 9 } } });
    expect(await host.bridgeVlans.list({ link: tap })).toEqual(before);
  });
}

test("many ports join in one turn, each with a VLAN of its own", async () => {
  const many = await Promise.all(Array.from({ length: 40 }, (_, i) => host.addTap(`many${i}`)));
  await Promise.all(
    many.map((each, i) => host.attach(each, "br0", { vlans: [{ id: 100 + i, pvid: true, untagged: true }] })),
  );
  const list = (await host.bridgeVlans.list()).filter(({ id }) => id >= 100);
  expect(list.map(({ index, id }) => [index, id])).toEqual(many.map(({ index }, i) => [index, 100 + i]));
  expect((await host.links({ master: "br0" })).every(({ up }) => up)).toBe(true);
});
