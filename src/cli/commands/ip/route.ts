import type { Host } from "../../../host/host.js";
import { type RouteMetrics, routeMetrics } from "../../../rtnetlink/route/route-metrics.js";
import type { Route, RouteSettings } from "../../../rtnetlink/route/route-message.js";
import type { PathSettings } from "../../../rtnetlink/route/route-paths.js";
import type { Call, Command, Operand } from "../../command.js";
import { encapsulationText } from "./encapsulation-text.js";
import type { Report, Style } from "../../io.js";
import { namesOf } from "../../printing/link-table.js";
import { formatValue } from "../../printing/value-text.js";
import { type Column, table } from "../../printing/layout.js";
import { InputError } from "../../../base/errors.js";
import { internetAddress } from "../../../netlink/codecs/internet.js";
import { flag8, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { routeAttributes, rtmsg } from "../../../rtnetlink/route/route.js";
import { encap } from "./encapsulation-words.js";
import { byLink, family, network, onlink, via } from "./network-words.js";
import { type Section, shaped, tableWords, wordOf } from "../../parsing/option.js";
import { text } from "../../../netlink/codecs/codec.js";

const NETWORK: Operand = { name: "DESTINATION" };
const ADDRESS: Operand = { name: "ADDRESS" };

const { prefsrc, nhId, pref, expires, flow, mark, uid, ipProto, sport, dport } = routeAttributes.entries;
const { type, protocol, scope, tos } = rtmsg.fields;
const tableCodec = shaped(routeAttributes.entries.table[1], "main|local|default|N");
const anyTable = shaped(
  text(),
  "main|local|default|N|all",
  (word) => (word === "all" ? word : tableCodec.parse(word)) as string,
);

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
const tableWord = wordOf("table", tableCodec, "the table; main unless given, local for addresses of this host");
const metric = wordOf("metric", u32, "the lowest wins; 0 unless given, 1024 for IPv6");
const protocolWord = wordOf("protocol", protocol, "who makes it; static unless given");
const scopeWord = wordOf("scope", scope, "how far the destination is; IPv4 only");
const from = wordOf("from", network, "the network that packets come from; IPv6 only");

const sections = {
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
      wordOf("iif", shaped(text(), "LINK"), "the link that it came in by"),
      wordOf("mark", mark[1], "its mark"),
      wordOf("uid", uid[1], "the user who sends it"),
      wordOf("tos", u8, "its type of service"),
      wordOf("ipProto", ipProto[1], "the protocol above IP, such as 6 for TCP"),
      wordOf("sport", sport[1], "its source port"),
      wordOf("dport", dport[1], "its destination port"),
      wordOf("match", flag8, "the table's route, not what becomes of it for this packet"),
    ],
  },
} satisfies Record<string, Section>;

/** A route, or a further way of the one above it. */
interface Row {
  readonly route: Route | undefined;
  readonly way: Pick<PathSettings, "gateway" | "weight" | "encapsulation"> & {
    readonly link?: number;
    readonly flags: readonly string[];
  };
}

function rowsOf(route: Route): Row[] {
  const ways = route.nexthops ?? [route];
  return ways.map((way, place) => ({ route: place === 0 ? route : undefined, way }));
}

function of(value: (route: Route) => unknown): (row: Row) => string {
  return ({ route }) => (route === undefined ? "" : formatValue(value(route) ?? "-", "|"));
}

function routeTable(routes: readonly Route[], names: ReadonlyMap<number, string>, style: Style): string {
  const columns: Column<Row>[] = [
    {
      title: "DESTINATION",
      value: of(({ family, destination }) =>
        family === "inet6" && destination === "default" ? "default (inet6)" : destination,
      ),
      paint: (text, _row, colours) => colours.cyan(text),
    },
    { title: "VIA", value: ({ way }) => way.gateway ?? "-" },
    { title: "LINK", value: ({ way: { link } }) => (link === undefined ? "-" : (names.get(link) ?? String(link))) },
    { title: "WEIGHT", value: ({ way }) => formatValue(way.weight ?? "-"), right: true },
    { title: "ENCAP", value: ({ way: { encapsulation } }) => encapsulationText(encapsulation) },
    { title: "METRIC", value: of(({ metric }) => metric), right: true },
    { title: "TYPE", value: of(({ type }) => type) },
    { title: "TABLE", value: of(({ table: each }) => each) },
    { title: "PROTOCOL", value: of(({ protocol }) => protocol) },
    { title: "SCOPE", value: of(({ scope }) => scope) },
    { title: "SOURCE", value: of(({ source }) => source) },
    { title: "FLAGS", value: ({ way: { flags } }) => formatValue(flags, "|") || "-" },
  ];
  const rows = routes.flatMap(rowsOf);
  const isNeeded: Readonly<Record<string, boolean>> = {
    WEIGHT: routes.some(({ nexthops }) => nexthops !== undefined),
    FLAGS: rows.some(({ way }) => way.flags.length > 0),
    ENCAP: rows.some(({ way }) => way.encapsulation !== undefined),
  };
  const shown = columns.filter(({ title }) => isNeeded[title] ?? true);
  return table(shown, rows, style);
}

/** The links that routes lead over. */
function linksIn(routes: readonly Route[]): (number | undefined)[] {
  return routes.flatMap(rowsOf).map(({ way: { link } }) => link);
}

/** Metrics stand among the other words. */
function settingsOf(options: object): RouteSettings {
  const isMetric = ([name]: [string, unknown]): boolean => Object.hasOwn(routeMetrics.entries, name);
  const all = Object.entries(options) as [string, unknown][];
  const metrics = Object.fromEntries(all.filter(isMetric)) as RouteMetrics;
  const rest = Object.fromEntries(all.filter((entry) => !isMetric(entry))) as RouteSettings;
  return Object.keys(metrics).length === 0 ? rest : { ...rest, metrics };
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const routes = await host.routes.list(options);
  const names = await namesOf(host, linksIn(routes));
  return { value: routes, text: (style) => routeTable(routes, names, style) };
}

export async function get(host: Host, { operands: [address = ""], options }: Call): Promise<Report> {
  const route = await host.routes.get(address, options);
  const names = await namesOf(host, linksIn([route]));
  return { value: route, text: (style) => routeTable([route], names, style) };
}

export async function add(host: Host, { operands: [destination = ""], options }: Call): Promise<Report> {
  return { value: await host.routes.add(destination, settingsOf(options)) };
}

export async function replace(host: Host, { operands: [destination = ""], options }: Call): Promise<Report> {
  return { value: await host.routes.replace(destination, settingsOf(options)) };
}

export async function remove(host: Host, { operands: [destination = ""], options }: Call): Promise<Report> {
  return { value: await host.routes.remove(destination, options) };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list routes, those of the main table unless another is given",
      operands: [],
      options: [sections.routeFilter],
      run: list,
    },
    get: {
      summary: "print the route that a packet would take",
      operands: [ADDRESS],
      options: [sections.lookup],
      run: get,
    },
    add: {
      summary: "add a route",
      operands: [NETWORK],
      options: [sections.route, sections.routeMetrics],
      needsOption: true,
      run: add,
    },
    replace: {
      summary: "add a route in place of the one to there with its metric",
      operands: [NETWORK],
      options: [sections.route, sections.routeMetrics],
      needsOption: true,
      run: replace,
    },
    delete: {
      summary: "remove the route that has all that is given",
      operands: [NETWORK],
      options: [sections.route],
      run: remove,
    },
  },
};
