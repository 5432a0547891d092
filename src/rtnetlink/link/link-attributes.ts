import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { InputError, quoted } from "../../base/errors.js";
import { type Codec, pad, raw, readOnly, superseded, text } from "../../netlink/codecs/codec.js";
import { hardwareAddress, identifier, ipv6, parseInternetAddress } from "../../netlink/codecs/internet.js";
import { lateNest, nest, repeated } from "../../netlink/codecs/nests.js";
import { count64, flag8, s32, u16, u32, u8, uint } from "../../netlink/codecs/numbers.js";
import { struct } from "../../netlink/codecs/struct.js";
import { bits, settable, words } from "../../netlink/codecs/words.js";
import { nameText } from "../../netlink/codecs/link-name.js";
import { once } from "../../base/once.js";

/** A link's name has at most 15 bytes (IFNAMSIZ is 16, linux/if.h). */
export const linkName = nameText(15);
/** An alternative name has at most 127 bytes (ALTIFNAMSIZ is 128, linux/if.h). */
export const alternativeName = nameText(127);

/** Flags of a link (IFF_*, linux/if.h). */
export const linkFlags = bits(u32, {
  up: 0x1,
  broadcast: 0x2,
  debug: 0x4,
  loopback: 0x8,
  pointopoint: 0x10,
  notrailers: 0x20,
  running: 0x40,
  noarp: 0x80,
  promisc: 0x100,
  allmulti: 0x200,
  master: 0x400,
  slave: 0x800,
  multicast: 0x1000,
  portsel: 0x2000,
  automedia: 0x4000,
  dynamic: 0x8000,
  lowerUp: 0x10000,
  dormant: 0x20000,
  echo: 0x40000,
});

/** struct ifinfomsg (linux/rtnetlink.h): what stands before a link's attributes. */
export const ifinfomsg = struct(
  "ifinfomsg",
  { family: u8, type: u16, index: s32, flags: linkFlags, change: linkFlags },
  { gaps: { type: 1 } },
);

/** struct rtnl_link_stats64 (linux/if_link.h); kernels before 5.19 lack the last. */
export const statistics64 = struct(
  "rtnl_link_stats64",
  {
    rxPackets: count64,
    txPackets: count64,
    rxBytes: count64,
    txBytes: count64,
    rxErrors: count64,
    txErrors: count64,
    rxDropped: count64,
    txDropped: count64,
    multicast: count64,
    collisions: count64,
    rxLengthErrors: count64,
    rxOverErrors: count64,
    rxCrcErrors: count64,
    rxFrameErrors: count64,
    rxFifoErrors: count64,
    rxMissedErrors: count64,
    txAbortedErrors: count64,
    txCarrierErrors: count64,
    txFifoErrors: count64,
    txHeartbeatErrors: count64,
    txWindowErrors: count64,
    rxCompressed: count64,
    txCompressed: count64,
    rxNohandler: count64,
    rxOtherhostDropped: count64,
  },
  { optional: 1 },
);

/** What else to report (RTEXT_FILTER_*, linux/rtnetlink.h). */
export const extMask = bits(u32, {
  vf: 0x1,
  brvlan: 0x2,
  brvlanCompressed: 0x4,
  skipStats: 0x8,
  mrp: 0x10,
  cfmConfig: 0x20,
  cfmStatus: 0x40,
  mst: 0x80,
});

/** An XDP program on a link (IFLA_XDP_*, linux/if_link.h). */
export const xdp = attributes("IFLA_XDP", () => ({
  fd: [1, s32, "descriptor of the program", { since: "4.8" }],
  attached: [2, words(u8, { none: 0, drv: 1, skb: 2, hw: 3, multi: 4 }), "where it runs", { since: "4.8" }],
  flags: [3, u32, "XDP_FLAGS_*", { since: "4.10" }],
  progId: [4, u32, "id of the program", { since: "4.13" }],
  drvProgId: [5, u32, "id of the program in the driver", { since: "4.19" }],
  skbProgId: [6, u32, "id of the generic program", { since: "4.19" }],
  hwProgId: [7, u32, "id of the program in hardware", { since: "4.19" }],
  expectedFd: [8, s32, "descriptor of the program to replace", { since: "5.7" }],
}));

/** Why a protocol keeps a link down (IFLA_PROTO_DOWN_REASON_*, linux/if_link.h). */
export const protoDownReason = attributes("IFLA_PROTO_DOWN_REASON", () => ({
  mask: [1, u32, "which reasons are changed, a bit each", { since: "5.9" }],
  value: [2, u32, "the reasons, a bit each", { since: "5.9" }],
}));

/** IPv4 on a link (IFLA_INET_*, linux/if_link.h). */
export const linkInet = attributes("IFLA_INET", () => ({
  conf: [1, superseded, "the settings of net.ipv4.conf; read them as such"],
}));

