import { attributes } from "../../../netlink/codecs/attributes.js";
import { pad, raw, several } from "../../../netlink/codecs/codec.js";
import { ipv4, ipv6 } from "../../../netlink/codecs/internet.js";
import { nest } from "../../../netlink/codecs/nests.js";
import { be16, be32, be64, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { bits } from "../../../netlink/codecs/words.js";

/** What a tunnel's header has (TUNNEL_*, linux/if_tunnel.h). Which options it has, the kernel says itself. */
export const tunnelFlags = bits(be16, {
  csum: 0x1,
  routing: 0x2,
  key: 0x4,
  seq: 0x8,
  strict: 0x10,
  rec: 0x20,
  version: 0x40,
  noKey: 0x80,
  dontFragment: 0x100,
  oam: 0x200,
  critOpt: 0x400,
  geneveOpt: 0x800,
  vxlanOpt: 0x1000,
  nocache: 0x2000,
  erspanOpt: 0x4000,
  gtpOpt: 0x8000,
});

/** An option of Geneve (LWTUNNEL_IP_OPT_GENEVE_*, linux/lwtunnel.h; RFC 8926, 3.5). */
export const geneveOption = attributes("LWTUNNEL_IP_OPT_GENEVE", () => ({
  class: [1, be16, "who has defined it"],
  type: [2, u8, "which one it is; 128 and above must be understood"],
  data: [3, raw, "what it says, up to 124 bytes in whole 4"],
}));

/** The options of VXLAN (LWTUNNEL_IP_OPT_VXLAN_*, linux/lwtunnel.h). */
export const vxlanOption = attributes("LWTUNNEL_IP_OPT_VXLAN", () => ({
  gbp: [1, u32, "the group by which the other end decides"],
}));

/** The options of ERSPAN (LWTUNNEL_IP_OPT_ERSPAN_*, linux/lwtunnel.h). */
export const erspanOption = attributes("LWTUNNEL_IP_OPT_ERSPAN", () => ({
  ver: [1, u8, "1 or 2"],
  index: [2, be32, "of version 1, the port that is mirrored"],
  dir: [3, u8, "of version 2, 0 for what comes in, 1 for what goes out"],
  hwid: [4, u8, "of version 2, the engine that mirrors"],
}));

/** What a tunnel's header has of the tunnel's own kind (LWTUNNEL_IP_OPTS_*, linux/lwtunnel.h): one kind only. */
export const tunnelOptions = attributes("LWTUNNEL_IP_OPTS", () => ({
  geneve: [1, several(nest(geneveOption)), "options of Geneve"],
  vxlan: [2, nest(vxlanOption), "options of VXLAN"],
  erspan: [3, nest(erspanOption), "options of ERSPAN"],
}));

/** A tunnel's header of IPv4 (LWTUNNEL_IP_*, linux/lwtunnel.h); the link is a tunnel that takes it from the route. */
export const ipEncapsulation = attributes("LWTUNNEL_IP", () => ({
  id: [1, be64, "id of the tunnel, such as a VNI"],
  dst: [2, ipv4, "the other end"],
  src: [3, ipv4, "this end"],
  ttl: [4, u8, "time to live"],
  tos: [5, u8, "type of service"],
  flags: [6, tunnelFlags, "what the header has"],
  pad: [7, pad, "aligns what follows"],
  opts: [8, nest(tunnelOptions), "options of Geneve, VXLAN or ERSPAN"],
}));

/** A tunnel's header of IPv6 (LWTUNNEL_IP6_*, linux/lwtunnel.h). */
export const ip6Encapsulation = attributes("LWTUNNEL_IP6", () => ({
  id: [1, be64, "id of the tunnel, such as a VNI"],
  dst: [2, ipv6, "the other end"],
  src: [3, ipv6, "this end"],
  hoplimit: [4, u8, "hop limit"],
  tc: [5, u8, "traffic class"],
  flags: [6, tunnelFlags, "what the header has"],
  pad: [7, pad, "aligns what follows"],
  opts: [8, nest(tunnelOptions), "options of Geneve, VXLAN or ERSPAN"],
}));
