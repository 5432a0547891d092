import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { atCreation, flag } from "../../../../netlink/codecs/codec.js";
import { ipv4, ipv6 } from "../../../../netlink/codecs/internet.js";
import { be16, flag8, u32, u8 } from "../../../../netlink/codecs/numbers.js";
import { words } from "../../../../netlink/codecs/words.js";
import { portRange } from "./port-range.js";
import { flowLabel } from "./tunnel-words.js";

/** Options of a Geneve tunnel (IFLA_GENEVE_*, linux/if_link.h). */
export const geneve = attributes("IFLA_GENEVE", () => ({
  id: [1, atCreation(u32), "the tunnel's id (VNI), 0 to 16777215"],
  remote: [2, ipv4, "the other end"],
  ttl: [3, u8, "time to live of packets, 0 for the route's"],
  tos: [4, u8, "type of service of packets; 1: the inner packet's"],
  port: [5, atCreation(be16), "UDP port that packets go to; 6081 unless given"],
  collectMetadata: [6, atCreation(flag), "routes and programs say where each packet goes"],
  remote6: [7, ipv6, "the same as remote, for IPv6"],
  udpCsum: [8, flag8, "UDP checksums over IPv4"],
  udpZeroCsum6Tx: [9, flag8, "no UDP checksums in packets sent over IPv6"],
  udpZeroCsum6Rx: [10, flag8, "packets over IPv6 may lack UDP checksums"],
  label: [11, flowLabel, "IPv6 flow label"],
  ttlInherit: [12, flag8, "time to live as in the inner packet"],
  df: [13, words(u8, { unset: 0, set: 1, inherit: 2 }), "the IPv4 bit against fragments"],
  innerProtoInherit: [14, atCreation(flag), "packets without Ethernet headers, of the inner protocol"],
  portRange: [15, atCreation(portRange), "UDP ports that packets leave from"],
  groHint: [16, atCreation(flag), "packets say how they may be merged"],
  local: [17, ipv4, "the source address of packets"],
  local6: [18, ipv6, "the same as local, for IPv6"],
}));

/** Options of a Geneve tunnel. */
export type GeneveOptions = Values<typeof geneve>;
