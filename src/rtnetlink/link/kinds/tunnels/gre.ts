import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { flag } from "../../../../netlink/codecs/codec.js";
import { internetAddress } from "../../../../netlink/codecs/internet.js";
import { be16, be32, flag8, u16, u32, u8 } from "../../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../../netlink/codecs/words.js";
import { encapFlags, encapType, ip6TunnelFlags } from "./tunnel-words.js";

/** What stands in a GRE header (GRE_*, linux/if_tunnel.h). */
export const greFlags = bits(be16, { csum: 0x8000, routing: 0x4000, key: 0x2000, seq: 0x1000, strict: 0x0800 });

/** Options of gre, gretap, ip6gre, ip6gretap, erspan and ip6erspan (IFLA_GRE_*, linux/if_tunnel.h). */
export const gre = attributes("IFLA_GRE", () => ({
  link: [1, u32, "index of the link that packets leave by"],
  iflags: [2, greFlags, "what packets received must have"],
  oflags: [3, greFlags, "what packets sent have"],
  ikey: [4, be32, "key of packets received"],
  okey: [5, be32, "key of packets sent"],
  local: [6, internetAddress, "the address of this end"],
  remote: [7, internetAddress, "the address of the other end"],
  ttl: [8, u8, "time to live of packets, 0 for the inner packet's"],
  tos: [9, u8, "type of service of packets; 1: the inner packet's"],
  pmtudisc: [10, flag8, "find the path's MTU; not with a ttl of 0 and off"],
  encapLimit: [11, u8, "how often packets may be wrapped once more, over IPv6"],
  flowinfo: [12, be32, "traffic class and flow label, over IPv6"],
  flags: [13, ip6TunnelFlags, "how a tunnel over IPv6 behaves"],
  encapType: [14, encapType, "what packets are wrapped in once more"],
  encapFlags: [15, encapFlags, "checksums of that wrapping"],
  encapSport: [16, be16, "UDP source port of that wrapping, 0 for one by flow"],
  encapDport: [17, be16, "UDP destination port of that wrapping"],
  collectMetadata: [18, flag, "routes and programs say where each packet goes"],
  ignoreDf: [19, flag8, "packets may be fragmented whatever they say themselves"],
  fwmark: [20, u32, "mark of packets, for routing"],
  erspanIndex: [21, u32, "erspan 1: index of the mirrored port, 20 bits"],
  erspanVer: [22, u8, "erspan: version, 0 to 2"],
  erspanDir: [23, words(u8, { ingress: 0, egress: 1 }), "erspan 2: direction of the mirrored traffic"],
  erspanHwid: [24, u16, "erspan 2: id of the engine, 6 bits"],
}));

/** Options of a GRE tunnel. */
export type GreOptions = Values<typeof gre>;
