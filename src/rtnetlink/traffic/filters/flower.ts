import { attributes } from "../../../netlink/codecs/attributes.js";
import { raw, rawOf, readOnly } from "../../../netlink/codecs/codec.js";
import { ipv4, ipv6, mac } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { be16, be32, flag8, limited, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../netlink/codecs/words.js";
import { actions } from "../actions/action.js";
import { trafficHandle } from "../traffic-handle.js";
import { filterFlags } from "./matchall.js";
import { nameText } from "../../../netlink/codecs/link-name.js";

/** What an Ethernet frame carries (ETH_P_*, linux/if_ether.h). */
export const etherType = words(be16, {
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
export const ipProtocol = words(u8, { icmp: 1, tcp: 6, udp: 17, gre: 47, icmpv6: 58, sctp: 132 });

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
  mdLevel: [1, u8, "the maintenance domain's level"],
  opcode: [2, u8, "the message's kind"],
}));

/** The filter that compares fields of the packet (TCA_FLOWER_*, linux/pkt_cls.h). A field without its mask is compared whole. */
export const flower = attributes("TCA_FLOWER", () => ({
  classid: [1, trafficHandle, "the class that packets go to"],
  indev: [2, nameText(15), "name of the link that packets must have come in by"],
  actions: [3, actions, "what is done with packets, in this order", "TCA_FLOWER_ACT"],
  keyEthDst: [4, mac, "the destination MAC"],
  keyEthDstMask: [5, mac, "its mask; all of it unless given"],
  keyEthSrc: [6, mac, "the source MAC"],
  keyEthSrcMask: [7, mac, "its mask; all of it unless given"],
  keyEthType: [8, etherType, "what the frame carries"],
  keyIpProto: [9, ipProtocol, "what the IP packet carries"],
  keyIpv4Src: [10, ipv4, "the source address", "TCA_FLOWER_KEY_IPV4_SRC"],
  keyIpv4SrcMask: [11, ipv4, "its mask", "TCA_FLOWER_KEY_IPV4_SRC_MASK"],
  keyIpv4Dst: [12, ipv4, "the destination address", "TCA_FLOWER_KEY_IPV4_DST"],
  keyIpv4DstMask: [13, ipv4, "its mask", "TCA_FLOWER_KEY_IPV4_DST_MASK"],
  keyIpv6Src: [14, ipv6, "the source address", "TCA_FLOWER_KEY_IPV6_SRC"],
  keyIpv6SrcMask: [15, ipv6, "its mask", "TCA_FLOWER_KEY_IPV6_SRC_MASK"],
  keyIpv6Dst: [16, ipv6, "the destination address", "TCA_FLOWER_KEY_IPV6_DST"],
  keyIpv6DstMask: [17, ipv6, "its mask", "TCA_FLOWER_KEY_IPV6_DST_MASK"],
  keyTcpSrc: [18, be16, "the TCP source port"],
  keyTcpDst: [19, be16, "the TCP destination port"],
  keyUdpSrc: [20, be16, "the UDP source port"],
  keyUdpDst: [21, be16, "the UDP destination port"],
  flags: [22, filterFlags, "whether hardware does it"],
  keyVlanId: [23, limited(u16, 0, 4095), "the VLAN"],
  keyVlanPrio: [24, limited(u8, 0, 7), "the VLAN priority"],
  keyVlanEthType: [25, etherType, "what the tag is followed by"],
  keyEncKeyId: [26, be32, "the tunnel's key, such as a VNI"],
  keyEncIpv4Src: [27, ipv4, "the tunnel's source address", "TCA_FLOWER_KEY_ENC_IPV4_SRC"],
  keyEncIpv4SrcMask: [28, ipv4, "its mask", "TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK"],
  keyEncIpv4Dst: [29, ipv4, "the tunnel's destination address", "TCA_FLOWER_KEY_ENC_IPV4_DST"],
  keyEncIpv4DstMask: [30, ipv4, "its mask", "TCA_FLOWER_KEY_ENC_IPV4_DST_MASK"],
  keyEncIpv6Src: [31, ipv6, "the tunnel's source address", "TCA_FLOWER_KEY_ENC_IPV6_SRC"],
  keyEncIpv6SrcMask: [32, ipv6, "its mask", "TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK"],
  keyEncIpv6Dst: [33, ipv6, "the tunnel's destination address", "TCA_FLOWER_KEY_ENC_IPV6_DST"],
  keyEncIpv6DstMask: [34, ipv6, "its mask", "TCA_FLOWER_KEY_ENC_IPV6_DST_MASK"],
  keyTcpSrcMask: [35, be16, "its mask"],
  keyTcpDstMask: [36, be16, "its mask"],
  keyUdpSrcMask: [37, be16, "its mask"],
  keyUdpDstMask: [38, be16, "its mask"],
  keySctpSrcMask: [39, be16, "its mask"],
  keySctpDstMask: [40, be16, "its mask"],
  keySctpSrc: [41, be16, "the SCTP source port"],
  keySctpDst: [42, be16, "the SCTP destination port"],
  keyEncUdpSrcPort: [43, be16, "the tunnel's source port"],
  keyEncUdpSrcPortMask: [44, be16, "its mask"],
  keyEncUdpDstPort: [45, be16, "the tunnel's destination port"],
  keyEncUdpDstPortMask: [46, be16, "its mask"],
  keyFlags: [47, controlFlags, "how the packet is fragmented, and what holds for its tunnel"],
  keyFlagsMask: [48, controlFlags, "which of them are compared"],
  keyIcmpv4Code: [49, u8, "the ICMPv4 code", "TCA_FLOWER_KEY_ICMPV4_CODE"],
  keyIcmpv4CodeMask: [50, u8, "its mask", "TCA_FLOWER_KEY_ICMPV4_CODE_MASK"],
  keyIcmpv4Type: [51, u8, "the ICMPv4 type", "TCA_FLOWER_KEY_ICMPV4_TYPE"],
  keyIcmpv4TypeMask: [52, u8, "its mask", "TCA_FLOWER_KEY_ICMPV4_TYPE_MASK"],
  keyIcmpv6Code: [53, u8, "the ICMPv6 code", "TCA_FLOWER_KEY_ICMPV6_CODE"],
  keyIcmpv6CodeMask: [54, u8, "its mask", "TCA_FLOWER_KEY_ICMPV6_CODE_MASK"],
  keyIcmpv6Type: [55, u8, "the ICMPv6 type", "TCA_FLOWER_KEY_ICMPV6_TYPE"],
  keyIcmpv6TypeMask: [56, u8, "its mask", "TCA_FLOWER_KEY_ICMPV6_TYPE_MASK"],
  keyArpSip: [57, ipv4, "the ARP sender's address"],
  keyArpSipMask: [58, ipv4, "its mask"],
  keyArpTip: [59, ipv4, "the ARP target's address"],
  keyArpTipMask: [60, ipv4, "its mask"],
  keyArpOp: [61, u8, "the ARP operation: 1 asks, 2 answers"],
  keyArpOpMask: [62, u8, "its mask"],
  keyArpSha: [63, mac, "the ARP sender's MAC"],
  keyArpShaMask: [64, mac, "its mask"],
  keyArpTha: [65, mac, "the ARP target's MAC"],
  keyArpThaMask: [66, mac, "its mask"],
  keyMplsTtl: [67, u8, "the MPLS time to live"],
  keyMplsBos: [68, u8, "the MPLS bottom of the stack"],
  keyMplsTc: [69, u8, "the MPLS traffic class"],
  keyMplsLabel: [70, u32, "the MPLS label"],
  keyTcpFlags: [71, be16, "the TCP flags"],
  keyTcpFlagsMask: [72, be16, "which of them are compared"],
  keyIpTos: [73, u8, "the DS field"],
  keyIpTosMask: [74, u8, "its mask"],
  keyIpTtl: [75, u8, "the time to live"],
  keyIpTtlMask: [76, u8, "its mask"],
  keyCvlanId: [77, limited(u16, 0, 4095), "the inner VLAN"],
  keyCvlanPrio: [78, limited(u8, 0, 7), "the inner VLAN priority"],
  keyCvlanEthType: [79, etherType, "what the inner tag is followed by"],
  keyEncIpTos: [80, u8, "the tunnel's DS field"],
  keyEncIpTosMask: [81, u8, "its mask"],
  keyEncIpTtl: [82, u8, "the tunnel's time to live"],
  keyEncIpTtlMask: [83, u8, "its mask"],
  keyEncOpts: [84, raw, "options in the tunnel's header"],
  keyEncOptsMask: [85, raw, "their mask"],
  inHwCount: [86, readOnly(u32), "devices that have it in hardware"],
  keyPortSrcMin: [87, be16, "the lowest source port"],
  keyPortSrcMax: [88, be16, "the highest source port"],
  keyPortDstMin: [89, be16, "the lowest destination port"],
  keyPortDstMax: [90, be16, "the highest destination port"],
  keyCtState: [91, connectionState, "the state of the connection"],
  keyCtStateMask: [92, connectionState, "which of it is compared"],
  keyCtZone: [93, u16, "the connection's zone"],
  keyCtZoneMask: [94, u16, "its mask"],
  keyCtMark: [95, u32, "the connection's mark"],
  keyCtMarkMask: [96, u32, "its mask"],
  keyCtLabels: [97, rawOf(16), "the connection's labels, 16 bytes"],
  keyCtLabelsMask: [98, rawOf(16), "their mask"],
  keyMplsOpts: [99, raw, "several MPLS labels"],
  keyHash: [100, u32, "the packet's hash"],
  keyHashMask: [101, u32, "its mask"],
  keyNumOfVlans: [102, u8, "how many VLAN tags there are"],
  keyPppoeSid: [103, be16, "the PPPoE session"],
  keyPppProto: [104, be16, "what the PPP frame carries"],
  keyL2tpv3Sid: [105, be32, "the L2TPv3 session", "TCA_FLOWER_KEY_L2TPV3_SID"],
  l2Miss: [106, flag8, "no entry of the forwarding table led the packet", "TCA_FLOWER_L2_MISS"],
  keyCfm: [107, nest(flowerCfm), "a connectivity fault message"],
  keySpi: [108, be32, "the IPsec security parameters index"],
  keySpiMask: [109, be32, "its mask"],
  keyEncFlags: [110, controlFlags, "what holds for the tunnel's packet"],
  keyEncFlagsMask: [111, controlFlags, "which of it is compared"],
}));
