import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { flag } from "../../../../netlink/codecs/codec.js";
import { internetAddress, ipv4, ipv6 } from "../../../../netlink/codecs/internet.js";
import { be16, be32, flag8, u16, u32, u8 } from "../../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../../netlink/codecs/words.js";
import { encapFlags, encapType, ip6TunnelFlags } from "./tunnel-words.js";

/** What a tunnel carries (IPPROTO_*, linux/in.h). */
const carried = words(u8, { any: 0, ipip: 4, ipv6: 41, mpls: 137 });

/** IPTUN attributes but for the flags, whose form depends on the kind. */
const common = () =>
  ({
    link: [1, u32, "index of the link that packets leave by"],
    local: [2, internetAddress, "the address of this end"],
    remote: [3, internetAddress, "the address of the other end"],
    ttl: [4, u8, "time to live of packets, 0 for the inner packet's"],
    tos: [5, u8, "type of service of packets; 1: the inner packet's"],
    encapLimit: [6, u8, "how often packets may be wrapped once more, over IPv6"],
    flowinfo: [7, be32, "traffic class and flow label, over IPv6"],
    proto: [9, carried, "what the tunnel carries"],
    pmtudisc: [10, flag8, "find the path's MTU; not with a ttl of 0 and off"],
    sixRdPrefix: [11, ipv6, "sit: the IPv6 prefix of a rapid deployment", "IFLA_IPTUN_6RD_PREFIX"],
    sixRdRelayPrefix: [12, ipv4, "sit: the IPv4 prefix of its relays", "IFLA_IPTUN_6RD_RELAY_PREFIX"],
    sixRdPrefixlen: [13, u16, "sit: bits of the IPv6 prefix", "IFLA_IPTUN_6RD_PREFIXLEN"],
    sixRdRelayPrefixlen: [14, u16, "sit: bits of the relays' prefix", "IFLA_IPTUN_6RD_RELAY_PREFIXLEN"],
    encapType: [15, encapType, "what packets are wrapped in once more"],
    encapFlags: [16, encapFlags, "checksums of that wrapping"],
    encapSport: [17, be16, "UDP source port of that wrapping, 0 for one by flow"],
    encapDport: [18, be16, "UDP destination port of that wrapping"],
    collectMetadata: [19, flag, "routes and programs say where each packet goes"],
    fwmark: [20, u32, "mark of packets, for routing"],
  }) as const;

/** Options of ipip and sit (IFLA_IPTUN_*, linux/if_tunnel.h). */
export const ipTunnel = attributes("IFLA_IPTUN", () => ({
  ...common(),
  flags: [8, bits(u16, { isatap: 0x1 }), "sit: intra-site addressing (SIT_ISATAP)"],
}));

/** Options of ip6tnl (IFLA_IPTUN_*, linux/if_tunnel.h). */
export const ip6Tunnel = attributes("IFLA_IPTUN", () => ({
  ...common(),
  flags: [8, ip6TunnelFlags, "how the tunnel behaves"],
}));

/** Options of vti and vti6 (IFLA_VTI_*, linux/if_tunnel.h). */
export const vti = attributes("IFLA_VTI", () => ({
  link: [1, u32, "index of the link that packets leave by"],
  ikey: [2, be32, "key of packets received"],
  okey: [3, be32, "key of packets sent"],
  local: [4, internetAddress, "the address of this end"],
  remote: [5, internetAddress, "the address of the other end"],
  fwmark: [6, u32, "mark of packets, for routing"],
}));

/** Options of ipip and sit. */
export type IpTunnelOptions = Values<typeof ipTunnel>;
/** Options of ip6tnl. */
export type Ip6TunnelOptions = Values<typeof ip6Tunnel>;
/** Options of vti and vti6. */
export type VtiOptions = Values<typeof vti>;
