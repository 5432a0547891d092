import { text } from "../netlink/codec.js";
import { InputError } from "../base/errors.js";
import { internetAddress } from "../netlink/internet.js";
import { flag8, u16, u32, u8 } from "../netlink/numbers.js";
import { words } from "../netlink/words.js";
import { routeMetrics } from "../rtnetlink/route/route-metrics.js";
import type { PathSettings } from "../rtnetlink/route/route-paths.js";
import { routeAttributes, rtmsg } from "../rtnetlink/route/route.js";
import { encap } from "./encapsulation-words.js";
import { shaped, tableWords, wordOf } from "./word.js";

const { oif, prefsrc, nhId, pref, expires, flow, mark, uid, ipProto, sport, dport } = routeAttributes.entries;
const { type, protocol, scope, tos } = rtmsg.fields;
const name = text();
const table = shaped(routeAttributes.entries.table[1], "main|local|default|N");
const anyTable = shaped(
  name,
  "main|local|default|N|all",
  (word) => (word === "all" ? word : table.parse(word)) as string,
);
const network = shaped(name, "NETWORK");

/** IPv4 or IPv6. */
export const family = wordOf("family", words(u16, { inet: 2, inet6: 10 }), "IPv4 or IPv6");
/** The gateway, as `ip` calls it. */
export const via = wordOf("gateway", internetAddress, "the gateway", "via");
/** The link that packets go out by. */
export const byLink = wordOf("link", oif[1], "the link that packets go out by");
/** The gateway need not be in the network of one of the link's addresses. */
export const onlink = wordOf("onlink", flag8, "the gateway is on the link, whatever addresses that has");

/** "10.0.0.2%eth0=20": a gateway, a link and a weight, of which the last two, or the first, may be left out. */
function parseWay(word: string): PathSettings {
  const [, gateway = "", link, weight] = /^([^%=]*)(?:%([^=]+))?(?:=(\d+))?$/.exec(word) ?? [];
  if (gateway === "" && link === undefined)
    throw new InputError(`${JSON.stringify(word)} is not a way such as 10.0.0.2%eth0=20`);
  return {
    gateway: gateway === "" ? undefined : internetAddress.parse(gateway),
    link,
    weight: weight === undefined ? undefined : Number(weight),
  };
}

const ways = { words: "VIA%LINK=WEIGHT,…", parse: (word: string) => word.split(",").map(parseWay) };
const typeWord = wordOf("type", type, "what becomes of packets; unicast unless given");
const tableWord = wordOf("table", table, "the table; main unless given, local for addresses of this host");
const metric = wordOf("metric", u32, "the lowest wins; 0 unless given, 1024 for IPv6");
const protocolWord = wordOf("protocol", protocol, "who makes it; static unless given");
const scopeWord = wordOf("scope", scope, "how far the destination is; IPv4 only");
const from = wordOf("from", network, "the network that packets come from; IPv6 only");

/** The words of routes. */
export const routeSections = {
  route: {
    title: "A route",
    words: [
      via,
      byLink,
      onlink,
      tableWord,
      metric,
      typeWord,
      protocolWord,
      scopeWord,
      wordOf("source", internetAddress, prefsrc[2]),
      from,
      wordOf("nexthops", ways, "several ways, each a gateway, a link, or both, and a weight"),
      wordOf("nexthopId", nhId[1], nhId[2]),
      encap,
      wordOf("tos", tos, "the type of service that it is for; IPv4 only"),
      wordOf("preference", pref[1], `${pref[2]}; IPv6 only`),
      wordOf("expires", expires[1], `${expires[2]}; IPv6 only`),
      wordOf("flow", flow[1], `${flow[2]}; IPv4 only`),
      family,
    ],
  },
  routeMetrics: { title: "Metrics of a route", words: tableWords(routeMetrics) },
  routeFilter: {
    title: "Which routes",
    words: [
      wordOf("table", anyTable, "those of this table; main unless given"),
      family,
      byLink,
      via,
      wordOf("type", type, "those of this type"),
      wordOf("protocol", protocol, "those that this one made"),
      wordOf("scope", scope, "those of this scope"),
      wordOf("metric", u32, "those with this metric"),
      wordOf("destination", network, "those to this network"),
    ],
  },
  lookup: {
    title: "The packet",
    words: [
      wordOf("from", internetAddress, "its source"),
      byLink,
      wordOf("iif", shaped(name, "LINK"), "the link that it came in by"),
      wordOf("mark", mark[1], "its mark"),
      wordOf("uid", uid[1], "the user who sends it"),
      wordOf("tos", u8, "its type of service"),
      wordOf("ipProto", ipProto[1], "the protocol above IP, such as 6 for TCP"),
      wordOf("sport", sport[1], "its source port"),
      wordOf("dport", dport[1], "its destination port"),
      wordOf("match", flag8, "the table's route, not what becomes of it for this packet"),
    ],
  },
};
