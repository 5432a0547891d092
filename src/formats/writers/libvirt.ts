import { InputError } from "../../base/errors.js";
import type {
  AddressEntry,
  Entries,
  HostDeclaration,
  LinkDeclaration,
  RouteEntry,
} from "../../topology/declaration/declaration.js";

/** An element of libvirt's interface XML (schemas/interface.rng), or a comment. */
type Piece = string | { readonly name: string; readonly attributes: Attributes; readonly inner: readonly Piece[] };
type Attributes = Readonly<Record<string, string | number | undefined>>;
type Values = Readonly<Record<string, unknown>>;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;" };

function element(name: string, attributes: Attributes, ...inner: readonly Piece[]): Piece {
  return { name, attributes, inner };
}

function written(piece: Piece, indent = ""): string {
  // Two hyphens would end a comment.
  if (typeof piece === "string") return `${indent}<!-- ${piece.replaceAll("--", "- -")} -->\n`;
  const { name, attributes, inner } = piece;
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}='${String(value).replace(/[&<>']/g, (each) => ESCAPES[each]!)}'`)
    .join("");
  if (inner.length === 0) return `${indent}<${name}${words}/>\n`;
  return `${indent}<${name}${words}>\n${inner.map((each) => written(each, `${indent}  `)).join("")}${indent}</${name}>\n`;
}

function listOf<T>(entries: Entries<T> | undefined): readonly T[] {
  return entries === undefined ? [] : "only" in entries ? entries.entries : entries;
}

const STP: Readonly<Record<string, string>> = { off: "off", kernel: "on", user: "on" };
const VALIDATE: readonly unknown[] = ["active", "backup", "all"];

/** What libvirt has no word for. */
function unsaid(link: string, values: Values, said: readonly string[]): string[] {
  return Object.entries(values)
    .filter(([property, value]) => value !== undefined && !said.includes(property))
    .map(([property, value]) => `not said: links.${link}.${property}: ${JSON.stringify(value)}`);
}

/** What goes without saying of an address or a route. */
const USUAL: Values = { broadcast: "+", table: "main", scope: "universe", protocol: "boot", type: "unicast" };

function unsaidIn(entry: object, about: string, said: readonly string[]): string[] {
  const others = Object.entries(entry).filter(
    ([property, value]) => value !== undefined && value !== USUAL[property] && !said.includes(property),
  );
  return others.length === 0 ? [] : [`not said: ${about}: ${JSON.stringify(Object.fromEntries(others))}`];
}

/** Addresses and routes of a family. */
function protocolOf(
  family: "ipv4" | "ipv6",
  addresses: readonly AddressEntry[],
  routes: readonly RouteEntry[],
): Piece[] {
  const isOf = (word: string): boolean => word.includes(":") === (family === "ipv6");
  const ips = addresses
    .filter(({ address }) => isOf(address))
    .flatMap((entry) => {
      const [address, prefix] = entry.address.split("/");
      return [element("ip", { address, prefix }), ...unsaidIn(entry, entry.address, ["address"])];
    });
  const ways = routes
    .filter(({ gateway = "" }) => isOf(gateway))
    .flatMap((entry) => {
      const [address, prefix] = entry.destination === "default" ? [] : entry.destination.split("/");
      const said = ["destination", "gateway", "link", "family"];
      return [
        element("route", { address, prefix, gateway: entry.gateway }),
        ...unsaidIn(entry, `the route to ${entry.destination}`, said),
      ];
    });
  return ips.length + ways.length === 0 ? [] : [element("protocol", { family }, ...ips, ...ways)];
}

/** What the XML is made of. */
interface Source {
  readonly links: Readonly<Record<string, LinkDeclaration>>;
  readonly routes: readonly RouteEntry[];
}

function portsOf({ links }: Source, master: string): string[] {
  return Object.keys(links).filter((name) => links[name]!.master === master);
}

