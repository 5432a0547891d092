import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { type Codec, flag, pad, readOnly, unreported, unspoken } from "../../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../../base/errors.js";
import { ipv4, ipv6, mac } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { clockTicks, clockTicks64, flag8, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { switches } from "../../../netlink/codecs/flag-switches.js";
import { words } from "../../../netlink/codecs/words.js";
import { vlanProtocol } from "../../protocol/vlan-protocol.js";

/** struct ifla_bridge_id: a priority and a MAC, written as brctl does: "8000.525400123456". */
export const bridgeId: Codec<string> = {
  type: "struct ifla_bridge_id",
  words: "PRIORITY.MAC",
  size: 8,
  write(writer, value) {
    if (typeof value !== "string" || !/^[0-9a-f]{4}\.[0-9a-f]{12}$/i.test(value))
      throw new InputError(`${quoted(value)} is not a bridge's id such as 8000.525400123456`);
    writer.raw(Buffer.from(value.replace(".", ""), "hex"));
  },
  read({ buffer }, offset, length) {
    if (length !== 8) return undefined;
    const hex = buffer.toString("hex", offset, offset + 8);
    return `${hex.slice(0, 4)}.${hex.slice(4)}`;
  },
  parse: unspoken("bridge id"),
};

/** Who may send multicast to routers through a bridge or a port (MDB_RTR_TYPE_*, linux/if_bridge.h). */
export const multicastRouter = words(u8, { disabled: 0, tempQuery: 1, perm: 2, temp: 3 });

/** Further switches of a bridge: bit BR_BOOLOPT_* each (linux/if_bridge.h). */
const booleanOptions = switches("struct br_boolopt_multi", {
  noLlLearn: 1 << 0,
  mcastVlanSnooping: 1 << 1,
  mstEnable: 1 << 2,
  mdbOffloadFailNotification: 1 << 3,
  fdbLocalVlan0: 1 << 4,
});

/** Who asks for multicast memberships (BRIDGE_QUERIER_*, linux/if_bridge.h). Times are milliseconds. */
export const bridgeQuerier = attributes("BRIDGE_QUERIER", () => ({
  ipAddress: [1, ipv4, "the IPv4 querier"],
  ipPort: [2, u32, "index of the port behind which the IPv4 querier is"],
  ipOtherTimer: [3, clockTicks64, "until another IPv4 querier is taken for gone"],
  pad: [4, pad, "padding"],
  ipv6Address: [5, ipv6, "the IPv6 querier"],
  ipv6Port: [6, u32, "index of the port behind which the IPv6 querier is"],
  ipv6OtherTimer: [7, clockTicks64, "until another IPv6 querier is taken for gone"],
}));

const stpWords = words(u32, { off: 0, kernel: 1, user: 2 });

/** Who runs the spanning tree. Where it is typed, "on" is the kernel, as in brctl's `stp br0 on` where no other runs. */
const stpState = { ...stpWords, parse: (word: string) => stpWords.parse(word === "on" ? "kernel" : word) };

/** Options of a bridge (IFLA_BR_*, linux/if_link.h). Durations are milliseconds. */
export const bridge = attributes("IFLA_BR", () => ({
  forwardDelay: [1, clockTicks, "time in the listening and learning states"],
  helloTime: [2, clockTicks, "time between the root's hello packets"],
  maxAge: [3, clockTicks, "time after which a silent root is taken for gone"],
  ageingTime: [4, clockTicks, "time after which a silent MAC is forgotten; 0 forgets at once"],
  stpState: [5, stpState, "who runs the spanning tree"],
  priority: [6, u16, "the bridge's spanning tree priority; the lowest becomes the root"],
  vlanFiltering: [7, flag8, "forward by VLAN membership"],
  vlanProtocol: [8, vlanProtocol, "the VLAN tag's protocol"],
  groupFwdMask: [9, u16, "which of 01-80-c2-00-00-0X are forwarded, a bit each"],
  rootId: [10, readOnly(bridgeId), "the spanning tree's root"],
  bridgeId: [11, readOnly(bridgeId), "this bridge in the spanning tree"],
  rootPort: [12, readOnly(u16), "number of the port that leads to the root"],
  rootPathCost: [13, readOnly(u32), "cost of the path to the root"],
  topologyChange: [14, readOnly(flag8), "the topology is changing"],
  topologyChangeDetected: [15, readOnly(flag8), "this bridge detected a change"],
  helloTimer: [16, readOnly(clockTicks64), "until the next hello packet"],
  tcnTimer: [17, readOnly(clockTicks64), "until the next topology change notification"],
  topologyChangeTimer: [18, readOnly(clockTicks64), "until the topology change ends"],
  gcTimer: [19, readOnly(clockTicks64), "until old MACs are next collected"],
  groupAddr: [20, mac, "the MAC that spanning tree packets go to"],
  fdbFlush: [21, unreported(flag, "an order"), "forget all learned MACs now"],
  mcastRouter: [22, multicastRouter, "whether the bridge itself counts as a multicast router"],
  mcastSnooping: [23, flag8, "forward multicast to its members only"],
  mcastQueryUseIfaddr: [24, flag8, "query from the bridge's own IPv4 address"],
  mcastQuerier: [25, flag8, "send membership queries"],
  mcastHashElasticity: [26, u32, "ignored by the kernel since 4.20"],
  mcastHashMax: [27, u32, "most multicast groups"],
  mcastLastMemberCnt: [28, u32, "queries sent after a leave message"],
  mcastStartupQueryCnt: [29, u32, "queries sent at the start"],
  mcastLastMemberIntvl: [30, clockTicks64, "between queries after a leave message"],
  mcastMembershipIntvl: [31, clockTicks64, "after which a silent member is dropped"],
  mcastQuerierIntvl: [32, clockTicks64, "after which a silent querier is taken for gone"],
  mcastQueryIntvl: [33, clockTicks64, "between membership queries"],
  mcastQueryResponseIntvl: [34, clockTicks64, "within which members answer"],
  mcastStartupQueryIntvl: [35, clockTicks64, "between queries at the start"],
  nfCallIptables: [36, flag8, "bridged IPv4 passes iptables"],
  nfCallIp6tables: [37, flag8, "bridged IPv6 passes ip6tables"],
  nfCallArptables: [38, flag8, "bridged ARP passes arptables"],
  vlanDefaultPvid: [39, u16, "VLAN that a new port gets, 0 for none"],
  pad: [40, pad, "padding"],
  vlanStatsEnabled: [41, flag8, "count per VLAN"],
  mcastStatsEnabled: [42, flag8, "count multicast control packets"],
  mcastIgmpVersion: [43, u8, "2 or 3"],
  mcastMldVersion: [44, u8, "1 or 2"],
  vlanStatsPerPort: [45, flag8, "count per VLAN and port; only while no port has VLANs"],
  multiBoolopt: [46, booleanOptions, "further options, on or off each"],
  mcastQuerierState: [47, readOnly(nest(bridgeQuerier)), "the queriers in the network"],
  fdbNLearned: [48, readOnly(u32), "MACs learned now"],
  fdbMaxLearned: [49, u32, "most MACs that are learned, 0 for no limit"],
  stpMode: [50, words(u32, { auto: 0, user: 1, kernel: 2 }), "how stpState on chooses who runs the spanning tree"],
}));

/** Options of a bridge; durations are milliseconds. */
export type BridgeOptions = Values<typeof bridge>;
