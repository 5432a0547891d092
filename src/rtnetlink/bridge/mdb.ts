import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, mapped, several, unspoken } from "../../netlink/codecs/codec.js";
import { formatHardwareAddress, formatInternetAddress, internetAddress, mac } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { headed, nest } from "../../netlink/codecs/nests.js";
import { be16, clockTicks, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { multicastRouter } from "../link/kinds/bridge.js";
import { routeProtocol } from "../route/route-words.js";
import { messageType } from "../protocol/message-types.js";

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const NO_SIBLINGS = {};

/** The bytes of the union, then the protocol (struct br_mdb_entry's addr). */
const UNION_SIZE = 16;
const ADDRESS_SIZE = 20;

/** A multicast group: an IPv4 or IPv6 address, or a MAC. */
export const multicastGroup: Codec<string> = {
  type: "mdb address",
  words: "IP|MAC",
  size: ADDRESS_SIZE,
  write(writer, value) {
    const start = writer.length;
    const isMac = typeof value === "string" && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value);
    (isMac ? mac : internetAddress).write(writer, value, NO_SIBLINGS);
    const size = writer.length - start;
    writer.zeros(UNION_SIZE - size);
    be16.write(writer, isMac ? 0 : size === 4 ? ETH_P_IP : ETH_P_IPV6, NO_SIBLINGS);
    writer.zeros(ADDRESS_SIZE - UNION_SIZE - 2);
  },
  read(bytes, offset, length) {
    if (length !== ADDRESS_SIZE) return undefined;
    const protocol = be16.read(bytes, offset + UNION_SIZE, 2, NO_SIBLINGS);
    if (protocol === 0) return formatHardwareAddress(bytes.buffer, offset, 6);
    if (protocol === ETH_P_IP) return formatInternetAddress(bytes.buffer, offset, 4);
    return protocol === ETH_P_IPV6 ? formatInternetAddress(bytes.buffer, offset, 16) : undefined;
  },
  parse(word) {
    return word.split(":").length === 6 && !word.includes("::") ? mac.parse(word) : internetAddress.parse(word);
  },
};

/** Whether an entry goes when its time is over (MDB_*, linux/if_bridge.h). */
export const multicastState = words(u8, { temporary: 0, permanent: 1 });

/** What holds for an entry (MDB_FLAGS_*, linux/if_bridge.h). */
export const multicastFlags = bits(u8, {
  offload: 0x1,
  fastLeave: 0x2,
  starExcl: 0x4,
  blocked: 0x8,
  offloadFailed: 0x10,
});

/** struct br_mdb_entry (linux/if_bridge.h). */
export const mdbEntry = struct("br_mdb_entry", {
  index: u32,
  state: multicastState,
  flags: multicastFlags,
  vid: u16,
  group: multicastGroup,
});

/** Whether the sources that are listed are let through or kept out (MCAST_*, linux/in.h). */
export const filterMode = words(u8, { exclude: 0, include: 1 });

/** A source of an entry, as the kernel tells it (MDBA_MDB_SRCATTR_*, linux/if_bridge.h). */
export const mdbSource = attributes("MDBA_MDB_SRCATTR", () => ({
  address: [1, internetAddress, "the source"],
  timer: [2, clockTicks, "until it is dropped"],
}));

/** The sources of an entry (MDBA_MDB_SRCLIST_*, linux/if_bridge.h). */
export const mdbSources = attributes("MDBA_MDB_SRCLIST", () => ({
  entry: [1, several(nest(mdbSource)), "the sources"],
}));

/** An entry of the multicast table, as the kernel tells it (MDBA_MDB_EATTR_*, linux/if_bridge.h). */
export const mdbEntryAttributes = attributes("MDBA_MDB_EATTR", () => ({
  timer: [1, clockTicks, "until the entry is dropped"],
  srcList: [2, nest(mdbSources), "the sources that are let through or kept out"],
  groupMode: [3, filterMode, "what is done with them"],
  source: [4, internetAddress, "the only source that the entry is for"],
  rtprot: [5, routeProtocol, "who made the entry"],
  dst: [6, internetAddress, "a tunnel's far end"],
  dstPort: [7, u16, "UDP port of the far end"],
  vni: [8, u32, "VNI at the far end"],
  ifindex: [9, u32, "index of the link that leads there"],
  srcVni: [10, u32, "VNI of the frames that the entry is for"],
}));

/** Entries of one group (MDBA_MDB_ENTRY_*, linux/if_bridge.h). */
export const mdbGroup = attributes("MDBA_MDB_ENTRY", () => ({
  info: [1, several(headed(mdbEntry, mdbEntryAttributes)), "the entries, one for each port"],
}));

