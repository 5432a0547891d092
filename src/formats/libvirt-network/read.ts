import type { BridgeVlan } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import {
  hasAddresses,
  isLabel,
  type NetworkDefinition,
  type NetworkDhcp,
  type NetworkMode,
} from "../../networks/definition.js";
import { subnetOf, subnetText } from "../../networks/subnet.js";
import type { Uncarried } from "../draft/draft.js";
import { type Entry, find, type SourceFile } from "../draft/entry.js";
import { xmlEntry } from "../syntax/xml.js";
import { type Account, accountOf, refusalOf } from "./account.js";

/** A network of libvirt's as one of ours, and what of it is kept only. */
export interface LibvirtNetwork {
  readonly definition: NetworkDefinition;
  /** In the order of lines. It stands in the definition's `libvirt`, and so in what is written of it. */
  readonly uncarried: readonly Uncarried[];
}

/** The element in which stands what libvirt has no words for, as JSON. */
export const SETTINGS = "linkwright:settings";

type Part = Partial<NetworkDefinition>;

const MACVTAP: Readonly<Record<string, NetworkDefinition["macvtapMode"]>> = {
  bridge: "bridge",
  vepa: "vepa",
  private: "private",
  passthrough: "passthru",
};

/** Milliseconds of a unit of lease times. */
const UNITS: Readonly<Record<string, number>> = { seconds: 1000, minutes: 60_000, hours: 3_600_000 };

/** "192.0.2.1", or "192.0.2.1-192.0.2.9". */
function rangeIn(account: Account, entry: Entry | undefined): string | undefined {
  const [start, end] = [account.value(entry, "start"), account.value(entry, "end")];
  return start === undefined || start === end ? start : `${start}-${end}`;
}

function cardsIn(account: Account, forward: Entry, element: "interface" | "pf"): readonly string[] {
  return account.each(forward, element).flatMap((each) => account.value(each, "dev") ?? []);
}

function readForward(account: Account, network: Entry): Part & { readonly mode: NetworkMode } {
  const forward = find(network.entries, "forward");
  const hasAddress = find(network.entries, "ip") !== undefined;
  if (forward === undefined) return { mode: hasAddress ? "host-only" : "isolated" };
  if (forward.entries.length === 0) account.carry(forward);
  const mode = account.value(forward, "mode") ?? "nat";
  const dev = account.value(forward, "dev");
  const listed = cardsIn(account, forward, "interface");
  const outgoing = dev ?? listed[0];
  const cards = [...new Set([...(dev === undefined ? [] : [dev]), ...listed])];
  switch (mode) {
    case "nat": {
      const nat = find(forward.entries, "nat");
      const isTranslated6 = account.value(nat, "ipv6") === "yes";
      const six = account.each(network, "ip").find((ip) => find(ip.entries, "family")?.value === "ipv6");
      if (six !== undefined && !isTranslated6) account.remark(six, "IPv6 is translated as IPv4 is");
      const [address, ports] = ["address", "port"].map((key) => rangeIn(account, find(nat?.entries ?? [], key)));
      return { mode, outgoing, natSource: address, natPorts: ports };
    }
    case "route":
      return { mode, outgoing };
    case "open":
      return { mode };
    case "hostdev": {
      const [address] = account.each(forward, "address");
      if (address !== undefined)
        throw refusalOf(address, "virtual functions are named by their card here, as in <pf dev='eth0'/>");
      const pools = cardsIn(account, forward, "pf");
      if (pools.length === 0) throw refusalOf(forward, "it names no card, as in <pf dev='eth0'/>");
      return { mode, interfaces: pools };
    }
    default: {
      const macvtapMode = MACVTAP[mode];
      if (macvtapMode === undefined) throw refusalOf(forward, `${mode} is no way to forward that libvirt has`);
      if (mode === "bridge" && find(network.entries, "bridge") !== undefined) return { mode: "bridge" };
      const pools = cards.length > 0 ? cards : cardsIn(account, forward, "pf");
      if (pools.length === 0) throw refusalOf(forward, "it names no interface");
      return { mode: "macvtap", macvtapMode, interfaces: pools };
    }
  }
}

