import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { mapped, pad, raw, readOnly, rounded } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { be16, be32, clockTicks, count64, isWithin, s32, u32, u8 } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { words } from "../../netlink/codecs/words.js";
import { scope } from "../address/address.js";
import { encapsulationType, encapsulationValues } from "./encapsulation/encapsulation.js";
import { paths, via } from "./path-attributes.js";
import { routeMetrics } from "./route-metrics.js";
import { routeFlags, routePreference, routeProtocol, routeTable, routeTable8, routeType } from "./route-words.js";
import { messageType } from "../protocol/message-types.js";

/** struct rtmsg (linux/rtnetlink.h): what stands before a route's attributes. */
export const rtmsg = struct("rtmsg", {
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: routeTable8,
  protocol: routeProtocol,
  scope,
  type: routeType,
  flags: routeFlags,
});

/** Milliseconds, less than none when they are over; clock ticks of 10 ms on the wire. */
const timeLeft = mapped<number, number>(s32, {
  words: "DURATION",
  toWire: (value) => Math.round(value / 10),
  fromWire: (wire) => wire * 10,
  parse: parseDuration,
});

/** Milliseconds, whole seconds on the wire. */
export const wholeSeconds = rounded(
  mapped<number, number>(u32, {
    words: "DURATION",
    toWire(value) {
      if (!isWithin(value, 0, 0xffffffff * 1000))
        throw new InputError(`${quoted(value)} is not a duration in milliseconds`);
      return Math.ceil(value / 1000);
    },
    fromWire: (wire) => wire * 1000,
    parse: parseDuration,
  }),
  "seconds",
);

/** struct rta_cacheinfo (linux/rtnetlink.h). Times are milliseconds; `error` is an errno, as the kernel has it. */
export const routeCacheinfo = struct("rta_cacheinfo", {
  clntref: u32,
  lastuse: clockTicks,
  expires: timeLeft,
  error: s32,
  used: u32,
  id: u32,
  ts: u32,
  tsage: u32,
});

/** struct rta_mfc_stats (linux/rtnetlink.h): what went through a multicast route. */
export const multicastStatistics = struct("rta_mfc_stats", { packets: count64, bytes: count64, wrongIf: count64 });

/** A route (RTA_*, linux/rtnetlink.h). */
export const routeAttributes = attributes("RTA", () => ({
  dst: [1, internetAddress, "the destination; absent for everything"],
  src: [2, internetAddress, "the source that the route is for"],
  iif: [3, u32, "index of the link that packets come in by"],
  oif: [4, u32, "index of the link that packets go out by"],
  gateway: [5, internetAddress, "the gateway"],
  priority: [6, u32, "the metric: the lowest wins"],
  prefsrc: [7, internetAddress, "the source of packets that are sent from here"],
  metrics: [8, nest(routeMetrics), "what TCP and others are told of it"],
  multipath: [9, paths, "the ways of a route with several"],
  protoinfo: [10, readOnly(raw), "no longer used"],
  flow: [11, u32, "realms, for classification"],
  cacheinfo: [12, readOnly(routeCacheinfo), "use and age"],
  session: [13, readOnly(raw), "no longer used"],
  mpAlgo: [14, readOnly(raw), "no longer used"],
  table: [15, routeTable, "the table that it stands in"],
  mark: [16, u32, "the packet's mark, for a look-up"],
  mfcStats: [17, readOnly(multicastStatistics), "what went through a multicast route", { since: "3.8" }],
  via: [18, via, "a gateway of the other family", { since: "4.1" }],
  newdst: [19, raw, "labels that are put in place of the destination's", { since: "4.1" }],
  pref: [20, routePreference, "how much it is preferred to others like it", { since: "4.1" }],
  encapType: [21, encapsulationType, "how packets are wrapped", { since: "4.3" }],
  encap: [22, encapsulationValues, "what they are wrapped in", { since: "4.3" }],
  expires: [23, wholeSeconds, "how long it stands", { since: "4.5" }],
  pad: [24, pad, "aligns what follows"],
  uid: [25, u32, "the user who sends, for a look-up", { since: "4.10" }],
  ttlPropagate: [26, u8, "MPLS: carry the time to live over", { since: "4.12" }],
  ipProto: [27, u8, "the protocol above IP, for a look-up", { since: "4.18" }],
  sport: [28, be16, "the source port, for a look-up", { since: "4.18" }],
  dport: [29, be16, "the destination port, for a look-up", { since: "4.18" }],
  nhId: [30, u32, "id of the next hop that it uses", { since: "5.3" }],
  flowlabel: [31, be32, "the flow label, for a look-up", { since: "6.14" }],
  delReason: [32, readOnly(words(u32, { unspec: 0, expired: 1, raWithdrawn: 2 })), "why the kernel removed it"],
}));

export type RouteValues = Values<typeof routeAttributes>;
export type RouteHeader = StructValues<(typeof rtmsg)["fields"]>;
export type RouteMessageType = MessageType<RouteHeader, (typeof routeAttributes)["entries"]>;

function routeMessage(name: string, type: number): RouteMessageType {
  return messageType({ name, type, header: rtmsg, attributes: routeAttributes });
}

export const RTM_NEWROUTE = routeMessage("RTM_NEWROUTE", 24);
export const RTM_DELROUTE = routeMessage("RTM_DELROUTE", 25);
export const RTM_GETROUTE = routeMessage("RTM_GETROUTE", 26);
