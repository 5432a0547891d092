import { beforeAll, afterAll, expect, test } from "vitest";
import {
  type BridgePortOptions,
  type BridgeVlan,
  type BridgeVlanStatus,
  expandVlans,
  Host,
} from "../../../src/index.js";
import { NLM_F_DUMP } from "../../../src/netlink/message.js";
import { AF_BRIDGE } from "../../../src/rtnetlink/protocol/families.js";
import { eventually } from "../../kernel/netfilter/counting.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { vlanFiltering: true, vlanStatsEnabled: true, up: true });
  await host.addTap("tap0", { bridge: "br0" });
  // Nobody has it open; the bridge hears of that a while after.
  const isDisabled = async (): Promise<boolean> =>
    ((await host.link("tap0")).linkInfo?.slaveData as BridgePortOptions).state === "disabled";
  expect(await eventually(isDisabled)).toBe(true);
});

afterAll(async () => {
  await host.close();
});

/** A port's VLANs without what all of them have at first. */
async function vlansOf(link: string): Promise<Partial<BridgeVlanStatus>[]> {
  const list = await host.bridgeVlans.list({ link });
  return list.map(
    ({ index: _index, state, mcastRouter, neighSuppress, mcastMaxGroups, mcastNGroups: _groups, ...vlan }) => ({
      ...vlan,
      ...(state === "forwarding" ? {} : { state }),
      ...(mcastRouter === "tempQuery" ? {} : { mcastRouter }),
      ...(neighSuppress ? { neighSuppress } : {}),
      ...(mcastMaxGroups ? { mcastMaxGroups } : {}),
    }),
  );
}

const MIXED: readonly BridgeVlan[] = [
  { id: 10, pvid: true, untagged: true },
  { id: 20, to: 30 },
  { id: 31, untagged: true },
];

test("a port's VLANs are set as a whole, read back as ranges, added to and removed from", async () => {
  await host.bridgeVlans.set("tap0", MIXED);
  expect(await vlansOf("tap0")).toEqual(MIXED);
  await host.bridgeVlans.add("tap0", [{ id: 31 }, { id: 40, to: 41 }]);
  expect(await vlansOf("tap0")).toEqual([MIXED[0], { id: 20, to: 31 }, { id: 40, to: 41 }]);
  await host.bridgeVlans.remove("tap0", [{ id: 25 }, { id: 41, to: 4094 }]);
  expect(await vlansOf("tap0")).toEqual([MIXED[0], { id: 20, to: 24 }, { id: 26, to: 31 }, { id: 40 }]);
  await host.bridgeVlans.set("tap0", []);
  expect(await vlansOf("tap0")).toEqual([]);
});

test("setting another pvid takes it from the VLAN that had it", async () => {
  await host.bridgeVlans.set("tap0", [{ id: 5, pvid: true }, { id: 6 }]);
  await host.bridgeVlans.add("tap0", [{ id: 6, pvid: true, untagged: true }]);
  expect(await vlansOf("tap0")).toEqual([{ id: 5 }, { id: 6, pvid: true, untagged: true }]);
});

test("a bridge itself has VLANs of its own, and a port's are no part of them", async () => {
  await host.bridgeVlans.set("tap0", MIXED);
  await host.bridgeVlans.set("br0", [
    { id: 1, pvid: true, untagged: true },
    { id: 20, to: 21 },
  ]);
  expect(await vlansOf("br0")).toEqual([
    { id: 1, pvid: true, untagged: true },
    { id: 20, to: 21 },
  ]);
  const indices = (await host.bridgeVlans.list()).map(({ index }) => index);
  const [bridge, port] = [await host.link("br0"), await host.link("tap0")];
  expect([...new Set(indices)].sort()).toEqual([bridge.index, port.index].sort());
});

test("a new port gets the bridge's default pvid, and none when that is 0", async () => {
  await host.setBridge("br0", { vlanDefaultPvid: 77 });
  await host.addTap("tap1", { bridge: "br0" });
  expect(await vlansOf("tap1")).toEqual([{ id: 77, pvid: true, untagged: true }]);
  await host.setBridge("br0", { vlanDefaultPvid: 0 });
  await host.addTap("tap2", { bridge: "br0" });
  expect(await vlansOf("tap2")).toEqual([]);
  await host.removeAll(["tap1", "tap2"]);
});

