import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { type Codec, flag, pad, readOnly, unreported, unspoken } from "../../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../../base/errors.js";
import { ipv4, ipv6, mac } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { clockTicks, clockTicks64, flag8, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { switches } from "../../../netlink/codecs/flag-switches.js";
import { alsoTyped, words } from "../../../netlink/codecs/words.js";
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
  ipAddress: [1, ipv4, "the IPv4 querier", { since: "5.15" }],
  ipPort: [2, u32, "index of the port behind which the IPv4 querier is", { since: "5.15" }],
  ipOtherTimer: [3, clockTicks64, "until another IPv4 querier is taken for gone", { since: "5.15" }],
  pad: [4, pad, "padding"],
  ipv6Address: [5, ipv6, "the IPv6 querier", { since: "5.15" }],
  ipv6Port: [6, u32, "index of the port behind which the IPv6 querier is", { since: "5.15" }],
  ipv6OtherTimer: [7, clockTicks64, "until another IPv6 querier is taken for gone", { since: "5.15" }],
}));

/** Who runs the spanning tree. Where it is typed, "on" is the kernel, as in brctl's `stp br0 on` where no other runs. */
const stpState = alsoTyped(words(u32, { off: 0, kernel: 1, user: 2 }), { on: "kernel" });

/** Options of a bridge (IFLA_BR_*, linux/if_link.h). Durations are milliseconds. */
export const bridge = attributes("IFLA_BR", () => ({
  forwardDelay: [1, clockTicks, "time in the listening and learning states", { since: "3.18", default: 15_000 }],
  helloTime: [2, clockTicks, "time between the root's hello packets", { since: "3.18", default: 2000 }],
  maxAge: [3, clockTicks, "time after which a silent root is taken for gone", { since: "3.18", default: 20_000 }],
  ageingTime: [
    4,
    clockTicks,
    "time after which a silent MAC is forgotten; 0 forgets at once",
    { since: "4.1", default: 300_000 },
  ],
  stpState: [5, stpState, "who runs the spanning tree", { since: "4.1", default: "off" }],
  priority: [
    6,
    u16,
    "the bridge's spanning tree priority; the lowest becomes the root",
    { since: "4.1", default: 32_768 },
  ],
  vlanFiltering: [7, flag8, "forward by VLAN membership", { since: "4.3", default: false }],
  vlanProtocol: [8, vlanProtocol, "the VLAN tag's protocol", { since: "4.3", default: "802.1Q" }],
  groupFwdMask: [9, u16, "which of 01-80-c2-00-00-0X are forwarded, a bit each", { since: "4.4", default: 0 }],
  rootId: [10, readOnly(bridgeId), "the spanning tree's root", { since: "4.4" }],
  bridgeId: [11, readOnly(bridgeId), "this bridge in the spanning tree", { since: "4.4" }],
  rootPort: [12, readOnly(u16), "number of the port that leads to the root", { since: "4.4" }],
  rootPathCost: [13, readOnly(u32), "cost of the path to the root", { since: "4.4" }],
  topologyChange: [14, readOnly(flag8), "the topology is changing", { since: "4.4" }],
  topologyChangeDetected: [15, readOnly(flag8), "this bridge detected a change", { since: "4.4" }],
  helloTimer: [16, readOnly(clockTicks64), "until the next hello packet", { since: "4.4" }],
  tcnTimer: [17, readOnly(clockTicks64), "until the next topology change notification", { since: "4.4" }],
  topologyChangeTimer: [18, readOnly(clockTicks64), "until the topology change ends", { since: "4.4" }],
  gcTimer: [19, readOnly(clockTicks64), "until old MACs are next collected", { since: "4.4" }],
  groupAddr: [20, mac, "the MAC that spanning tree packets go to", { since: "4.4", default: "01:80:c2:00:00:00" }],
  fdbFlush: [21, unreported(flag, "an order"), "forget all learned MACs now", { since: "4.4" }],
  mcastRouter: [
    22,
    multicastRouter,
    "whether the bridge itself counts as a multicast router",
    { since: "4.4", default: "tempQuery" },
  ],
  mcastSnooping: [23, flag8, "forward multicast to its members only", { since: "4.4", default: true }],
  mcastQueryUseIfaddr: [24, flag8, "query from the bridge's own IPv4 address", { since: "4.4", default: false }],
  mcastQuerier: [25, flag8, "send membership queries", { since: "4.4", default: false }],
  mcastHashElasticity: [26, u32, "ignored by the kernel since 4.20", { since: "4.4" }],
  mcastHashMax: [27, u32, "most multicast groups", { since: "4.4", default: 4096 }],
  mcastLastMemberCnt: [28, u32, "queries sent after a leave message", { since: "4.4", default: 2 }],
  mcastStartupQueryCnt: [29, u32, "queries sent at the start", { since: "4.4", default: 2 }],
  mcastLastMemberIntvl: [30, clockTicks64, "between queries after a leave message", { since: "4.4", default: 1000 }],
  mcastMembershipIntvl: [
    31,
    clockTicks64,
    "after which a silent member is dropped",
    { since: "4.4", default: 260_000 },
  ],
  mcastQuerierIntvl: [
    32,
    clockTicks64,
    "after which a silent querier is taken for gone",
    { since: "4.4", default: 255_000 },
  ],
  mcastQueryIntvl: [33, clockTicks64, "between membership queries", { since: "4.4", default: 125_000 }],
  mcastQueryResponseIntvl: [34, clockTicks64, "within which members answer", { since: "4.4", default: 10_000 }],
  mcastStartupQueryIntvl: [35, clockTicks64, "between queries at the start", { since: "4.4", default: 31_250 }],
  nfCallIptables: [36, flag8, "bridged IPv4 passes iptables", { since: "4.4", default: false }],
  nfCallIp6tables: [37, flag8, "bridged IPv6 passes ip6tables", { since: "4.4", default: false }],
  nfCallArptables: [38, flag8, "bridged ARP passes arptables", { since: "4.4", default: false }],
  vlanDefaultPvid: [39, u16, "VLAN that a new port gets, 0 for none", { since: "4.4", default: 1 }],
  pad: [40, pad, "padding"],
  vlanStatsEnabled: [41, flag8, "count per VLAN", { since: "4.7", default: false }],
  mcastStatsEnabled: [42, flag8, "count multicast control packets", { since: "4.8", default: false }],
  mcastIgmpVersion: [43, u8, "2 or 3", { since: "4.10", default: 2 }],
  mcastMldVersion: [44, u8, "1 or 2", { since: "4.10", default: 1 }],
  vlanStatsPerPort: [
    45,
    flag8,
    "count per VLAN and port; only while no port has VLANs",
    { since: "4.20", default: false },
  ],
  multiBoolopt: [46, booleanOptions, "further options, on or off each", { since: "5.0" }],
  mcastQuerierState: [47, readOnly(nest(bridgeQuerier)), "the queriers in the network", { since: "5.15" }],
  fdbNLearned: [48, readOnly(u32), "MACs learned now", { since: "6.7" }],
  fdbMaxLearned: [49, u32, "most MACs that are learned, 0 for no limit", { since: "6.7", default: 0 }],
  stpMode: [
    50,
    words(u32, { auto: 0, user: 1, kernel: 2 }),
    "how stpState on chooses who runs the spanning tree",
    { since: "7.1", default: "auto" },
  ],
}));

/** Options of a bridge; durations are milliseconds. */
export type BridgeOptions = Values<typeof bridge>;