/** The element that a kind of interface has for itself, and the properties that it says. */
function ownOf(
  source: Source,
  name: string,
  link: Values,
): { readonly own: Piece[]; readonly said: readonly string[] } {
  const ports = portsOf(source, name).map((port) => interfaceOf(source, port, true));
  switch (link["kind"]) {
    case undefined:
      return { own: [], said: [] };
    case "bridge": {
      const { stpState, forwardDelay } = link as { stpState?: string; forwardDelay?: number };
      const stp = stpState === undefined ? undefined : STP[stpState];
      const delay = forwardDelay === undefined ? undefined : forwardDelay / 1000;
      return { own: [element("bridge", { stp, delay }, ...ports)], said: ["stpState", "forwardDelay"] };
    }
    case "bond": {
      const {
        miimon,
        updelay,
        downdelay,
        useCarrier,
        arpInterval,
        arpIpTarget = [],
        arpValidate,
        mode,
      } = link as {
        miimon?: number;
        updelay?: number;
        downdelay?: number;
        useCarrier?: boolean;
        arpInterval?: number;
        arpIpTarget?: readonly string[];
        arpValidate?: string;
        mode?: string;
      };
      const carrier = useCarrier === undefined ? undefined : useCarrier ? "netif" : "ioctl";
      const validate = VALIDATE.includes(arpValidate) ? arpValidate : undefined;
      const monitors = [
        ...(miimon === undefined ? [] : [element("miimon", { freq: miimon, updelay, downdelay, carrier })]),
        ...(arpInterval === undefined
          ? []
          : [element("arpmon", { interval: arpInterval, target: arpIpTarget[0], validate })]),
      ];
      return {
        own: [element("bond", { mode }, ...monitors, ...ports)],
        said: [
          ...["mode", ...(miimon === undefined ? [] : ["miimon", "updelay", "downdelay", "useCarrier"])],
          ...(arpInterval === undefined ? [] : ["arpInterval", ...(arpIpTarget.length > 1 ? [] : ["arpIpTarget"])]),
          ...(validate === undefined ? [] : ["arpValidate"]),
        ],
      };
    }
    case "vlan": {
      const below = element("interface", { name: String(link["link"]) });
      return { own: [element("vlan", { tag: Number(link["id"]) }, below)], said: ["id", "link"] };
    }
    default:
      throw new InputError(`libvirt has no interface of kind ${String(link["kind"])}`, `links.${name}`);
  }
}

function interfaceOf(source: Source, name: string, isInner: boolean): Piece {
  const link = source.links[name] as Values;
  const {
    kind = "ethernet",
    up,
    mtu,
    address,
  } = link as { kind?: string; up?: boolean; mtu?: number; address?: string };
  const { own, said } = ownOf(source, name, link);
  const entries = listOf(link["addresses"] as readonly (string | AddressEntry)[] | undefined);
  const addresses = entries.map((each) => (typeof each === "string" ? { address: each } : each));
  const routes = source.routes.filter((route) => route.link === name && route.gateway !== undefined);
  // A NIC has the MAC that it has.
  const isMade = kind !== "ethernet";
  const all = ["kind", "up", "mtu", "master", "addresses", ...(isMade ? ["address"] : []), ...said];
  return element(
    "interface",
    { type: kind, name },
    ...(isInner ? [] : [element("start", { mode: up === false ? "none" : "onboot" })]),
    ...(mtu === undefined ? [] : [element("mtu", { size: mtu })]),
    ...(isMade && address !== undefined ? [element("mac", { address })] : []),
    ...(["ipv4", "ipv6"] as const).flatMap((family) => protocolOf(family, addresses, routes)),
    ...own,
    ...unsaid(name, link, all),
  );
}

/**
 * An interface of a declaration, with its ports and what it is on, as libvirt's interface XML has it; what that has no word for is a comment.
 * Throws InputError where the declaration has no such link, or one of a kind that libvirt does not know.
 */
export function writeLibvirt({ links = {}, routes }: HostDeclaration, name: string): string {
  if (!Object.hasOwn(links, name)) throw new InputError("there is no such link in it", `links.${name}`);
  return written(interfaceOf({ links, routes: listOf(routes) }, name, false));
}
