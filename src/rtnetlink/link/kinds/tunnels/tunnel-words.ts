import { be32, limited, u16, u32 } from "../../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../../netlink/codecs/words.js";

/** What a tunnel's packets are wrapped in once more (TUNNEL_ENCAP_*, linux/if_tunnel.h). */
export const encapType = words(u16, { none: 0, fou: 1, gue: 2, mpls: 3 });

/** An IPv6 flow label, 20 bits: the kernel would cut off the rest. */
export const flowLabel = limited(be32, 0, 0xfffff);

/** Checksums of that wrapping (TUNNEL_ENCAP_FLAG_*, linux/if_tunnel.h). */
export const encapFlags = bits(u16, { csum: 0x1, csum6: 0x2, remcsum: 0x4 });

/** Flags of a tunnel over IPv6 (IP6_TNL_F_*, linux/ip6_tunnel.h; the last three, include/net/ip6_tunnel.h, are the kernel's). */
export const ip6TunnelFlags = bits(u32, {
  ignEncapLimit: 0x1,
  useOrigTclass: 0x2,
  useOrigFlowlabel: 0x4,
  mip6Dev: 0x8,
  rcvDscpCopy: 0x10,
  useOrigFwmark: 0x20,
  allowLocalRemote: 0x40,
  capXmit: 0x10000,
  capRcv: 0x20000,
  capPerPacket: 0x40000,
});
