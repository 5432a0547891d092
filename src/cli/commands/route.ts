import type { Host } from "../../host/host.js";
import type { RouteMetrics } from "../../rtnetlink/route/route-metrics.js";
import { routeMetrics } from "../../rtnetlink/route/route-metrics.js";
import type { Route, RouteSettings } from "../../rtnetlink/route/route-message.js";
import type { PathSettings } from "../../rtnetlink/route/route-paths.js";
import type { Call } from "../commands.js";
import { encapsulationText } from "../encapsulation-text.js";
import type { Report, Style } from "../io.js";
import { namesOf } from "../link-table.js";
import { formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

/** A route, or a further way of the one above it. */
interface Row {
  readonly route: Route | undefined;
  readonly way: Pick<PathSettings, "gateway" | "weight" | "encapsulation"> & { readonly link?: number };
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
  ];
  const rows = routes.flatMap(rowsOf);
  const isNeeded: Readonly<Record<string, boolean>> = {
    WEIGHT: routes.some(({ nexthops }) => nexthops !== undefined),
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