/** The groups of a bridge (MDBA_MDB_*, linux/if_bridge.h). */
export const mdbGroups = attributes("MDBA_MDB", () => ({
  entry: [1, several(nest(mdbGroup)), "the entries of each group"],
}));

const routerPort = struct("mdb router port", { index: u32 });

/** A port with a multicast router behind it (MDBA_ROUTER_PATTR_*, linux/if_bridge.h). */
export const mdbRouterAttributes = attributes("MDBA_ROUTER_PATTR", () => ({
  timer: [1, clockTicks, "until it is no such port any more"],
  type: [2, multicastRouter, "how it became one"],
  inetTimer: [3, clockTicks, "the same for IPv4"],
  inet6Timer: [4, clockTicks, "the same for IPv6"],
  vid: [5, u16, "the VLAN that it is one in"],
}));

/** Ports with multicast routers behind them (MDBA_ROUTER_*, linux/if_bridge.h). */
export const mdbRouters = attributes("MDBA_ROUTER", () => ({
  port: [1, several(headed(routerPort, mdbRouterAttributes)), "the ports"],
}));

/** A bridge's multicast table, as the kernel tells it (MDBA_*, linux/if_bridge.h). */
export const mdbAttributes = attributes("MDBA", () => ({
  mdb: [1, nest(mdbGroups), "the groups"],
  router: [2, nest(mdbRouters), "ports with multicast routers behind them"],
}));

/** The ports with multicast routers behind them, where a bridge's whole table could stand. */
export const routerPorts = mapped(nest(mdbAttributes), {
  type: "nest of routers",
  words: "",
  toWire: (port: readonly MdbRouterValues[]) => ({ router: { port } }),
  fromWire: ({ router }) => router?.port ?? [],
  parse: unspoken("list of ports"),
});

/** A source of an entry that is set (MDBE_SRCATTR_*, linux/if_bridge.h). */
export const mdbSetSource = attributes("MDBE_SRCATTR", () => ({
  address: [1, internetAddress, "the source"],
}));

/** The sources of an entry that is set (MDBE_SRC_LIST_*, linux/if_bridge.h). */
export const mdbSetSources = attributes("MDBE_SRC_LIST", () => ({
  entry: [1, several(nest(mdbSetSource)), "the sources to be set"],
}));

/** What is said of an entry that is set (MDBE_ATTR_*, linux/if_bridge.h). */
export const mdbSetAttributes = attributes("MDBE_ATTR", () => ({
  source: [1, internetAddress, "the only source that the entry is for"],
  srcList: [2, nest(mdbSetSources), "the sources that are let through or kept out"],
  groupMode: [3, filterMode, "what is done with them"],
  rtprot: [4, routeProtocol, "who makes the entry"],
  dst: [5, internetAddress, "a tunnel's far end"],
  dstPort: [6, u16, "UDP port of the far end"],
  vni: [7, u32, "VNI at the far end"],
  ifindex: [8, u32, "index of the link that leads there"],
  srcVni: [9, u32, "VNI of the frames that the entry is for"],
  stateMask: [10, u8, "whether the state is compared, when many are deleted"],
}));

/** An entry that is set or deleted (MDBA_SET_*, linux/if_bridge.h). */
export const mdbSet = attributes("MDBA_SET", () => ({
  entry: [1, mdbEntry, "the entry"],
  attrs: [2, nest(mdbSetAttributes), "more of it", "MDBA_SET_ENTRY_ATTRS"],
}));

/** struct br_port_msg (linux/if_bridge.h). */
export const brPortMsg = struct("br_port_msg", { family: u8, index: u32 }, { gaps: { index: 3 } });

export type MdbHeader = StructValues<(typeof brPortMsg)["fields"]>;
export type MdbEntryValues = StructValues<(typeof mdbEntry)["fields"]> & Values<typeof mdbEntryAttributes>;
export type MdbRouterValues = { index: number } & Values<typeof mdbRouterAttributes>;
type MdbReport = MessageType<MdbHeader, (typeof mdbAttributes)["entries"]>;
type MdbChange = MessageType<MdbHeader, (typeof mdbSet)["entries"]>;

/** A message as the kernel sends it. */
function mdbReport(name: string, type: number): MdbReport {
  return messageType({ name, type, header: brPortMsg, attributes: mdbAttributes });
}

/** A message as the kernel takes it: it sends another one of that name and number. */
function mdbChange(name: string, type: number): MdbChange {
  mdbReport(name, type);
  return { name, type, header: brPortMsg, attributes: mdbSet };
}

export const RTM_NEWMDB = mdbChange("RTM_NEWMDB", 84);
export const RTM_DELMDB = mdbChange("RTM_DELMDB", 85);
/** Answered by messages of the same number. */
export const RTM_GETMDB = mdbReport("RTM_GETMDB", 86);
