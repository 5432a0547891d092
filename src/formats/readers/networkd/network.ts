import { InputError, quoted } from "../../../base/errors.js";
import type { Draft } from "../../draft/draft.js";
import { type Entry, all, fileName, find } from "../../draft/entry.js";
import { refuseEach, setOptions, why } from "../../draft/options.js";
import { addAddress, addRoute, defaultFor, setSysctl, withLength } from "../../draft/settings.js";
import { number, oneOf, wordsOf, yesNo } from "../../syntax/values.js";
import { readAddress, readForwarding, readNeighbour, readRoute, readRule, readVlans } from "./parts.js";
import { type Unit, entriesIn } from "./units.js";
import { OFF, REASONS, bridgePort, bytes, link } from "./words.js";

/** Links that stand on one, or that it is a port of, by the words of [Network]. */
const STACKED = ["VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "VXLAN", "Tunnel"];

const MASTERS = ["Bridge", "Bond", "VRF"];

function readNetworkSection(draft: Draft, entry: Entry, name: string, kinds: ReadonlyMap<string, string>): void {
  const { key, value } = entry;
  const path = ["links", name];
  if (key === "Address") addAddress(draft, entry, name, withLength(value, value.includes(":") ? 128 : 32));
  else if (key === "Gateway") {
    if (value.startsWith("_")) throw new InputError(why.lease);
    addRoute(draft, entry, { ...defaultFor(value), gateway: value, link: name });
  } else if (MASTERS.includes(key)) draft.set(entry, [...path, "master"], value);
  else if (STACKED.includes(key))
    for (const upper of wordsOf(value)) {
      if (!kinds.has(upper)) throw new InputError(`there is no .netdev of ${upper}`);
      draft.set(entry, ["links", upper, "link"], name);
    }
  else if (key === "IPForward")
    for (const family of value === "ipv4" || value === "ipv6" ? [value] : ["ipv4", "ipv6"]) {
      const on = value === family || yesNo(value);
      const setting = family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
      draft.set(entry, ["sysctls", setting], on ? 1 : 0);
    }
  else if (key === "IPv4Forwarding" || key === "IPv6Forwarding")
    setSysctl(draft, entry, key === "IPv4Forwarding" ? "ipv4" : "ipv6", name, "forwarding", yesNo(value) ? 1 : 0);
  else if (key === "IPv6AcceptRA") {
    if (yesNo(value)) throw new InputError(why.router);
    setSysctl(draft, entry, "ipv6", name, "accept_ra", 0);
  } else if (key === "LinkLocalAddressing") {
    if (value === "ipv6" || value === "yes") draft.carry(entry);
    else if (value === "no" || value === "ipv4-fallback") setSysctl(draft, entry, "ipv6", name, "addr_gen_mode", 1);
    else throw new InputError(`${quoted(value)}: the kernel gives IPv6 link-local addresses alone`);
    if (value === "yes") draft.refuse(entry, "the kernel gives IPv6 link-local addresses alone");
  } else if (key === "IPv4ReversePathFilter") {
    const filter = oneOf({ no: 0, strict: 1, loose: 2 })(value);
    setSysctl(draft, entry, "ipv4", name, "rp_filter", filter);
  } else if (key === "IPv4ProxyARP" || key === "ProxyARP")
    setSysctl(draft, entry, "ipv4", name, "proxy_arp", yesNo(value) ? 1 : 0);
  else if (key === "IPv6ProxyNDP") setSysctl(draft, entry, "ipv6", name, "proxy_ndp", yesNo(value) ? 1 : 0);
  else if (key === "IPv4AcceptLocal") setSysctl(draft, entry, "ipv4", name, "accept_local", yesNo(value) ? 1 : 0);
  else if (key === "IPv6DuplicateAddressDetection")
    setSysctl(draft, entry, "ipv6", name, "dad_transmits", number(value));
  else if (key === "IPv6MTUBytes") setSysctl(draft, entry, "ipv6", name, "mtu", bytes(value));
  else if (key === "IPv6HopLimit") setSysctl(draft, entry, "ipv6", name, "hop_limit", number(value));
}

/** Whether a pattern of [Match] fits a name. */
function fits(pattern: string, name: string): boolean {
  const words = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${words}$`).test(name);
}

/** The links, or patterns of them, that a file is for; throws InputError where names do not tell. */
function matched(sections: readonly Entry[], taken: ReadonlyMap<string, string>): { names: string[]; from: Entry[] } {
  const match = entriesIn(sections, "Match");
  const name = find(match, "Name");
  if (name === undefined) throw new InputError("it does not say which links it is for by their names");
  const names = name.value.split(/\s+/).filter((each) => each !== "");
  for (const each of names) {
    if (/^!|[[\]]/.test(each)) throw new InputError(`Name=${each}: a declaration has no such pattern`);
    for (const [other, file] of taken) {
      if (other === each || fits(other, each)) throw new InputError(`${file} comes first for ${each}`);
      if (fits(each, other))
        throw new InputError(`${file} comes first for ${other}, and in a declaration ${each} would be for it, too`);
    }
  }
  return { names, from: [name] };
}

export function readNetwork(
  draft: Draft,
  { name: file, sections }: Unit,
  kinds: ReadonlyMap<string, string>,
  taken: Map<string, string>,
): void {
  let names: string[];
  try {
    const found = matched(sections, taken);
    ({ names } = found);
    draft.carry(...found.from);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const section of sections) for (const entry of section.entries) draft.refuse(entry, error.message);
    return;
  }
  const own = entriesIn(sections, "Link");
  const [unmanaged, policy] = [find(own, "Unmanaged"), find(own, "ActivationPolicy")];
  if (unmanaged !== undefined && /^(yes|true|1|on)$/.test(unmanaged.value)) {
    for (const section of sections)
      for (const entry of section.entries) draft.refuse(entry, "Unmanaged=yes: networkd leaves it alone");
    return;
  }
  if (unmanaged !== undefined)
    draft.reading(unmanaged, () => {
      yesNo(unmanaged.value);
      draft.carry(unmanaged);
    });
  for (const name of names) {
    taken.set(name, fileName(file));
    const path = ["links", name];
    if (policy === undefined) draft.assume([...path, "up"], true);
    else if (policy.value === "up" || policy.value === "always-up") draft.set(policy, [...path, "up"], true);
    else if (policy.value === "down" || policy.value === "always-down") draft.set(policy, [...path, "up"], false);
    else if (policy.value === "manual") draft.carry(policy);
    readVlans(
      draft,
      all(sections, "BridgeVLAN"),
      kinds.get(name) === "bridge" ? [...path, "vlans"] : [...path, "asPort", "vlans"],
    );
    for (const section of sections) readNetworkPart(draft, section, name, kinds);
  }
}

function readNetworkPart(draft: Draft, section: Entry, name: string, kinds: ReadonlyMap<string, string>): void {
  const path = ["links", name];
  const { key, entries } = section;
  if (key === "Link") setOptions(draft, entries, path, link);
  else if (key === "Bridge") setOptions(draft, entries, [...path, "asPort"], bridgePort);
  else if (key === "Address") readAddress(draft, section, name);
  else if (key === "Route")
    draft.reading(section.entries[0] ?? section, () => {
      readRoute(draft, section, name);
    });
  else if (key === "RoutingPolicyRule") readRule(draft, section);
  else if (key === "BridgeFDB") readForwarding(draft, section, name);
  else if (key === "Neighbor") readNeighbour(draft, section, name);
  else if (key === "Network")
    for (const entry of entries)
      draft.reading(entry, () => {
        readNetworkSection(draft, entry, name, kinds);
      });
  else if (
    /^(DHCP|DHCPv4|DHCPv6|DHCPServer|DHCPPrefixDelegation|IPv6AcceptRA|IPv6SendRA|IPv6Prefix|IPv6RoutePrefix)/.test(key)
  )
    for (const entry of entries) draft.refuse(entry, key.startsWith("DHCP") ? why.lease : why.router);
  if (key === "Bridge" || key === "Match") return;
  const off = entries.filter((entry) => OFF.test(entry.key) && /^(no|false|off|0)$/.test(entry.value));
  draft.carry(...off);
  refuseEach(
    draft,
    entries.filter((entry) => !off.includes(entry) && (key !== "Link" || !Object.hasOwn(link, entry.key))),
    REASONS,
  );
}