/** The host's part of an address, such as "::7": of the network's the kernel would take no notice. */
const interfaceToken: Codec<string> = {
  ...ipv6,
  type: "host part of ipv6",
  write(writer, value, siblings) {
    if (
      parseInternetAddress(value)
        .slice(0, 8)
        .some((byte) => byte !== 0)
    )
      throw new InputError(`${quoted(value)} has more than a host's part, such as ::7`);
    ipv6.write(writer, value, siblings);
  },
};

/** What IPv6 has done on a link: it has asked for routers, one has answered, who has said what (IF_*, include/net/if_inet6.h). */
const inet6Flags = bits(u32, {
  raOtherconf: 0x80,
  raManaged: 0x40,
  raRcvd: 0x20,
  rsSent: 0x10,
  ready: 0x80000000,
});

/** IPv6 on a link (IFLA_INET6_*, linux/if_link.h). */
export const linkInet6 = attributes("IFLA_INET6", () => ({
  flags: [1, readOnly(inet6Flags), "what IPv6 has done on the link"],
  conf: [2, superseded, "the settings of net.ipv6.conf; read them as such"],
  stats: [3, readOnly(raw), "IPv6 counters, 64 bits each"],
  mcast: [4, readOnly(raw), "unused"],
  cacheinfo: [5, superseded, "struct ifla_cacheinfo: settings of net.ipv6.neigh"],
  icmp6stats: [6, readOnly(raw), "ICMPv6 counters, 64 bits each", "IFLA_INET6_ICMP6STATS"],
  token: [7, interfaceToken, "the host's part of generated addresses", { since: "3.10" }],
  addrGenMode: [
    8,
    words(u8, { eui64: 0, none: 1, stablePrivacy: 2, random: 3 }),
    "how link-local addresses are made",
    { since: "3.17" },
  ],
  raMtu: [9, readOnly(u32), "MTU from router advertisements", { since: "5.15" }],
}));

/** What each address family says of a link (IFLA_AF_SPEC). */
export const linkFamilies = attributes("AF", () => ({
  inet: [2, nest(linkInet), "IPv4"],
  inet6: [10, nest(linkInet6), "IPv6"],
}));

/** Operational states (RFC 2863; IF_OPER_*, linux/if.h). */
const operationalState = words(u8, {
  unknown: 0,
  notpresent: 1,
  down: 2,
  lowerlayerdown: 3,
  testing: 4,
  dormant: 5,
  up: 6,
});

const functions = once(() => require("./virtual-functions.js") as typeof import("./virtual-functions.js"));
const profiles = once(() => require("./port-profile.js") as typeof import("./port-profile.js"));

