import { attributes } from "../../../netlink/codecs/attributes.js";
import { raw, rawOf, readOnly } from "../../../netlink/codecs/codec.js";
import { ipv4, ipv6, mac } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { be16, be32, flag8, limited, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { bits, namedNumbers } from "../../../netlink/codecs/words.js";
import { actions } from "../actions/action.js";
import { trafficHandle } from "../traffic-handle.js";
import { filterFlags } from "./matchall.js";
import { nameText } from "../../../netlink/codecs/link-name.js";

/** What an Ethernet frame carries (ETH_P_*, linux/if_ether.h). */
export const etherType = namedNumbers(be16, {
  all: 0x0003,
  ip: 0x0800,
  arp: 0x0806,
  "802.1Q": 0x8100,
  ipv6: 0x86dd,
  pppoe: 0x8864,
  mpls: 0x8847,
  "802.1ad": 0x88a8,
  lldp: 0x88cc,
});

/** What an IP packet carries (IPPROTO_*, netinet/in.h). */
export const ipProtocol = namedNumbers(u8, { icmp: 1, tcp: 6, udp: 17, gre: 47, icmpv6: 58, sctp: 132 });

/** How a packet is fragmented, and what holds for its tunnel (TCA_FLOWER_KEY_FLAGS_*, linux/pkt_cls.h). */
export const controlFlags = bits(be32, {
  isFragment: 0x1,
  fragIsFirst: 0x2,
  tunnelCsum: 0x4,
  tunnelDontFragment: 0x8,
  tunnelOam: 0x10,
  tunnelCritOpt: 0x20,
});

/** The state of a connection (TCA_FLOWER_KEY_CT_FLAGS_*, linux/pkt_cls.h). */
export const connectionState = bits(u16, {
  new: 0x1,
  established: 0x2,
  related: 0x4,
  tracked: 0x8,
  invalid: 0x10,
  reply: 0x20,
});

/** A connectivity fault message (TCA_FLOWER_KEY_CFM_*, linux/pkt_cls.h). */
export const flowerCfm = attributes("TCA_FLOWER_KEY_CFM", () => ({
  mdLevel: [1, u8, "the maintenance domain's level", { since: "6.5" }],
  opcode: [2, u8, "the message's kind", { since: "6.5" }],
}));

/** The filter that compares fields of the packet (TCA_FLOWER_*, linux/pkt_cls.h). A field without its mask is compared whole. */
export const flower = attributes("TCA_FLOWER", () => ({
  classid: [1, trafficHandle, "the class that packets go to", { since: "4.2" }],
  indev: [2, nameText(15), "name of the link that packets must have come in by", { since: "4.2" }],
  actions: [3, actions, "what is done with packets, in this order", { name: "TCA_FLOWER_ACT", since: "4.2" }],
  keyEthDst: [4, mac, "the destination MAC", { since: "4.2" }],
  keyEthDstMask: [5, mac, "its mask; all of it unless given", { since: "4.2" }],
  keyEthSrc: [6, mac, "the source MAC", { since: "4.2" }],
  keyEthSrcMask: [7, mac, "its mask; all of it unless given", { since: "4.2" }],
  keyEthType: [8, etherType, "what the frame carries", { since: "4.2" }],
  keyIpProto: [9, ipProtocol, "what the IP packet carries", { since: "4.2" }],
  keyIpv4Src: [10, ipv4, "the source address", { name: "TCA_FLOWER_KEY_IPV4_SRC", since: "4.2" }],
  keyIpv4SrcMask: [11, ipv4, "its mask", { name: "TCA_FLOWER_KEY_IPV4_SRC_MASK", since: "4.2" }],
  keyIpv4Dst: [12, ipv4, "the destination address", { name: "TCA_FLOWER_KEY_IPV4_DST", since: "4.2" }],
  keyIpv4DstMask: [13, ipv4, "its mask", { name: "TCA_FLOWER_KEY_IPV4_DST_MASK", since: "4.2" }],
  keyIpv6Src: [14, ipv6, "the source address", { name: "TCA_FLOWER_KEY_IPV6_SRC", since: "4.2" }],
  keyIpv6SrcMask: [15, ipv6, "its mask", { name: "TCA_FLOWER_KEY_IPV6_SRC_MASK", since: "4.2" }],
  keyIpv6Dst: [16, ipv6, "the destination address", { name: "TCA_FLOWER_KEY_IPV6_DST", since: "4.2" }],
  keyIpv6DstMask: [17, ipv6, "its mask", { name: "TCA_FLOWER_KEY_IPV6_DST_MASK", since: "4.2" }],
  keyTcpSrc: [18, be16, "the TCP source port", { since: "4.2" }],
  keyTcpDst: [19, be16, "the TCP destination port", { since: "4.2" }],
  keyUdpSrc: [20, be16, "the UDP source port", { since: "4.2" }],
  keyUdpDst: [21, be16, "the UDP destination port", { since: "4.2" }],
  flags: [22, filterFlags, "whether hardware does it", { since: "4.6" }],
  keyVlanId: [23, limited(u16, 0, 4095), "the VLAN", { since: "4.9" }],
  keyVlanPrio: [24, limited(u8, 0, 7), "the VLAN priority", { since: "4.9" }],
  keyVlanEthType: [25, etherType, "what the tag is followed by", { since: "4.9" }],
  keyEncKeyId: [26, be32, "the tunnel's key, such as a VNI", { since: "4.9" }],
  keyEncIpv4Src: [27, ipv4, "the tunnel's source address", { name: "TCA_FLOWER_KEY_ENC_IPV4_SRC", since: "4.9" }],
  keyEncIpv4SrcMask: [28, ipv4, "its mask", { name: "TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK", since: "4.9" }],
  keyEncIpv4Dst: [29, ipv4, "the tunnel's destination address", { name: "TCA_FLOWER_KEY_ENC_IPV4_DST", since: "4.9" }],
  keyEncIpv4DstMask: [30, ipv4, "its mask", { name: "TCA_FLOWER_KEY_ENC_IPV4_DST_MASK", since: "4.9" }],
  keyEncIpv6Src: [31, ipv6, "the tunnel's source address", { name: "TCA_FLOWER_KEY_ENC_IPV6_SRC", since: "4.9" }],
  keyEncIpv6SrcMask: [32, ipv6, "its mask", { name: "TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK", since: "4.9" }],
  keyEncIpv6Dst: [33, ipv6, "the tunnel's destination address", { name: "TCA_FLOWER_KEY_ENC_IPV6_DST", since: "4.9" }],
  keyEncIpv6DstMask: [34, ipv6, "its mask", { name: "TCA_FLOWER_KEY_ENC_IPV6_DST_MASK", since: "4.9" }],
  keyTcpSrcMask: [35, be16, "its mask", { since: "4.9" }],
  keyTcpDstMask: [36, be16, "its mask", { since: "4.9" }],
  keyUdpSrcMask: [37, be16, "its mask", { since: "4.9" }],
  keyUdpDstMask: [38, be16, "its mask", { since: "4.9" }],
  keySctpSrcMask: [39, be16, "its mask", { since: "4.10" }],
  keySctpDstMask: [40, be16, "its mask", { since: "4.10" }],
  keySctpSrc: [41, be16, "the SCTP source port", { since: "4.10" }],
  keySctpDst: [42, be16, "the SCTP destination port", { since: "4.10" }],
  keyEncUdpSrcPort: [43, be16, "the tunnel's source port", { since: "4.10" }],
  keyEncUdpSrcPortMask: [44, be16, "its mask", { since: "4.10" }],
  keyEncUdpDstPort: [45, be16, "the tunnel's destination port", { since: "4.10" }],
  keyEncUdpDstPortMask: [46, be16, "its mask", { since: "4.10" }],
  keyFlags: [47, controlFlags, "how the packet is fragmented, and what holds for its tunnel", { since: "4.10" }],
  keyFlagsMask: [48, controlFlags, "which of them are compared", { since: "4.10" }],
  keyIcmpv4Code: [49, u8, "the ICMPv4 code", { name: "TCA_FLOWER_KEY_ICMPV4_CODE", since: "4.10" }],
  keyIcmpv4CodeMask: [50, u8, "its mask", { name: "TCA_FLOWER_KEY_ICMPV4_CODE_MASK", since: "4.10" }],
  keyIcmpv4Type: [51, u8, "the ICMPv4 type", { name: "TCA_FLOWER_KEY_ICMPV4_TYPE", since: "4.10" }],
  keyIcmpv4TypeMask: [52, u8, "its mask", { name: "TCA_FLOWER_KEY_ICMPV4_TYPE_MASK", since: "4.10" }],
  keyIcmpv6Code: [53, u8, "the ICMPv6 code", { name: "TCA_FLOWER_KEY_ICMPV6_CODE", since: "4.10" }],
  keyIcmpv6CodeMask: [54, u8, "its mask", { name: "TCA_FLOWER_KEY_ICMPV6_CODE_MASK", since: "4.10" }],
  keyIcmpv6Type: [55, u8, "the ICMPv6 type", { name: "TCA_FLOWER_KEY_ICMPV6_TYPE", since: "4.10" }],
  keyIcmpv6TypeMask: [56, u8, "its mask", { name: "TCA_FLOWER_KEY_ICMPV6_TYPE_MASK", since: "4.10" }],
  keyArpSip: [57, ipv4, "the ARP sender's address", { since: "4.11" }],
  keyArpSipMask: [58, ipv4, "its mask", { since: "4.11" }],
  keyArpTip: [59, ipv4, "the ARP target's address", { since: "4.11" }],
  keyArpTipMask: [60, ipv4, "its mask", { since: "4.11" }],
  keyArpOp: [61, u8, "the ARP operation: 1 asks, 2 answers", { since: "4.11" }],
  keyArpOpMask: [62, u8, "its mask", { since: "4.11" }],
  keyArpSha: [63, mac, "the ARP sender's MAC", { since: "4.11" }],
  keyArpShaMask: [64, mac, "its mask", { since: "4.11" }],
  keyArpTha: [65, mac, "the ARP target's MAC", { since: "4.11" }],
  keyArpThaMask: [66, mac, "its mask", { since: "4.11" }],
  keyMplsTtl: [67, u8, "the MPLS time to live", { since: "4.12" }],
  keyMplsBos: [68, u8, "the MPLS bottom of the stack", { since: "4.12" }],
  keyMplsTc: [69, u8, "the MPLS traffic class", { since: "4.12" }],
  keyMplsLabel: [70, u32, "the MPLS label", { since: "4.12" }],
  keyTcpFlags: [71, be16, "the TCP flags", { since: "4.13" }],
  keyTcpFlagsMask: [72, be16, "which of them are compared", { since: "4.13" }],
  keyIpTos: [73, u8, "the DS field", { since: "4.13" }],
  keyIpTosMask: [74, u8, "its mask", { since: "4.13" }],
  keyIpTtl: [75, u8, "the time to live", { since: "4.13" }],
  keyIpTtlMask: [76, u8, "its mask", { since: "4.13" }],
  keyCvlanId: [77, limited(u16, 0, 4095), "the inner VLAN", { since: "4.19" }],
  keyCvlanPrio: [78, limited(u8, 0, 7), "the inner VLAN priority", { since: "4.19" }],
  keyCvlanEthType: [79, etherType, "what the inner tag is followed by", { since: "4.19" }],
  keyEncIpTos: [80, u8, "the tunnel's DS field", { since: "4.19" }],
  keyEncIpTosMask: [81, u8, "its mask", { since: "4.19" }],
  keyEncIpTtl: [82, u8, "the tunnel's time to live", { since: "4.19" }],
  keyEncIpTtlMask: [83, u8, "its mask", { since: "4.19" }],
  keyEncOpts: [84, raw, "options in the tunnel's header", { since: "4.19" }],
  keyEncOptsMask: [85, raw, "their mask", { since: "4.19" }],
  inHwCount: [86, readOnly(u32), "devices that have it in hardware", { since: "4.20" }],
  keyPortSrcMin: [87, be16, "the lowest source port", { since: "5.0" }],
  keyPortSrcMax: [88, be16, "the highest source port", { since: "5.0" }],
  keyPortDstMin: [89, be16, "the lowest destination port", { since: "5.0" }],
  keyPortDstMax: [90, be16, "the highest destination port", { since: "5.0" }],
  keyCtState: [91, connectionState, "the state of the connection", { since: "5.3" }],
  keyCtStateMask: [92, connectionState, "which of it is compared", { since: "5.3" }],
  keyCtZone: [93, u16, "the connection's zone", { since: "5.3" }],
  keyCtZoneMask: [94, u16, "its mask", { since: "5.3" }],
  keyCtMark: [95, u32, "the connection's mark", { since: "5.3" }],
  keyCtMarkMask: [96, u32, "its mask", { since: "5.3" }],
  keyCtLabels: [97, rawOf(16), "the connection's labels, 16 bytes", { since: "5.3" }],
  keyCtLabelsMask: [98, rawOf(16), "their mask", { since: "5.3" }],
  keyMplsOpts: [99, raw, "several MPLS labels", { since: "5.8" }],
  keyHash: [100, u32, "the packet's hash", { since: "5.9" }],
  keyHashMask: [101, u32, "its mask", { since: "5.9" }],
  keyNumOfVlans: [102, u8, "how many VLAN tags there are", { since: "5.19" }],
  keyPppoeSid: [103, be16, "the PPPoE session", { since: "6.0" }],
  keyPppProto: [104, be16, "what the PPP frame carries", { since: "6.0" }],
  keyL2tpv3Sid: [105, be32, "the L2TPv3 session", { name: "TCA_FLOWER_KEY_L2TPV3_SID", since: "6.1" }],
  l2Miss: [106, flag8, "no entry of the forwarding table led the packet", { name: "TCA_FLOWER_L2_MISS", since: "6.5" }],
  keyCfm: [107, nest(flowerCfm), "a connectivity fault message", { since: "6.5" }],
  keySpi: [108, be32, "the IPsec security parameters index", { since: "6.6" }],
  keySpiMask: [109, be32, "its mask", { since: "6.6" }],
  keyEncFlags: [110, controlFlags, "what holds for the tunnel's packet", { since: "6.11" }],
  keyEncFlagsMask: [111, controlFlags, "which of it is compared", { since: "6.11" }],
}));
