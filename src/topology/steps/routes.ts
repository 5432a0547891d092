import { type Route, type RouteSettings, tableOf } from "../../rtnetlink/route/route-message.js";
import { destinationOf } from "../../rtnetlink/route/route-message.js";
import { formatNetwork, parseNetwork } from "../../rtnetlink/protocol/network.js";
import type { RouteEntry, Some } from "../declaration/declaration.js";
import { metricFields, routeFields } from "../declaration/fields.js";
import { isWrapped, wrappedBy } from "./encapsulation.js";
import { nexthopsBack, nexthopsOver } from "./nexthops.js";
import { call, type Operation } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { difference, type Difference, type Step, step } from "./step.js";
import { except } from "../../base/except.js";
import { isAsWanted } from "../declaration/value.js";

/** Who makes routes by himself, and makes them again. */
const KERNEL_MADE: readonly unknown[] = ["kernel", "ra", "redirect"];

/** What a route is known by: its place among the others. */
export function keyOf(entry: RouteEntry): string {
  const { family, address, length } = destinationOf(entry.destination, entry);
  const { metric = family === "inet6" ? 1024 : 0, tos = 0, from } = entry;
  const origin = from === undefined ? undefined : parseNetwork(from, family);
  const source = origin === undefined ? "default" : formatNetwork(origin.address, origin.length);
  return JSON.stringify([family, formatNetwork(address, length), tableOf(entry), metric, tos, source]);
}

function keyOfFound({ family, destination, table, metric = 0, tos = 0, from = "default" }: Route): string {
  return JSON.stringify([family, destination, table, metric, tos, from]);
}

/** A route as it can be set again, its links by their names. */
export function routeSettings(route: Route, { names }: Pick<Picture, "names">): RouteEntry {
  const { family, destination, type, table, protocol, scope, tos, metric, gateway, link, source, from } = route;
  const { nexthops, nexthopId, metrics, preference, expires, flow, flags } = route;
  const onlink = flags.includes("onlink") ? { onlink: true } : {};
  const name = (index: number | undefined): string | undefined => (index === undefined ? undefined : names.get(index));
  const way =
    nexthopId !== undefined
      ? { nexthopId }
      : nexthops !== undefined
        ? {
            nexthops: nexthops.map((path) => ({
              ...(path.gateway === undefined ? {} : { gateway: path.gateway }),
              link: name(path.link),
              weight: path.weight,
              ...(path.flow === undefined ? {} : { flow: path.flow }),
              ...wrappedBy(path, names),
              ...(path.flags.includes("onlink") ? { onlink: true } : {}),
            })),
          }
        : {
            ...(gateway === undefined ? {} : { gateway, ...onlink }),
            ...(link === undefined ||
            type === "unreachable" ||
            type === "blackhole" ||
            type === "prohibit" ||
            type === "throw"
              ? {}
              : { link: name(link) }),
            ...(flow === undefined ? {} : { flow }),
            ...wrappedBy(route, names),
          };
  return {
    destination,
    ...(destination === "default" ? { family } : {}),
    ...(type === "unicast" ? {} : { type }),
    table,
    protocol,
    ...(family === "inet" ? { scope } : {}),
    ...(tos === undefined ? {} : { tos }),
    ...(metric === undefined ? {} : { metric }),
    ...(source === undefined ? {} : { source }),
    ...(from === undefined ? {} : { from }),
    ...way,
    ...(metrics === undefined ? {} : { metrics }),
    ...(preference === undefined || preference === "medium" ? {} : { preference }),
    ...(expires === undefined || expires <= 0 ? {} : { expires }),
  };
}

/** Whether the kernel made a route, and will again. */
export function isKernelMade({ protocol, table, type, destination, family }: Route): boolean {
  if (KERNEL_MADE.includes(protocol)) return true;
  return table === "local" && (type !== "unicast" || (family === "inet6" && destination.startsWith("ff")));
}

function waysDiffer(wanted: RouteEntry["nexthops"], found: RouteEntry["nexthops"]): boolean {
  const spell = (ways: RouteEntry["nexthops"] = []): string =>
    JSON.stringify(
      ways
        .map(({ gateway = "", link = "", weight = 1, onlink = false, flow = 0 }) => [
          gateway,
          link,
          weight,
          onlink,
          flow,
        ])
        .sort(),
    );
  const wrapped = (wanted ?? []).every(({ gateway, encapsulation }) => {
    const way = found?.find((each) => each.gateway === gateway && isWrapped(encapsulation, each.encapsulation));
    return way !== undefined;
  });
  // A way whose link is not said may have any.
  const plain = wanted?.map((way, place) => ({ ...way, link: way.link ?? found?.[place]?.link }));
  return spell(plain) !== spell(found) || !wrapped;
}