/** Every attribute of a link but its kind's (IFLA_*, linux/if_link.h). */
export const commonLinkAttributes = () =>
  ({
    address: [1, hardwareAddress, "the MAC"],
    broadcast: [2, hardwareAddress, "the MAC of broadcasts"],
    name: [3, linkName, "the name, at most 15 bytes", "IFLA_IFNAME"],
    mtu: [4, u32, "the largest packet, in bytes"],
    link: [5, u32, "index of the link below, or of the peer"],
    qdisc: [6, readOnly(text()), "the queueing discipline"],
    stats: [7, superseded, "struct rtnl_link_stats: stats64 in 32 bits"],
    cost: [8, readOnly(raw), "unused"],
    priority: [9, readOnly(raw), "unused"],
    master: [10, u32, "index of the link that this one is a port of, 0 for none"],
    wireless: [11, readOnly(raw), "struct iw_event"],
    protinfo: [12, readOnly(raw), "a family's own attributes"],
    txqlen: [13, u32, "packets that the transmit queue holds", { default: 1000 }],
    map: [14, superseded, "struct rtnl_link_ifmap: addresses and interrupt of ISA cards, which sysfs has"],
    weight: [15, readOnly(u32), "unused"],
    operstate: [16, settable(operationalState, ["testing", "dormant", "up"]), "operational state (RFC 2863)"],
    linkmode: [17, words(u8, { default: 0, dormant: 1, testing: 2 }), "policy for the operational state"],
    netNsPid: [19, u32, "a process in the namespace to move to"],
    alias: [20, text(255), "a description, at most 255 bytes", "IFLA_IFALIAS"],
    numVf: [21, readOnly(u32), "number of SR-IOV virtual functions"],
    vfinfoList: [22, lateNest("nest of repeated", () => functions().virtualFunctionList), "the virtual functions"],
    stats64: [23, readOnly(statistics64), "counters"],
    vfPorts: [
      24,
      lateNest("nest of repeated", () => profiles().portProfiles),
      "port profiles of the virtual functions",
    ],
    portSelf: [25, lateNest("nest", () => nest(profiles().portProfile)), "port profile"],
    afSpec: [26, nest(linkFamilies), "each address family's part"],
    group: [27, u32, "number of the group that the link belongs to", { default: 0 }],
    netNsFd: [28, u32, "descriptor of the namespace to move to", { since: "3.0" }],
    extMask: [29, extMask, "what else to report", { since: "3.3" }],
    promiscuity: [30, readOnly(u32), "how many want all frames", { since: "3.5" }],
    numTxQueues: [31, u32, "transmit queues; only on creation", { since: "3.6" }],
    numRxQueues: [32, u32, "receive queues; only on creation", { since: "3.6" }],
    carrier: [33, flag8, "there is a link at the physical layer", { since: "3.9" }],
    physPortId: [34, readOnly(identifier), "the physical port", { since: "3.12" }],
    carrierChanges: [35, readOnly(u32), "how often the carrier came or went", { since: "3.15" }],
    physSwitchId: [36, readOnly(identifier), "the switch that the port belongs to", { since: "3.19" }],
    linkNetnsid: [37, s32, "id of the namespace that `link` is in", { since: "4.0" }],
    physPortName: [38, readOnly(text()), "the physical port's name", { since: "4.1" }],
    protoDown: [39, flag8, "a protocol keeps the link down", { since: "4.3", default: false }],
    gsoMaxSegs: [40, u32, "most segments of a GSO packet", { since: "4.6", default: 65_535 }],
    gsoMaxSize: [41, u32, "largest GSO packet, in bytes", { since: "4.6", default: 65_536 }],
    pad: [42, pad, "padding"],
    xdp: [43, nest(xdp), "the XDP program", { since: "4.8" }],
    event: [44, readOnly(u32), "what a notification is about", { since: "4.13" }],
    newNetnsid: [45, s32, "id of the namespace that the link has moved to", { since: "4.15" }],
    targetNetnsid: [46, s32, "id of the namespace that is asked", { since: "4.20" }],
    carrierUpCount: [47, readOnly(u32), "how often the carrier came", { since: "4.16" }],
    carrierDownCount: [48, readOnly(u32), "how often the carrier went", { since: "4.16" }],
    newIfindex: [49, s32, "index in the namespace that the link moves to", { since: "4.16" }],
    minMtu: [50, readOnly(u32), "smallest MTU", { since: "4.19" }],
    maxMtu: [51, readOnly(u32), "largest MTU, 0 for no limit", { since: "4.19" }],
    altnames: [52, repeated(53, alternativeName), "alternative names", { name: "IFLA_PROP_LIST", since: "5.5" }],
    altIfname: [53, alternativeName, "an alternative name to look for", { since: "5.5" }],
    permAddress: [54, readOnly(hardwareAddress), "the MAC that the hardware came with", { since: "5.6" }],
    protoDownReason: [55, nest(protoDownReason), "why a protocol keeps the link down", { since: "5.9" }],
    parentDevName: [56, readOnly(text()), "the device behind the link, such as a PCI address", { since: "5.14" }],
    parentDevBusName: [57, readOnly(text()), "the bus of that device", { since: "5.14" }],
    groMaxSize: [58, u32, "largest GRO packet, in bytes", { since: "5.17", default: 65_536 }],
    tsoMaxSize: [59, readOnly(u32), "largest TSO packet that the device takes, in bytes", { since: "5.19" }],
    tsoMaxSegs: [60, readOnly(u32), "most segments that the device takes", { since: "5.19" }],
    allmulti: [61, readOnly(u32), "how many want all multicast", { since: "6.1" }],
    devlinkPort: [62, readOnly(raw), "the devlink port", { since: "6.2" }],
    gsoIpv4MaxSize: [63, u32, "largest GSO packet for IPv4, in bytes", { since: "6.3", default: 65_536 }],
    groIpv4MaxSize: [64, u32, "largest GRO packet for IPv4, in bytes", { since: "6.3", default: 65_536 }],
    dpllPin: [65, readOnly(raw), "the clock pin", { since: "6.7" }],
    maxPacingOffloadHorizon: [
      66,
      readOnly(uint),
      "how far ahead the device can pace, in nanoseconds",
      { since: "6.13" },
    ],
    netnsImmutable: [67, readOnly(flag8), "the link cannot move to another namespace", { since: "6.15" }],
    headroom: [68, readOnly(u16), "bytes kept free before a packet", { since: "6.18" }],
    tailroom: [69, readOnly(u16), "bytes kept free behind a packet", { since: "6.18" }],
  }) as const;

/** A link without its kind: what the peer of a veth is described by. */
export const plainLink = attributes("IFLA", commonLinkAttributes);
export type PlainLinkValues = Values<typeof plainLink>;
