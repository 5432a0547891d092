import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { pad, readOnly, several } from "../../netlink/codecs/codec.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { clockTicks64, count64, flag8, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { bridgeQuerier, multicastRouter } from "../link/kinds/bridge.js";
import { portState } from "../link/kinds/bridge-port.js";
import { routerPorts } from "./mdb.js";
import { messageType } from "../protocol/message-types.js";

/** What a VLAN is to a port (BRIDGE_VLAN_INFO_*, linux/if_bridge.h). */
export const vlanFlags = bits(u16, {
  master: 0x1,
  pvid: 0x2,
  untagged: 0x4,
  rangeBegin: 0x8,
  rangeEnd: 0x10,
  brentry: 0x20,
  onlyOpts: 0x40,
});

/** struct bridge_vlan_info (linux/if_bridge.h). */
export const bridgeVlanInfo = struct("bridge_vlan_info", { flags: vlanFlags, vid: u16 });

/** struct br_vlan_msg (linux/if_bridge.h): what stands before the attributes of the VLAN database. */
export const brVlanMsg = struct("br_vlan_msg", { family: u8, ifindex: u32 }, { gaps: { ifindex: 3 } });

/** Counters of a VLAN (BRIDGE_VLANDB_STATS_*, linux/if_bridge.h). */
export const vlanStatistics = attributes("BRIDGE_VLANDB_STATS", () => ({
  rxBytes: [1, readOnly(count64), "bytes received"],
  rxPackets: [2, readOnly(count64), "packets received"],
  txBytes: [3, readOnly(count64), "bytes sent"],
  txPackets: [4, readOnly(count64), "packets sent"],
  pad: [5, pad, "padding"],
}));

/** The tunnel that a VLAN is mapped to (BRIDGE_VLANDB_TINFO_*, linux/if_bridge.h). */
export const vlanTunnel = attributes("BRIDGE_VLANDB_TINFO", () => ({
  id: [1, u32, "the tunnel's id, such as a VXLAN's; the first of a range"],
  cmd: [2, words(u32, { delete: 17, set: 19 }), "map it, or no longer"],
}));

/** A VLAN, or a range of like ones, of a port or a bridge (BRIDGE_VLANDB_ENTRY_*, linux/if_bridge.h). */
export const vlanEntry = attributes("BRIDGE_VLANDB_ENTRY", () => ({
  info: [1, bridgeVlanInfo, "the VLAN and its flags"],
  range: [2, u16, "the last VLAN of the range"],
  state: [3, portState, "spanning tree state of the VLAN"],
  tunnelInfo: [4, nest(vlanTunnel), "the tunnel that it is mapped to"],
  stats: [5, readOnly(nest(vlanStatistics)), "counters"],
  mcastRouter: [6, multicastRouter, "whether a multicast router is behind the port, in this VLAN"],
  mcastNGroups: [7, readOnly(u32), "multicast groups on the port, in this VLAN"],
  mcastMaxGroups: [8, u32, "most multicast groups, 0 for no limit"],
  neighSuppress: [9, flag8, "ARP and neighbour discovery are answered by the bridge, in this VLAN"],
}));

/** Options of a VLAN in its bridge (BRIDGE_VLANDB_GOPTS_*, linux/if_bridge.h). Durations are milliseconds. */
export const vlanGlobalOptions = attributes("BRIDGE_VLANDB_GOPTS", () => ({
  id: [1, u16, "the VLAN, 1 to 4094"],
  range: [2, u16, "the last VLAN of the range"],
  mcastSnooping: [3, flag8, "forward multicast to its members only"],
  mcastIgmpVersion: [4, u8, "2 or 3"],
  mcastMldVersion: [5, u8, "1 or 2"],
  mcastLastMemberCnt: [6, u32, "queries sent after a leave message"],
  mcastStartupQueryCnt: [7, u32, "queries sent at the start"],
  mcastLastMemberIntvl: [8, clockTicks64, "between queries after a leave message"],
  pad: [9, pad, "padding"],
  mcastMembershipIntvl: [10, clockTicks64, "after which a silent member is dropped"],
  mcastQuerierIntvl: [11, clockTicks64, "after which a silent querier is taken for gone"],
  mcastQueryIntvl: [12, clockTicks64, "between membership queries"],
  mcastQueryResponseIntvl: [13, clockTicks64, "within which members answer"],
  mcastStartupQueryIntvl: [14, clockTicks64, "between queries at the start"],
  mcastQuerier: [15, flag8, "send membership queries"],
  mcastRouterPorts: [16, readOnly(routerPorts), "the ports behind which multicast routers are"],
  mcastQuerierState: [17, readOnly(nest(bridgeQuerier)), "the queriers in the VLAN"],
  msti: [18, u16, "the multiple spanning tree instance that the VLAN belongs to"],
}));

/** The VLAN database (BRIDGE_VLANDB_*, linux/if_bridge.h). */
export const vlanDatabase = attributes("BRIDGE_VLANDB", () => ({
  entry: [1, several(nest(vlanEntry)), "VLANs of a port or a bridge"],
  globalOptions: [2, several(nest(vlanGlobalOptions)), "options of VLANs in their bridge"],
}));

/** What is asked for of the VLAN database (BRIDGE_VLANDB_DUMP_*, linux/if_bridge.h). */
export const vlanDump = attributes("BRIDGE_VLANDB_DUMP", () => ({
  flags: [1, bits(u32, { stats: 0x1, global: 0x2 }), "counters, too; the bridges' options instead"],
}));

export type VlanHeader = StructValues<(typeof brVlanMsg)["fields"]>;
export type VlanFlag = StructValues<(typeof bridgeVlanInfo)["fields"]>["flags"][number];
export type VlanEntryValues = Values<typeof vlanEntry>;
export type VlanGlobalValues = Values<typeof vlanGlobalOptions>;

type VlanMessageType = MessageType<VlanHeader, (typeof vlanDatabase)["entries"]>;

function vlanMessage(name: string, type: number): VlanMessageType {
  return messageType({ name, type, header: brVlanMsg, attributes: vlanDatabase });
}

export const RTM_NEWVLAN = vlanMessage("RTM_NEWVLAN", 112);
export const RTM_DELVLAN = vlanMessage("RTM_DELVLAN", 113);
export const RTM_GETVLAN: MessageType<VlanHeader, (typeof vlanDump)["entries"]> = messageType({
  name: "RTM_GETVLAN",
  type: 114,
  header: brVlanMsg,
  attributes: vlanDump,
});