function differencesOf(wanted: RouteEntry, route: Route, picture: Picture): Difference[] {
  const found = routeSettings(route, picture) as Readonly<Record<string, unknown>> & RouteEntry;
  const { nexthops, metrics, encapsulation, ...said } = wanted;
  const settings = except(said, "destination", "family", "absent");
  const differences: Difference[] = [];
  const differ = (property: string, value: unknown): void => {
    differences.push({ property, wanted: value, found: found[property] });
  };
  for (const [property, value] of Object.entries(settings)) {
    if (value === undefined || ["table", "metric", "tos", "from", "expires"].includes(property)) continue;
    const normal: Readonly<Record<string, unknown>> = { type: "unicast", onlink: false, preference: "medium" };
    const has = found[property] ?? normal[property];
    const [codec] = routeFields[property]!;
    if (property === "link" ? value !== has : !isAsWanted(codec, value, has)) differ(property, value);
  }
  if (nexthops !== undefined && waysDiffer(nexthops, found.nexthops)) differ("nexthops", nexthops);
  const isPlain = nexthops === undefined && (wanted.gateway ?? wanted.link) === undefined;
  if (!(isPlain && encapsulation === undefined) && !isWrapped(encapsulation, found.encapsulation))
    differ("encapsulation", encapsulation);
  // What leads by one gateway is not to lead by another, or by several.
  if (nexthops === undefined && wanted.nexthopId === undefined) {
    if (found.nexthops !== undefined) differ("nexthops", undefined);
    else if (wanted.gateway === undefined && wanted.link !== undefined && found.gateway !== undefined)
      differ("gateway", undefined);
  }
  const has: Readonly<Record<string, unknown>> = { ...route.metrics };
  for (const [property, value] of Object.entries(metrics ?? {}))
    if (value !== undefined && !isAsWanted(metricFields[property]![0], value, has[property]))
      differences.push(difference(`metrics.${property}`, metricFields[property]![0], value, has[property]));
  return differences;
}

/** What is said of a route that is removed: its place, and its way where IPv6 has several. */
function known(entry: RouteEntry): RouteSettings {
  const { family, table, metric, tos, from, type, gateway } = entry;
  return { family, table, metric, tos, from, type, gateway };
}

function described(entry: RouteEntry): string {
  const { destination, table, metric, family } = entry;
  const place = table === undefined || table === "main" ? "" : ` in table ${table}`;
  const which = destination === "default" && family === "inet6" ? " (inet6)" : "";
  return `${destination}${which}${metric === undefined ? "" : ` metric ${metric}`}${place}`;
}

function removal(route: Route, picture: Picture, reason: string): Step {
  const { destination, ...settings } = routeSettings(route, picture);
  return step("withdraw", {
    action: "remove",
    subject: "route",
    name: described({ destination, ...settings }),
    reason,
    do: [call("routes.remove", destination, known({ destination, ...settings }))],
    undo: [call("routes.replace", destination, settings)],
  });
}

export function isDirect({ gateway, nexthops, nexthopId }: RouteEntry): boolean {
  return gateway === undefined && nexthops === undefined && nexthopId === undefined;
}

/** Routes, of whatever table. */
export function compareRoutes({ entries, only }: Some<RouteEntry>, picture: Picture): Step[] {
  const byKey = new Map<string, Route>();
  for (const route of picture.routes) if (!byKey.has(keyOfFound(route))) byKey.set(keyOfFound(route), route);
  const meant = new Set<string>();
  const steps: Step[] = [];
  for (const entry of entries) {
    const { destination, absent, ...settings } = entry;
    const key = keyOf(entry);
    const route = byKey.get(key);
    meant.add(key);
    const about = { subject: "route", name: described(entry) } as const;
    if (absent === true) {
      if (route !== undefined) steps.push(removal(route, picture, "it is not to be there"));
      continue;
    }
    const phase = isDirect(entry) ? "routes" : "gateways";
    if (route === undefined)
      steps.push(
        step(phase, {
          ...about,
          action: "add",
          reason: "there is no such route",
          do: [call("routes.replace", destination, settings)],
          undo: [call("routes.remove", destination, known(entry))],
        }),
      );
    else {
      const differences = differencesOf(entry, route, picture);
      const { destination: place, ...former } = routeSettings(route, picture);
      if (differences.length > 0)
        steps.push(
          step(phase, {
            ...about,
            action: "change",
            reason: `${differences.map(({ property }) => property).join(", ")} differ`,
            differences,
            do: [call("routes.replace", destination, settings)],
            undo: [call("routes.replace", place, former)],
          }),
        );
    }
  }
  if (only)
    for (const route of picture.routes)
      if (!meant.has(keyOfFound(route)) && !isKernelMade(route))
        steps.push(removal(route, picture, "only other routes are declared"));
  return steps;
}

function leadsOver(route: Route, index: number, ids: ReadonlySet<number>): boolean {
  if (route.nexthopId !== undefined) return ids.has(route.nexthopId);
  return (route.nexthops ?? [route]).some((way) => way.link === index);
}

/** The routes over a link as they can be declared. */
export function captureRoutes(picture: Picture, index?: number): RouteEntry[] {
  const ids = index === undefined ? new Set<number>() : nexthopsOver(index, picture);
  const own = picture.routes.filter(
    (route) => !isKernelMade(route) && (index === undefined || leadsOver(route, index, ids)),
  );
  return own.map((route) => routeSettings(route, picture));
}

/** What puts back the routes by some next hops, which go with them. */
export function routesBy(ids: ReadonlySet<number>, picture: Picture): Operation[] {
  const own = picture.routes.filter(({ nexthopId }) => nexthopId !== undefined && ids.has(nexthopId));
  return own
    .map((route) => routeSettings(route, picture))
    .map(({ destination, ...settings }) => call("routes.replace", destination, settings));
}

/** What puts back the routes over a link, those that others need first, and the next hops that go with it. */
export function routesBack(index: number, picture: Picture): Operation[] {
  const routes = captureRoutes(picture, index);
  const put = ({ destination, ...settings }: RouteEntry): Operation => call("routes.replace", destination, settings);
  return [
    ...routes.filter(isDirect).map(put),
    ...nexthopsBack(nexthopsOver(index, picture), picture),
    ...routes.filter((each) => !isDirect(each)).map(put),
  ];
}