/** The prefix length of a mask, or that of an address of old, which had it in its first bits. */
function lengthOf(account: Account, ip: Entry, address: string): string {
  const given = account.value(ip, "prefix") ?? account.value(ip, "netmask");
  if (given === undefined) {
    if (address.includes(":")) return "64";
    const first = Number(address.split(".")[0]);
    return first < 128 ? "8" : first < 192 ? "16" : "24";
  }
  if (!given.includes(".")) return given;
  const bits = given
    .split(".")
    .map((each) => Number(each).toString(2).padStart(8, "0"))
    .join("");
  if (!/^1*0*$/.test(bits)) throw refusalOf(ip, `${given} is no mask`);
  return String(bits.indexOf("0") < 0 ? 32 : bits.indexOf("0"));
}

function leaseTimeOf(account: Account, lease: Entry | undefined): number | undefined {
  const expiry = find(lease?.entries ?? [], "expiry");
  const unit = find(lease?.entries ?? [], "unit")?.value ?? "minutes";
  const milliseconds = Number(expiry?.value) * (UNITS[unit] ?? 0);
  // Without an end there is none to be set: that is left as it stands.
  if (!(milliseconds > 0)) return undefined;
  account.carry(lease);
  return milliseconds;
}

function readDhcp(account: Account, ip: Entry): NetworkDhcp | false {
  const dhcp = find(ip.entries, "dhcp");
  if (dhcp === undefined) return false;
  if (dhcp.entries.length === 0) account.carry(dhcp);
  const ranges = account.each(dhcp, "range");
  const [leaseTime] = ranges.flatMap((range) => leaseTimeOf(account, find(range.entries, "lease")) ?? []);
  const bootp = find(dhcp.entries, "bootp");
  const [file, nextServer] = [account.value(bootp, "file"), account.value(bootp, "server")];
  const hosts = account.each(dhcp, "host").filter((host) => find(host.entries, "ip") !== undefined);
  const reservations = hosts.map((host) => {
    const [address = "", mac, hostname, clientId] = ["ip", "mac", "name", "id"].map((key) => account.value(host, key));
    return { address, mac, hostname, clientId: mac === undefined ? clientId : undefined };
  });
  return {
    ranges: ranges.map((range) => ({
      first: account.value(range, "start") ?? "",
      last: account.value(range, "end") ?? "",
    })),
    reservations: reservations.length > 0 ? reservations : undefined,
    leaseTime,
    boot: file === undefined ? undefined : { file, nextServer },
  };
}

function readAddresses(account: Account, network: Entry): Part {
  const read: { -readonly [K in keyof NetworkDefinition]?: NetworkDefinition[K] } = {};
  for (const ip of account.each(network, "ip")) {
    const address = find(ip.entries, "address")?.value ?? "";
    const isSix = address.includes(":");
    if ((isSix ? read.subnet6 : read.subnet) !== undefined) {
      account.remark(ip, "a network has one subnet of each version of IP");
      continue;
    }
    account.value(ip, "address");
    account.value(ip, "family");
    const subnet = subnetText(subnetOf(`${address}/${lengthOf(account, ip, address)}`));
    if (isSix) Object.assign(read, { subnet6: subnet, address6: address });
    else Object.assign(read, { subnet, address, dhcp: readDhcp(account, ip) });
  }
  return read;
}

