import { u32, u8 } from "../../netlink/codecs/numbers.js";
import { bits, namedNumbers, words } from "../../netlink/codecs/words.js";

/** What becomes of a packet that a route takes (RTN_*, linux/rtnetlink.h). */
export const routeType = words(u8, {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
});

/** Who made a route or a rule (RTPROT_*, linux/rtnetlink.h). */
export const routeProtocol = namedNumbers(u8, {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  mrouted: 17,
  keepalived: 18,
  babel: 42,
  ovn: 84,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
});

const TABLES = { unspec: 0, compat: 252, default: 253, main: 254, local: 255 } as const;

/** A routing table (RT_TABLE_*, linux/rtnetlink.h): those of the kernel have words, the others are numbers. */
export const routeTable = namedNumbers(u32, TABLES);
/** A routing table as headers have it; one above 255 stands in an attribute. */
export const routeTable8 = namedNumbers(u8, TABLES);

const PATH_FLAGS = {
  dead: 0x1,
  pervasive: 0x2,
  onlink: 0x4,
  offload: 0x8,
  linkdown: 0x10,
  unresolved: 0x20,
  trap: 0x40,
} as const;

/** What holds for one way of a route (RTNH_F_*, linux/rtnetlink.h). */
export const pathFlags = bits(u8, PATH_FLAGS);

/** The same for a next hop that stands alone. */
export const nexthopFlags = bits(u32, PATH_FLAGS);

/** What holds for a route as a whole, in the lower half (RTM_F_*, linux/rtnetlink.h). */
const ROUTE_FLAGS = {
  notify: 0x100,
  cloned: 0x200,
  equalize: 0x400,
  prefix: 0x800,
  lookupTable: 0x1000,
  fibMatch: 0x2000,
  rtOffload: 0x4000,
  rtTrap: 0x8000,
} as const;

/** What was found out about one packet, in the upper half of the flags of an answer that was made for it (RTCF_*, linux/in_route.h). */
export const LOOKUP_FLAGS = {
  rtNotify: 0x10000,
  directdst: 0x20000,
  redirected: 0x40000,
  tproxy: 0x80000,
  fast: 0x200000,
  masq: 0x400000,
  snat: 0x800000,
  doredirect: 0x1000000,
  directsrc: 0x4000000,
  dnat: 0x8000000,
  broadcast: 0x10000000,
  multicast: 0x20000000,
  reject: 0x40000000,
  local: 0x80000000,
} as const;

/** What holds for a route: for its only way, and as a whole. One that is `cloned` is no route of a table, but the answer to a look-up. */
export const routeFlags = bits(
  u32,
  { ...PATH_FLAGS, ...ROUTE_FLAGS, rtOffloadFailed: 0x20000000 },
  {
    table: { ...PATH_FLAGS, ...ROUTE_FLAGS, ...LOOKUP_FLAGS },
    holds: (value) => (value & ROUTE_FLAGS.cloned) !== 0,
  },
);

/** How much a route of IPv6 is preferred to others like it (RFC 4191; ICMPV6_ROUTER_PREF_*, linux/icmpv6.h). */
export const routePreference = words(u8, { medium: 0, high: 1, low: 3 });
