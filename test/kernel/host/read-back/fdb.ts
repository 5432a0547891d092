import { type FdbSettings, type Host, type MulticastSettings, NetlinkError } from "../../../../src/index.js";
import type { BridgeVlan } from "../../../../src/rtnetlink/bridge/bridge-vlan-requests.js";
import { vlanEntry, vlanGlobalOptions } from "../../../../src/rtnetlink/bridge/bridge-vlan.js";
import { fdbFlags } from "../../../../src/rtnetlink/bridge/fdb.js";
import { mdbSetAttributes } from "../../../../src/rtnetlink/bridge/mdb.js";
import { fdbExtAttributes, neighbourAttributes } from "../../../../src/rtnetlink/neighbour/neighbour.js";
import { u16 } from "../../../../src/netlink/codecs/numbers.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import { attributesOf, type Group, settingsOf, type Subject } from "./subject.js";

const MAC = "02:00:00:00:00:55";
const GROUP = "239.1.2.3";

/** An entry may go with another that is removed. */
function unlessGone(error: unknown): void {
  if (!(error instanceof NetlinkError) || !/no such entry|not find/.test(error.message)) throw error;
}

/** A bridge that filters by VLAN where it can, with a port, and a VXLAN. */
async function scene(host: Host): Promise<void> {
  await host.addBridge("br0", { up: true });
  await host.addVeth("p0", { peer: { name: "far0", up: true }, up: true });
  await host.attach("p0", "br0");
  await host.addVxlan("vx0", { id: 7, port: 4789, up: true });
  await host.addVxlan("vx1", { collectMetadata: true, vnifilter: true, port: 4790, up: true });
}

async function filtering(host: Host): Promise<void> {
  await host.addBridge("br0", { vlanFiltering: true, up: true });
  await host.addVeth("p0", { peer: { name: "far0", up: true }, up: true });
  await host.attach("p0", "br0");
}

function entries(title: string, link: string, more: object): Subject {
  const { dst, port, vni, srcVni, nhId, protocol } = neighbourAttributes.entries;
  return {
    title,
    attributes: settingsOf<FdbSettings>(
      "fdb",
      {
        vlan: u16,
        state: ["permanent", "static", "dynamic"],
        flags: fdbFlags,
        protocol: protocol[1],
        activityNotify: fdbExtAttributes.entries.activityNotify[1],
        dontRefresh: [],
        dst: dst[1],
        port: port[1],
        vni: vni[1],
        srcVni: srcVni[1],
        nhId: nhId[1],
        via: [],
      },
      { vlan: [1, 2] },
    ),
    make: scene,
    set: (host, settings) => host.fdb.add(link, MAC, { ...more, ...settings }),
    get: async (host) => (await host.fdb.list({ link, address: MAC }))[0],
    clear: async (host) => {
      for (const { vlan, flags } of await host.fdb.list({ link, address: MAC }))
        await host.fdb.remove(link, MAC, { vlan, flags: flags.filter((flag) => flag === "self") }).catch(unlessGone);
    },
  };
}

function groups(title: string, link: string, more: object): Subject {
  const { source, groupMode, rtprot, dst, dstPort, vni, srcVni } = mdbSetAttributes.entries;
  return {
    title,
    attributes: settingsOf<MulticastSettings>(
      "mdb",
      {
        vlan: u16,
        state: ["permanent", "temporary"],
        source: source[1],
        srcList: [],
        groupMode: groupMode[1],
        rtprot: rtprot[1],
        dst: dst[1],
        dstPort: dstPort[1],
        vni: vni[1],
        srcVni: srcVni[1],
        via: [],
      },
      { vlan: [1, 2] },
    ),
    make: scene,
    set: (host, settings) => host.mdb.add(link, GROUP, { ...more, ...settings }),
    get: async (host) => (await host.mdb.list({ port: link, group: GROUP }))[0],
    clear: async (host) => {
      for (const { vlan, source: from, dst: to, srcVni: sent } of await host.mdb.list({ port: link, group: GROUP }))
        await host.mdb.remove(link, GROUP, { vlan, source: from, dst: to, srcVni: sent }).catch(unlessGone);
    },
  };
}

function vlans(link: string): Subject {
  const { state, mcastRouter, mcastMaxGroups, neighSuppress } = vlanEntry.entries;
  return {
    title: `a VLAN of ${link}`,
    attributes: settingsOf<Omit<BridgeVlan, "id" | "to">>("vlan", {
      pvid: [true, false],
      untagged: [true, false],
      tunnel: [7, 8],
      state: state[1],
      mcastRouter: mcastRouter[1],
      mcastMaxGroups: mcastMaxGroups[1],
      neighSuppress: neighSuppress[1],
    }),
    make: filtering,
    set: (host, settings) => host.bridgeVlans.set(link, [{ id: 7, ...settings }]),
    get: async (host) => (await host.bridgeVlans.list({ link })).find(({ id }) => id === 7),
  };
}

const globalOptions: Subject = {
  title: "a VLAN in its bridge",
  attributes: attributesOf(vlanGlobalOptions as AttributeTable),
  make: async (host) => {
    await filtering(host);
    await host.setBridge("br0", { multiBoolopt: { mcastVlanSnooping: true } });
    await host.bridgeVlans.add("br0", [{ id: 7 }]);
  },
  set: (host, settings) => host.bridgeVlans.setGlobalOptions("br0", [{ id: 7, ...settings }]),
  get: async (host) => (await host.bridgeVlans.globalOptions("br0")).find(({ id }) => id === 7),
};

/** The tables of bridges and VXLANs. */
export const forwarding: readonly Group[] = [
  {
    title: "an entry of a forwarding table",
    subjects: [
      entries("an entry of a bridge", "p0", {}),
      entries("a far end of a VXLAN", "vx0", { dst: "192.0.2.9" }),
      entries("a far end of a VXLAN with many ids", "vx1", { dst: "192.0.2.9", srcVni: 3 }),
    ],
  },
  {
    title: "an entry of a multicast table",
    subjects: [
      groups("a member on a port", "p0", {}),
      groups("a member with a source", "p0", { source: "192.0.2.3" }),
      groups("a far end", "vx0", { dst: "192.0.2.9" }),
    ],
  },
];

/** What only bridges that filter by VLAN have. */
export const vlanFiltering: readonly Group[] = [
  { title: "a VLAN of a bridge's port", subjects: [vlans("p0"), vlans("br0")] },
  { title: globalOptions.title, subjects: [globalOptions] },
];