function readResolvers(account: Account, network: Entry): Part {
  const dns = find(network.entries, "dns");
  if (find(dns?.entries ?? [], "enable")?.value === "no") {
    account.value(dns, "enable");
    return { dns: [] };
  }
  const forwarders = account.each(dns, "forwarder").filter((each) => find(each.entries, "domain") === undefined);
  const resolvers = forwarders.flatMap((each) => account.value(each, "addr") ?? []);
  const hosts = account.each(dns, "host").flatMap((host) => {
    const names = account.each(host, "hostname").filter(({ value }) => isLabel(value));
    const address = names.length === 0 ? undefined : account.value(host, "ip");
    if (address === undefined) return [];
    names.forEach(account.carry);
    return names.map(({ value }) => ({ hostname: value, address }));
  });
  const own = { ...(resolvers.length > 0 ? { resolvers } : {}), ...(hosts.length > 0 ? { hosts } : {}) };
  return Object.keys(own).length > 0 ? { dns: own } : {};
}

function readVlans(account: Account, network: Entry): readonly BridgeVlan[] | undefined {
  const vlan = find(network.entries, "vlan");
  if (vlan === undefined) return undefined;
  const tags = account.each(vlan, "tag");
  const isTrunk = account.value(vlan, "trunk") === "yes" || tags.length > 1;
  return tags.map((tag) => {
    const [id, native] = [Number(account.value(tag, "id")), account.value(tag, "nativeMode")];
    if (!isTrunk || native === "untagged") return { id, pvid: true, untagged: true };
    return native === "tagged" ? { id, pvid: true } : { id };
  });
}

/** What is said of the bridge or the cards' functions that guests are on. */
function readPorts(account: Account, network: Entry, mode: NetworkMode): Part {
  const port = find(network.entries, "virtualport");
  const isOpen = mode === "bridge" && find(port?.entries ?? [], "type")?.value === "openvswitch";
  if (isOpen) account.value(port, "type");
  return {
    ...(isOpen ? { switch: "openvswitch" } : {}),
    ...(mode === "bridge" || mode === "hostdev" ? { vlans: readVlans(account, network) } : {}),
  };
}

function readSettings(account: Account, network: Entry): Part {
  const metadata = find(network.entries, "metadata");
  const settings = find(metadata?.entries ?? [], SETTINGS);
  if (settings === undefined) return {};
  account.carry(settings);
  const json = find(settings.entries, "#text")?.value ?? settings.value;
  return JSON.parse(json) as Part;
}

/** An object without what is undefined. */
function given<T>(value: T): T {
  if (Array.isArray(value)) return value.map(given) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([name, each]) => [name, given(each)])) as T;
}

/**
 * Reads a network of libvirt's XML (docs/formatnetwork.rst). What is not acted on is kept and named. Throws InputError, which names file
 * and line, for what is no XML, and for what no network here can be.
 */
export function readLibvirtNetwork(file: SourceFile): LibvirtNetwork {
  const root = xmlEntry(file);
  if (root.key !== "network") throw refusalOf(root, `<${root.key}> is no network`);
  const account = accountOf(root);
  const name = account.value(root, "name");
  if (name === undefined) throw refusalOf(root, "it has no name");
  const forward = readForward(account, root);
  const child = (element: string, attribute: string): string | undefined =>
    account.value(find(root.entries, element), attribute);
  const hasBridge = forward.mode !== "macvtap" && forward.mode !== "hostdev";
  const isMade = hasBridge && forward.mode !== "bridge";
  const size = isMade ? child("mtu", "size") : undefined;
  const definition: NetworkDefinition = {
    name,
    ...forward,
    ...(hasBridge ? { bridge: child("bridge", "name") } : {}),
    ...(isMade ? { mac: child("mac", "address"), mtu: size === undefined ? undefined : Number(size) } : {}),
    domain: child("domain", "name"),
    ...(hasAddresses(forward.mode) ? readAddresses(account, root) : {}),
    ...readResolvers(account, root),
    ...readPorts(account, root, forward.mode),
    ...readSettings(account, root),
    libvirt: file.text,
  };
  return { definition: given(definition), uncarried: account.finish() };
}
