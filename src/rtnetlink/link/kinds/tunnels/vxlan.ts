import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { atCreation, flag, onlyOn, raw } from "../../../../netlink/codecs/codec.js";
import { ipv4, ipv6 } from "../../../../netlink/codecs/internet.js";
import { be16, flag8, seconds, u32, u8 } from "../../../../netlink/codecs/numbers.js";
import { words } from "../../../../netlink/codecs/words.js";
import { portRange } from "./port-range.js";
import { flowLabel } from "./tunnel-words.js";

/** Options of a VXLAN (IFLA_VXLAN_*, linux/if_link.h). Durations are milliseconds, in whole seconds. */
export const vxlan = attributes("IFLA_VXLAN", () => ({
  id: [1, atCreation(u32), "the VXLAN's id (VNI), 0 to 16777215"],
  remote: [2, ipv4, "where frames to unknown MACs go: the other end, or a multicast group", "IFLA_VXLAN_GROUP"],
  link: [3, u32, "index of the link that packets leave by"],
  local: [4, ipv4, "the source address of packets"],
  ttl: [5, u8, "time to live of packets, 0 for the kernel's default"],
  tos: [6, u8, "type of service of packets; 1: the inner packet's"],
  learning: [7, flag8, "learn which MACs are behind which address"],
  ageing: [8, seconds, "time after which a silent MAC is forgotten"],
  limit: [9, atCreation(u32), "most MACs that are learned, 0 for no limit"],
  portRange: [10, atCreation(portRange), "UDP ports that packets leave from"],
  proxy: [11, atCreation(flag8), "answer ARP from the neighbours known"],
  rsc: [12, atCreation(flag8), "route short circuit"],
  l2miss: [13, atCreation(flag8), "tell listeners of MACs that are not known"],
  l3miss: [14, atCreation(flag8), "tell listeners of addresses that are not known"],
  port: [15, atCreation(be16), "UDP port that packets go to; 8472 unless given, where the standard has 4789"],
  remote6: [16, ipv6, "the same as remote, for IPv6", "IFLA_VXLAN_GROUP6"],
  local6: [17, ipv6, "the same as local, for IPv6"],
  udpCsum: [18, atCreation(flag8), "UDP checksums over IPv4"],
  udpZeroCsum6Tx: [19, atCreation(flag8), "no UDP checksums in packets sent over IPv6"],
  udpZeroCsum6Rx: [20, atCreation(flag8), "packets over IPv6 may lack UDP checksums"],
  remcsumTx: [21, atCreation(flag8), "remote checksum offload of packets sent"],
  remcsumRx: [22, atCreation(flag8), "remote checksum offload of packets received"],
  gbp: [23, atCreation(flag), "group policy extension: packets carry a mark"],
  remcsumNopartial: [24, atCreation(flag), "remote checksum offload checks whole packets"],
  collectMetadata: [25, atCreation(flag8), "routes and programs say where each packet goes"],
  label: [26, flowLabel, "IPv6 flow label"],
  gpe: [27, atCreation(flag), "generic protocol extension: packets without Ethernet headers"],
  ttlInherit: [28, atCreation(onlyOn), "time to live as in the inner packet"],
  df: [29, words(u8, { unset: 0, set: 1, inherit: 2 }), "the IPv4 bit against fragments"],
  vnifilter: [30, atCreation(flag8), "one link for many ids, those of a list; with collectMetadata"],
  localbypass: [31, flag8, "packets to this host's own VXLANs take the short way"],
  labelPolicy: [32, words(u32, { fixed: 0, inherit: 1 }), "the IPv6 flow label is `label`, or the inner packet's"],
  reservedBits: [33, atCreation(raw), "bits of the VXLAN header that may be set in packets received, 8 bytes"],
  mcRoute: [34, flag8, "multicast packets are routed"],
}));

/** Options of a VXLAN. */
export type VxlanOptions = Values<typeof vxlan>;
