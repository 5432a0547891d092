import { isDeepStrictEqual } from "node:util";
import { DOMParser, type Document, type Element, type Node, XMLSerializer } from "@xmldom/xmldom";
import {
  dhcpOf,
  type macvtapModes,
  type NetworkDefinition,
  type NetworkDns,
  planOf,
  toldResolvers,
} from "../../networks/definition.js";
import { readLibvirtNetwork, SETTINGS } from "./read.js";

const ELEMENT = 1;
const NAMESPACE = "urn:linkwright:network";
const LIBVIRT_MODES = {
  bridge: "bridge",
  vepa: "vepa",
  private: "private",
  passthru: "passthrough",
} as const satisfies {
  [K in (typeof macvtapModes)[number]]: string;
};

/** What libvirt has no words for: it stands in the metadata, as JSON. */
const SETTING_KEYS = ["forwards", "antiSpoof", "firewall"] as const;
/** What is no part of a network's XML with libvirt either. */
const BESIDE = ["libvirt", "autostart"];

function escaped(text: string): string {
  return text.replace(/[&<>'"]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/** An element with attributes, without those that are undefined, and what is in it. */
function element(name: string, attributes: Readonly<Record<string, unknown>>, inner: readonly string[] = []): string {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}='${escaped(String(value))}'`)
    .join("");
  if (inner.length === 0) return `<${name}${words}/>`;
  const lines = inner.map((each) => `  ${each.replaceAll("\n", "\n  ")}\n`).join("");
  return `<${name}${words}>\n${lines}</${name}>`;
}

function range(name: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  const [start, end = start] = text.split("-");
  return [element(name, { start, end })];
}

function forwardXml(definition: NetworkDefinition): string[] {
  const { mode, outgoing: dev, natSource, natPorts, subnet6, macvtapMode = "bridge", interfaces = [] } = definition;
  const cards = (name: string): string[] => interfaces.map((each) => element(name, { dev: each }));
  switch (mode) {
    case "isolated":
    case "host-only":
      return [];
    case "nat": {
      const inner = [...range("address", natSource), ...range("port", natPorts)];
      const six = subnet6 === undefined ? undefined : "yes";
      const nat = inner.length > 0 || six !== undefined ? [element("nat", { ipv6: six }, inner)] : [];
      return [element("forward", { mode, dev }, nat)];
    }
    case "macvtap":
      return [element("forward", { mode: LIBVIRT_MODES[macvtapMode] }, cards("interface"))];
    case "hostdev":
      return [element("forward", { mode, managed: "yes" }, cards("pf"))];
    default:
      return [element("forward", { mode, dev })];
  }
}

function dhcpXml(definition: NetworkDefinition): string[] {
  const served = dhcpOf(planOf(definition));
  if (served === undefined) return [];
  const { ranges, reservations = [], leaseTime, boot } = served;
  const lease = leaseTime === undefined ? [] : [element("lease", { expiry: leaseTime / 1000, unit: "seconds" })];
  return [
    element("dhcp", {}, [
      ...ranges.map(({ first, last }) => element("range", { start: first, end: last }, lease)),
      ...reservations.map(({ mac, clientId: id, hostname: name, address: ip }) =>
        element("host", { mac, id, name, ip }),
      ),
      ...(boot === undefined ? [] : [element("bootp", { file: boot.file, server: boot.nextServer })]),
    ]),
  ];
}

function addressXml(definition: NetworkDefinition, family: "inet" | "inet6"): string[] {
  return planOf(definition)
    .subnets.filter(({ subnet }) => subnet.family === family)
    .map(({ address, subnet: { length } }) =>
      family === "inet"
        ? element("ip", { address, prefix: length }, dhcpXml(definition))
        : element("ip", { family: "ipv6", address, prefix: length }),
    );
}

function resolversXml({ dns }: NetworkDefinition): string[] {
  const told = toldResolvers({ dns });
  if (dns === undefined) return [];
  // Resolvers that guests are told of themselves, libvirt has no words for.
  if (told !== undefined) return told.length === 0 ? [element("dns", { enable: "no" })] : [];
  const { resolvers = [], hosts = [] } = dns as NetworkDns;
  return [
    element("dns", {}, [
      ...resolvers.map((addr) => element("forwarder", { addr })),
      ...hosts.map(({ hostname, address: ip }) => element("host", { ip }, [`<hostname>${hostname}</hostname>`])),
    ]),
  ];
}

function vlansXml({ vlans }: NetworkDefinition): string[] {
  if (vlans === undefined) return [];
  const [only, ...others] = vlans;
  if (others.length === 0 && only?.pvid === true && only.untagged === true)
    return [element("vlan", {}, [element("tag", { id: only.id })])];
  const ids = vlans.flatMap(({ id, to = id, pvid, untagged }) =>
    Array.from({ length: to - id + 1 }, (_, place) => {
      const nativeMode = pvid === true ? (untagged === true ? "untagged" : "tagged") : undefined;
      return element("tag", { id: id + place, nativeMode });
    }),
  );
  return [element("vlan", { trunk: "yes" }, ids)];
}

/** What stands in the metadata; other programs' have their own. */
function settingsOf(definition: NetworkDefinition): object {
  const settings = Object.fromEntries(
    SETTING_KEYS.filter((key) => definition[key] !== undefined).map((key) => [key, definition[key]]),
  );
  const { dhcp } = definition;
  return dhcp !== undefined && dhcp !== false && dhcp.options !== undefined ? { ...settings, dhcp } : settings;
}

function settingsXml(definition: NetworkDefinition): string[] {
  const settings = settingsOf(definition);
  if (Object.keys(settings).length === 0) return [];
  const text = escaped(JSON.stringify(settings));
  return [`<${SETTINGS} xmlns:linkwright='${NAMESPACE}'>${text}</${SETTINGS}>`];
}

/** An element of the XML that says some of a definition's properties. */
interface Part {
  readonly keys: readonly (keyof NetworkDefinition)[];
  /** Which of the network's elements it is. */
  is(each: Element): boolean;
  /** Writes it anew; those that there are go. */
  readonly write?: (definition: NetworkDefinition) => readonly string[];
  /** Changes an attribute, and leaves what else the element says. */
  readonly attribute?: readonly [element: string, attribute: string, key: AttributeKey];
}

/** Properties that stand in an attribute each. */
type AttributeKey = "bridge" | "mac" | "mtu" | "domain";

const named =
  (name: string) =>
  (each: Element): boolean =>
    each.tagName === name;
const isSix = (each: Element): boolean => each.getAttribute("family") === "ipv6";

function attribute(key: AttributeKey, name: string, word: string): Part {
  return { keys: [key], is: named(name), attribute: [name, word, key] };
}

const PARTS: readonly Part[] = [
  { keys: ["name"], is: named("name"), write: ({ name }) => [`<name>${escaped(name)}</name>`] },
  {
    keys: ["mode", "outgoing", "natSource", "natPorts", "macvtapMode", "interfaces"],
    is: named("forward"),
    write: forwardXml,
  },
  attribute("bridge", "bridge", "name"),
  attribute("mac", "mac", "address"),
  attribute("mtu", "mtu", "size"),
  attribute("domain", "domain", "name"),
  { keys: ["dns"], is: named("dns"), write: resolversXml },
  {
    keys: ["switch"],
    is: named("virtualport"),
    write: (definition) =>
      definition.switch === undefined ? [] : [element("virtualport", { type: definition.switch })],
  },
  { keys: ["vlans"], is: named("vlan"), write: vlansXml },
  {
    keys: ["subnet", "address", "dhcp"],
    is: (each) => each.tagName === "ip" && !isSix(each),
    write: (definition) => addressXml(definition, "inet"),
  },
  {
    keys: ["subnet6", "address6"],
    is: (each) => each.tagName === "ip" && isSix(each),
    write: (definition) => addressXml(definition, "inet6"),
  },
];

function childrenOf(node: Element): Element[] {
  return Array.from({ length: node.childNodes.length }, (_, place) => node.childNodes.item(place)!).filter(
    ({ nodeType }) => nodeType === ELEMENT,
  ) as Element[];
}

function remove(child: Node): void {
  const { previousSibling, parentNode } = child;
  if (previousSibling?.nodeType === 3 && /^\s*$/.test(previousSibling.nodeValue ?? ""))
    parentNode!.removeChild(previousSibling);
  parentNode!.removeChild(child);
}

/** Puts elements before another child, or at the end, each in a line of its own. */
function insert(
  document: Document,
  parent: Element,
  texts: readonly string[],
  before: Node | null,
  indent: string,
): void {
  for (const text of texts) {
    const made = new DOMParser().parseFromString(text.replaceAll("\n", `\n${indent}`), "text/xml").documentElement!;
    parent.insertBefore(document.createTextNode(`\n${indent}`), before);
    parent.insertBefore(document.importNode(made, true), before);
  }
}

/** The white space before the end of an element, which what is appended to it stands before. */
function endOf({ lastChild }: Element): Node | null {
  return lastChild?.nodeType === 3 && /^\s*$/.test(lastChild.nodeValue ?? "") ? lastChild : null;
}

function writePart(document: Document, root: Element, part: Part, definition: NetworkDefinition): void {
  const present = childrenOf(root).filter((each) => part.is(each));
  if (part.attribute !== undefined) {
    const [name, word, key] = part.attribute;
    const value = definition[key];
    if (value === undefined) present[0]?.removeAttribute(word);
    else if (present[0] === undefined) insert(document, root, [element(name, { [word]: value })], endOf(root), "  ");
    else present[0].setAttribute(word, String(value));
    return;
  }
  const [first] = present;
  const place = first?.nextSibling ?? endOf(root);
  present.forEach(remove);
  insert(document, root, part.write!(definition), place, "  ");
}

function writeSettings(document: Document, root: Element, definition: NetworkDefinition): void {
  const texts = settingsXml(definition);
  const metadata = childrenOf(root).find(named("metadata"));
  for (const each of metadata === undefined ? [] : childrenOf(metadata)) if (each.tagName === SETTINGS) remove(each);
  if (texts.length === 0) return;
  if (metadata === undefined) insert(document, root, [element("metadata", {}, texts)], endOf(root), "  ");
  else insert(document, metadata, texts, endOf(metadata), "    ");
}

/**
 * A network's definition as libvirt's XML: what it was read from, with what has changed since. What libvirt has no words for stands
 * in the metadata. Throws InputError for a definition that is none.
 */
export function writeLibvirtNetwork(definition: NetworkDefinition): string {
  const text = definition.libvirt ?? "<network>\n</network>\n";
  const before: Partial<NetworkDefinition> =
    definition.libvirt === undefined ? {} : readLibvirtNetwork({ name: "libvirt", text }).definition;
  const differs = (key: string): boolean =>
    !isDeepStrictEqual(before[key as keyof NetworkDefinition], definition[key as keyof NetworkDefinition]);
  const keys = new Set([...Object.keys(before), ...Object.keys(definition)]);
  const changed = [...keys].filter((key) => !BESIDE.includes(key) && differs(key));
  if (changed.length === 0) return text;
  const document = new DOMParser().parseFromString(text, "text/xml");
  const root = document.documentElement!;
  for (const part of PARTS)
    if (part.keys.some((key) => changed.includes(key))) writePart(document, root, part, definition);
  if (!isDeepStrictEqual(settingsOf(before as NetworkDefinition), settingsOf(definition)))
    writeSettings(document, root, definition);
  const written = new XMLSerializer().serializeToString(document);
  return written.endsWith("\n") ? written : `${written}\n`;
}