test("VLANs are mapped to tunnels, a range to a range, and no longer", async () => {
  await host.bridgeVlans.set("tap0", [
    { id: 10, to: 14, tunnel: 1010 },
    { id: 20, tunnel: 99 },
  ]);
  expect(await vlansOf("tap0")).toEqual([
    { id: 10, to: 14, tunnel: 1010 },
    { id: 20, tunnel: 99 },
  ]);
  expect((await host.link("tap0")).linkInfo?.slaveData).toMatchObject({ vlanTunnel: true });
  await host.bridgeVlans.removeTunnels("tap0", [{ id: 11 }, { id: 20 }]);
  expect(await vlansOf("tap0")).toEqual([
    { id: 10, tunnel: 1010 },
    { id: 11 },
    { id: 12, to: 14, tunnel: 1012 },
    { id: 20 },
  ]);
  await host.bridgeVlans.change("tap0", [{ id: 10, to: 14, tunnel: 2000 }]);
  expect((await vlansOf("tap0"))[0]).toEqual({ id: 10, to: 14, tunnel: 2000 });
  await host.bridgeVlans.set("tap0", [
    { id: 13, tunnel: 2003 },
    { id: 14, to: 15, tunnel: 2010 },
  ]);
  expect(await vlansOf("tap0")).toEqual([
    { id: 13, tunnel: 2003 },
    { id: 14, to: 15, tunnel: 2010 },
  ]);
  await host.bridgeVlans.set("tap0", []);
});

test("a VLAN has a state and multicast options of its own on each port", async () => {
  await host.bridgeVlans.set("tap0", [{ id: 10, to: 14 }, { id: 20 }]);
  await host.bridgeVlans.change("tap0", [{ id: 11, to: 12, state: "blocking", mcastRouter: "perm" }]);
  await host.bridgeVlans.add("tap0", [{ id: 20, untagged: true, state: "learning" }]);
  expect(await vlansOf("tap0")).toEqual([
    { id: 10 },
    { id: 11, to: 12, state: "blocking", mcastRouter: "perm" },
    { id: 13, to: 14 },
    { id: 20, untagged: true, state: "learning" },
  ]);
  await host.bridgeVlans.set("tap0", [{ id: 11, state: "forwarding", mcastRouter: "tempQuery" }]);
  expect(await vlansOf("tap0")).toEqual([{ id: 11 }]);
});

test("options of a VLAN in the whole bridge are changed for a range, and read back", async () => {
  await host.bridgeVlans.set("tap0", [{ id: 10, to: 14 }]);
  await host.bridgeVlans.set("br0", []);
  const options = { mcastSnooping: false, mcastQueryIntvl: 5000, mcastIgmpVersion: 3, mcastMldVersion: 2 };
  await host.bridgeVlans.setGlobalOptions("br0", [{ id: 11, to: 12, ...options }]);
  const list = expandVlans(await host.bridgeVlans.globalOptions("br0"));
  expect(list.map(({ id, mcastSnooping }) => [id, mcastSnooping])).toEqual([
    [10, true],
    [11, false],
    [12, false],
    [13, true],
    [14, true],
  ]);
  expect(list[1]).toMatchObject(options);
});

test("an option of the whole bridge that is refused leaves all as it was", async () => {
  const before = await host.bridgeVlans.globalOptions("br0");
  const change = host.bridgeVlans.setGlobalOptions("br0", [
    { id: 10, mcastQueryIntvl: 9000 },
    { id: 3000, mcastQueryIntvl: 9000 },
  ]);
  await expect(change).rejects.toThrow("br0: the kernel refused RTM_NEWVLAN: bridge: Vlan in range doesn't exist");
  await expect(host.bridgeVlans.setGlobalOptions("br0", [{ id: 10, mcastIgmpVersion: 7 }])).rejects.toThrow(
    "br0: the kernel refused mcastIgmpVersion (globalOptions.mcastIgmpVersion) of RTM_NEWVLAN: invalid argument (EINVAL)",
  );
  await expect(host.bridgeVlans.setGlobalOptions("tap0", [{ id: 10 }])).rejects.toThrow("tap0: it is not a bridge");
  expect(await host.bridgeVlans.globalOptions("br0")).toEqual(before);
});

const BAD = { id: 50, state: 9 } as const;

for (const [how, change] of Object.entries({
  add: () => host.bridgeVlans.add("tap0", [{ id: 20 }, { id: 40 }, BAD]),
  set: () => host.bridgeVlans.set("tap0", [{ id: 20 }, { id: 40 }, BAD]),
  change: () =>
    host.bridgeVlans.change("tap0", [
      { id: 10, state: "blocking" },
      { id: 11, ...{ state: 9 } },
    ]),
  "set with an option": () => host.setPort("tap0", { isolated: true, vlans: [{ id: 40 }, BAD] }),
}))
  test(`when ${how} is refused half-way, a port has all its VLANs and options as before`, async () => {
    const vlans: BridgeVlan[] = [
      { id: 10, pvid: true, untagged: true, state: "learning" },
      { id: 11, to: 12, tunnel: 100 },
      { id: 20, untagged: true, mcastRouter: "disabled" },
    ];
    await host.bridgeVlans.set("tap0", []);
    await host.bridgeVlans.set("tap0", vlans);
    const before = [await vlansOf("tap0"), (await host.link("tap0")).linkInfo?.slaveData];
    await expect(change()).rejects.toMatchObject({
      code: "EINVAL",
      message: "tap0: the kernel refused RTM_NEWVLAN: bridge: Invalid vlan state (EINVAL)",
    });
    expect(before[0]).toEqual(vlans);
    expect([await vlansOf("tap0"), (await host.link("tap0")).linkInfo?.slaveData]).toEqual(before);
  });

test("with the kernel's spanning tree, a VLAN's state is refused and nothing is lost", async () => {
  const before = await vlansOf("tap0");
  await host.setBridge("br0", { stpState: "kernel" });
  await expect(host.bridgeVlans.change("tap0", [{ id: 11, state: "blocking" }])).rejects.toThrow(
    "tap0: the kernel refused RTM_NEWVLAN: bridge: Can't modify vlan state when using kernel STP (EBUSY)",
  );
  await host.setBridge("br0", { stpState: "off" });
  expect(await vlansOf("tap0")).toEqual(before);
});

test("what cannot have VLANs, and what the kernel does not take, is said to be so", async () => {
  await expect(host.bridgeVlans.list({ link: "lo" })).rejects.toThrow(
    "lo: the kernel refused RTM_GETVLAN: invalid argument (EINVAL); it is neither a bridge nor a port of one",
  );
  await expect(host.bridgeVlans.add("lo", [{ id: 5 }])).rejects.toThrow("it is neither a bridge nor a port of one");
  await expect(host.bridgeVlans.add("tap7", [{ id: 5 }])).rejects.toThrow(/tap7: .*\(ENODEV\)/);
  await expect(host.bridgeVlans.change("tap0", [{ id: 2000, state: "blocking" }])).rejects.toThrow(
    "tap0: the kernel refused RTM_NEWVLAN: bridge: Vlan range start doesn't exist, can't process options (ENOENT)",
  );
  await expect(host.bridgeVlans.add("br0", [{ id: 10, tunnel: 5 }])).rejects.toThrow(
    "br0: the kernel refused RTM_NEWVLAN: bridge: Can't modify tunnel mapping of non-port vlans (EINVAL)",
  );
  await expect(host.setBridge("br0", { vlanDefaultPvid: 5000 })).rejects.toThrow(
    /br0: the kernel refused vlanDefaultPvid .*; a VLAN is 1 to 4094, and 0 is none$/,
  );
  await expect(host.setBridge("br0", { vlanStatsPerPort: true })).rejects.toThrow(
    /br0: the kernel refused vlanStatsPerPort .* \(EBUSY\); it changes only while no port has VLANs, .*$/,
  );
});

test("messages of the family AF_BRIDGE carry a port's options and VLANs, both ways", async () => {
  await host.bridgeVlans.set("tap0", MIXED);
  const { index } = await host.link("tap0");
  const dump = {
    flags: NLM_F_DUMP,
    header: { family: AF_BRIDGE },
    attributes: { extMask: ["brvlanCompressed"] as const },
  };
  const read = async (): Promise<unknown> => {
    const replies = await host.request("RTM_GETLINK", dump);
    return replies.find(({ header }) => header.index === index)?.attributes;
  };
  expect(await read()).toMatchObject({
    name: "tap0",
    protinfo: { isolated: false, cost: expect.any(Number) as number },
    afSpec: {
      vlanInfo: [
        { vid: 10, flags: ["pvid", "untagged"] },
        { vid: 20, flags: ["rangeBegin"] },
        { vid: 30, flags: ["rangeEnd"] },
        { vid: 31, flags: ["untagged"] },
      ],
    },
  });
  const vlanInfo = [{ vid: 500, flags: ["untagged"] }];
  const attributes = { protinfo: { cost: 7 }, afSpec: { vlanInfo } };
  await host.request("RTM_SETLINK", { header: { family: AF_BRIDGE, index }, attributes: attributes as never });
  expect(await read()).toMatchObject({ protinfo: { cost: 7 } });
  expect(await vlansOf("tap0")).toContainEqual({ id: 500, untagged: true });
});

test("VLANs of a port can be given to another as they were listed", async () => {
  await host.addTap("tap1", { bridge: "br0" });
  await host.bridgeVlans.set("tap1", await host.bridgeVlans.list({ link: "tap0" }));
  expect(await vlansOf("tap1")).toEqual(await vlansOf("tap0"));
});
