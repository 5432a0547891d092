import { InputError, quoted, under } from "../base/errors.js";
import { checkEach, checkKnown, checkList, checkSwitch } from "../base/input.js";
import type { DhcpOptions } from "../dhcp/wire/dhcp-options.js";
import {
  type AddressRange,
  type BootSettings,
  checkReservation,
  networkOf,
  type Reservation,
} from "../dhcp/server/settings.js";
import { checkUnicastMac } from "../netlink/codecs/internet.js";
import { type BridgeVlan, checkVlans } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import { linkName } from "../rtnetlink/link/link-attributes.js";
import { Writer } from "../netlink/codecs/bytes.js";
import { ipv4Bytes } from "../dhcp/wire/address.js";
import { addressNumber, addressText, guestSubnet, isHostIn, type Subnet, subnetText } from "./subnet.js";

/**
 * How guests reach the world.
 * - "isolated": they reach one another, and nobody else.
 * - "host-only": this machine, too.
 * - "nat": whatever this machine reaches, by its address; what comes from outside reaches them by forwards alone.
 * - "route": the same by their own addresses, from both sides.
 * - "open": as "route", and the firewall is left to others.
 * - "bridge": a bridge that there is, made and kept by somebody else.
 * - "macvtap": what is behind network cards of this machine, of which each guest has a macvtap; not this machine itself.
 * - "hostdev": the same by a virtual function of a network card (SR-IOV), which the guest has as its own device.
 */
export type NetworkMode = "isolated" | "host-only" | "nat" | "route" | "open" | "bridge" | "macvtap" | "hostdev";

/** What a network of each mode can be given, of what not all have. */
const OWN_BRIDGE = ["bridge", "mac", "mtu"] as const;
const ADDRESSES = ["subnet", "address", "subnet6", "address6", "dhcp"] as const;
const OF_MODE: Readonly<Record<NetworkMode, readonly (keyof NetworkDefinition)[]>> = {
  isolated: OWN_BRIDGE,
  "host-only": [...OWN_BRIDGE, ...ADDRESSES, "firewall"],
  nat: [...OWN_BRIDGE, ...ADDRESSES, "outgoing", "natSource", "natPorts", "firewall"],
  route: [...OWN_BRIDGE, ...ADDRESSES, "outgoing", "firewall"],
  open: [...OWN_BRIDGE, ...ADDRESSES],
  bridge: ["bridge", "switch", "vlans"],
  macvtap: ["interfaces", "macvtapMode"],
  hostdev: ["interfaces", "vlans"],
};

export const modes = Object.keys(OF_MODE) as readonly NetworkMode[];
const NOT_OF_ALL = [...new Set(Object.values(OF_MODE).flat())];

/** How macvtaps on one network card see each other: MACVLAN_MODE_* (linux/if_link.h). */
export const macvtapModes = ["bridge", "vepa", "private", "passthru"] as const;

/** What comes to a port of this machine goes to a guest. */
export interface PortForward {
  readonly protocol: "tcp" | "udp";
  /** A port, or a range such as "8000-8010", which goes to the same ports. */
  readonly port: number | string;
  /** The guest's address. */
  readonly to: string;
  /** The guest's port. Undefined: the same. */
  readonly toPort?: number | undefined;
  /** The address of this machine that is meant. Undefined: all of them, but for the loopback's. */
  readonly address?: string | undefined;
}

/** How guests get their addresses. */
export interface NetworkDhcp {
  /**
   * Who gives them. "dnsmasq": a dnsmasq that is run for the network, which answers for guests' names, too. Undefined: "built-in", the
   * server of this library.
   */
  readonly server?: "built-in" | "dnsmasq" | undefined;
  /** Undefined: all of the subnet but the network's own address. */
  readonly ranges?: readonly AddressRange[] | undefined;
  readonly reservations?: readonly Reservation[] | undefined;
  /** Milliseconds. Undefined: an hour. */
  readonly leaseTime?: number | undefined;
  /** What guests without a disk start from. */
  readonly boot?: BootSettings | undefined;
  /** Beside mask, router and resolvers, which follow from the network. */
  readonly options?: DhcpOptions | undefined;
}

/** How guests' questions about names are answered, at this machine's addresses in the network. */
export interface NetworkDns {
  /** Who is asked about what is no guest's. Undefined: this machine's resolvers, as they are then; empty: nobody. */
  readonly resolvers?: readonly string[] | undefined;
  /** Names beside those of leases and reservations. */
  readonly hosts?: readonly { readonly hostname: string; readonly address: string }[] | undefined;
}

/** A network for guests. What is not given of it is chosen when it is defined. */
export interface NetworkDefinition {
  /** Up to 32 letters, digits, "_", "." and "-". */
  readonly name: string;
  readonly mode: NetworkMode;
  /** The bridge's name; of the mode "bridge" that of the one that there is. Undefined: "lw-" and the name. */
  readonly bridge?: string | undefined;
  /** The bridge's MAC, by which guests know the network again. Undefined: a random one. */
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** A subnet of IPv4, or "auto" for one that nobody here uses. */
  readonly subnet?: string | undefined;
  /** This machine's address in it. Undefined: the first. */
  readonly address?: string | undefined;
  /** A subnet of IPv6, or "auto" for a random one that is nobody else's (RFC 4193). */
  readonly subnet6?: string | undefined;
  readonly address6?: string | undefined;
  /** The link by which guests go out, and by which alone they are reached. Undefined: any. */
  readonly outgoing?: string | undefined;
  /**
   * Of the mode "nat": the address of IPv4 that guests have outside, or a range of them, "192.0.2.10-192.0.2.20". Undefined: that of the
   * link by which they go out.
   */
  readonly natSource?: string | undefined;
  /** Of the mode "nat": the ports that their connections of TCP and UDP have outside, such as "1024-65535". Undefined: any. */
  readonly natPorts?: string | undefined;
  readonly forwards?: readonly PortForward[] | undefined;
  /** DHCPv4. Undefined: with a subnet of IPv4, yes; false: no. */
  readonly dhcp?: NetworkDhcp | false | undefined;
  /**
   * A list: resolvers that guests are told of, none for an empty one. Else the network answers itself, by default with what this machine's
   * resolvers say of names that are none of its guests'; of mode "host-only" nobody is asked.
   */
  readonly dns?: readonly string[] | NetworkDns | undefined;
  /** The domain that guests are in. */
  readonly domain?: string | undefined;
  /**
   * Of the mode "bridge": what the bridge is one of. "openvswitch": of the Open vSwitch that answers at its socket. Undefined: of
   * Linux.
   */
  readonly switch?: "openvswitch" | undefined;
  /** VLANs of guests' ports; of the mode "hostdev" one, which guests do not see. */
  readonly vlans?: readonly BridgeVlan[] | undefined;
  /** Network cards: each guest gets that which the fewest have. Of the mode "hostdev" those with virtual functions. */
  readonly interfaces?: readonly string[] | undefined;
  /** Of the mode "macvtap". Undefined: "bridge". With "passthru" a network card is one guest's alone. */
  readonly macvtapMode?: (typeof macvtapModes)[number] | undefined;
  /**
   * "adopt": chains of others that drop what the network lets pass, such as Docker's, get rules that accept it, marked with the
   * network's name, for as long as it is up. Undefined: they are named, and left alone.
   */
  readonly firewall?: "adopt" | undefined;
  /** The XML of libvirt that it was read from: what is not acted on stands there, for whoever wants that again. */
  readonly libvirt?: string | undefined;
  /** Whether a guest can be nobody but itself, where its port is made by `tapForQemu`. Undefined: no. */
  readonly antiSpoof?: boolean | undefined;
  /** Whether `linkwright serve` brings it up when that starts, with the machine. Undefined: no. */
  readonly autostart?: boolean | undefined;
}

const KNOWN: readonly (keyof NetworkDefinition)[] = [
  "name",
  "mode",
  "bridge",
  "mac",
  "mtu",
  "subnet",
  "address",
  "subnet6",
  "address6",
  "outgoing",
  "natSource",
  "natPorts",
  "forwards",
  "dhcp",
  "dns",
  "domain",
  "switch",
  "vlans",
  "interfaces",
  "macvtapMode",
  "firewall",
  "libvirt",
  "antiSpoof",
  "autostart",
];
const FORWARD = ["protocol", "port", "to", "toPort", "address"];
const DHCP = ["server", "ranges", "reservations", "leaseTime", "boot", "options"];
const LONGEST_BRIDGE_NAME = 15;
const FORWARDING: readonly NetworkMode[] = ["nat", "route"];

function checkLinkName(name: string): void {
  linkName.write(new Writer(), name, {});
}

/** Throws InputError for what is no name of a network: it names files and chains. */
export function checkNetworkName(name: unknown): asserts name is string {
  if (typeof name !== "string" || !/^[A-Za-z0-9][\w.-]{0,31}$/.test(name))
    throw new InputError(`${quoted(name)} is not a network's name: 1 to 32 letters, digits, "_", "." and "-"`, "name");
}

/** The first and the last port of a forward. Throws InputError. */
export function portsOf({ port }: Pick<PortForward, "port">): { first: number; last: number } {
  const [, from = "", to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(port)) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === "" || first < 1 || last > 65535 || first > last)
    throw new InputError(`${quoted(port)} is neither a port nor a range of ports such as 8000-8010`, "port");
  return { first, last };
}

/** A network as it is worked with: checked, and with all that has to be chosen. */
export interface ResolvedNetwork extends NetworkDefinition {
  /** Empty where guests are on none. */
  readonly bridge: string;
  readonly subnets: readonly { readonly subnet: Subnet; readonly text: string; readonly address: string }[];
}

/** Throws InputError, which names what is wrong. */
export function checkForward(plan: ResolvedNetwork, forward: PortForward): void {
  checkKnown(forward, FORWARD, "");
  const { protocol, to, toPort, address } = forward;
  if (!FORWARDING.includes(plan.mode)) throw new InputError(`a network of mode ${plan.mode} has no forwards`);
  if (protocol !== "tcp" && protocol !== "udp")
    throw new InputError(`${quoted(protocol)} is none of tcp, udp`, "protocol");
  const { first, last } = portsOf(forward);
  if (!plan.subnets.some(({ subnet, address: own }) => under("to", () => isHostIn(subnet, to)) && to !== own))
    throw new InputError(`${to} is no guest's address in ${plan.subnets.map(({ text }) => text).join(" or ")}`, "to");
  if (toPort !== undefined && !(Number.isInteger(toPort) && toPort > 0 && toPort < 65536))
    throw new InputError(`${quoted(toPort)} is not a port`, "toPort");
  if (toPort !== undefined && first !== last) throw new InputError("a range goes to the same ports", "toPort");
  if (address !== undefined && under("address", () => address.includes(":")) !== to.includes(":"))
    throw new InputError(`${address} and ${to} are not of the same version of IP`, "address");
}

/** Whether two forwards want the same port. */
export function collide(one: PortForward, other: PortForward): boolean {
  const [a, b] = [portsOf(one), portsOf(other)];
  return (
    one.protocol === other.protocol &&
    one.to.includes(":") === other.to.includes(":") &&
    (one.address === undefined || other.address === undefined || one.address === other.address) &&
    a.first <= b.last &&
    b.first <= a.last
  );
}

/** A forward in words: "tcp 8080". */
export function forwardText({ protocol, port, address }: PortForward): string {
  return `${protocol} ${address === undefined ? "" : `${address} `}${port}`;
}

function subnetsOf(definition: NetworkDefinition): ResolvedNetwork["subnets"] {
  const of = (
    name: "subnet" | "subnet6",
    own: "address" | "address6",
    family: Subnet["family"],
  ): ResolvedNetwork["subnets"] => {
    const text = definition[name];
    if (text === undefined) {
      if (definition[own] !== undefined) throw new InputError(`there is no ${name} for it`, own);
      return [];
    }
    const subnet = under(name, () => guestSubnet(text, family));
    const address = definition[own] ?? addressText(family, subnet.first + 1n);
    if (!under(own, () => isHostIn(subnet, address))) throw new InputError(`${address} is no host's in ${text}`, own);
    return [{ subnet, text: subnetText(subnet), address }];
  };
  return [...of("subnet", "address", "inet"), ...of("subnet6", "address6", "inet6")];
}

/** Whether a network's guests are given their addresses by a dnsmasq. */
export function usesDnsmasq({ dhcp }: Pick<NetworkDefinition, "dhcp">): boolean {
  return dhcp !== undefined && dhcp !== false && dhcp.server === "dnsmasq";
}

/** The settings of the DHCP server that a network wants; undefined for none. */
export function dhcpOf(plan: ResolvedNetwork, resolvers: readonly string[] = []) {
  const four = plan.subnets.find(({ subnet }) => subnet.family === "inet");
  if (four === undefined || plan.dhcp === false) return undefined;
  const { ranges, reservations, leaseTime, boot, options } = plan.dhcp ?? {};
  const { subnet, text, address } = four;
  const [first, last] = [subnet.first + 1n, subnet.last - 1n];
  const guestsLeave = plan.mode !== "host-only";
  return {
    ...{ reservations, leaseTime, boot },
    subnet: text,
    address,
    ranges: ranges ?? [{ first: addressText("inet", first), last: addressText("inet", last) }],
    options: {
      ...(guestsLeave ? { routers: [address] } : {}),
      ...(resolvers.length > 0 ? { domainNameServers: resolvers } : {}),
      ...(plan.domain === undefined ? {} : { domainName: plan.domain }),
      ...(plan.mtu === undefined ? {} : { interfaceMtu: plan.mtu }),
      ...options,
    },
  };
}

/** Whether networks of a mode have subnets. */
export function hasAddresses(mode: NetworkMode): boolean {
  return OF_MODE[mode].includes("subnet");
}

/** Whether a network has a bridge of its own making. */
export function makesBridge({ mode }: Pick<NetworkDefinition, "mode">): boolean {
  return OF_MODE[mode].includes("mac");
}

function checkMode(definition: NetworkDefinition): void {
  const { mode, subnet, subnet6, bridge, interfaces, macvtapMode, vlans, firewall } = definition;
  if (!modes.includes(mode)) throw new InputError(`${quoted(mode)} is none of ${modes.join(", ")}`, "mode");
  const isGiven = (name: keyof NetworkDefinition): boolean =>
    definition[name] !== undefined && !(name === "dhcp" && definition[name] === false);
  const stray = NOT_OF_ALL.find((name) => isGiven(name) && !OF_MODE[mode].includes(name));
  if (stray !== undefined) throw new InputError(`a network of mode ${mode} has none`, stray);
  const can = (name: keyof NetworkDefinition): boolean => OF_MODE[mode].includes(name);
  if (can("subnet") && subnet === undefined && subnet6 === undefined)
    throw new InputError(`a network of mode ${mode} needs a subnet of its own, or "auto"`, "subnet");
  if (mode === "bridge" && bridge === undefined)
    throw new InputError("a network of mode bridge names the bridge", "bridge");
  if (can("interfaces") && interfaces === undefined)
    throw new InputError(`a network of mode ${mode} names network cards`, "interfaces");
  if (definition.antiSpoof === true && (mode === "macvtap" || definition.switch === "openvswitch"))
    throw new InputError("only ports of a bridge of Linux, and virtual functions, can be kept from lying", "antiSpoof");
  checkWord(definition.switch, ["openvswitch"], "switch");
  checkWord(macvtapMode, macvtapModes, "macvtapMode");
  checkWord(firewall, ["adopt"], "firewall");
  if (vlans !== undefined) checkVlansOf(mode, vlans);
  if (interfaces === undefined) return;
  checkList(interfaces, "interfaces");
  if (interfaces.length === 0) throw new InputError("there is none", "interfaces");
  for (const [place, each] of interfaces.entries()) under(`interfaces.${place}`, () => checkLinkName(each));
}

function checkWord(value: unknown, words: readonly string[], name: string): void {
  if (value !== undefined && !words.includes(value as string))
    throw new InputError(`${quoted(value)} is none of ${words.join(", ")}`, name);
}

function checkVlansOf(mode: NetworkMode, vlans: readonly BridgeVlan[]): void {
  checkVlans(vlans);
  if (mode === "hostdev" && (vlans.length !== 1 || vlans[0]!.to !== undefined))
    throw new InputError("a virtual function is in one VLAN", "vlans");
}

function checkNat({ natSource, natPorts }: NetworkDefinition): void {
  if (natSource !== undefined)
    under("natSource", () => {
      const [first = "", last = first, ...more] = natSource.split("-");
      if (addressNumber(ipv4(first)) > addressNumber(ipv4(last)) || more.length > 0)
        throw new InputError(`${quoted(natSource)} is no range of addresses such as 192.0.2.10-192.0.2.20`);
    });
  if (natPorts !== undefined) under("natPorts", () => portsOf({ port: natPorts }));
}

function ipv4(address: string): string {
  ipv4Bytes(address);
  return address;
}

/** The resolvers that guests are told of, where those are listed. */
export function toldResolvers({ dns }: Pick<NetworkDefinition, "dns">): readonly string[] | undefined {
  return Array.isArray(dns) ? (dns as readonly string[]) : undefined;
}

/** How a network answers about names itself; undefined where it does not. */
export function ownDns({ dns, mode, subnets }: ResolvedNetwork): NetworkDns | undefined {
  if (subnets.length === 0 || Array.isArray(dns)) return undefined;
  return { ...(mode === "host-only" ? { resolvers: [] } : {}), ...dns };
}

/** A name without a domain (RFC 1123, 2.1). */
export function isLabel(text: unknown): text is string {
  return typeof text === "string" && /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(text);
}

function checkDns(dns: NetworkDefinition["dns"]): void {
  if (dns === undefined) return;
  const { resolvers = [], hosts = [] } = Array.isArray(dns)
    ? { resolvers: dns as readonly string[] }
    : (dns as NetworkDns);
  if (!Array.isArray(dns)) checkKnown(dns, ["resolvers", "hosts"], "");
  checkList(resolvers, Array.isArray(dns) ? "" : "resolvers");
  for (const [place, each] of resolvers.entries())
    under(Array.isArray(dns) ? String(place) : `resolvers.${place}`, () => addressNumber(each));
  checkEach(hosts, ["hostname", "address"], "hosts");
  for (const [place, { hostname, address }] of hosts.entries())
    under(`hosts.${place}`, () => {
      if (!isLabel(hostname)) throw new InputError(`${quoted(hostname)} is no name without a domain`, "hostname");
      under("address", () => addressNumber(address));
    });
}

/** Checks a definition whose subnets are chosen. Throws InputError, which names what is wrong. */
export function planOf(definition: NetworkDefinition): ResolvedNetwork {
  checkKnown(definition, KNOWN, "a network");
  const { name, forwards = [], mac, mtu, outgoing, dhcp, dns, antiSpoof, autostart } = definition;
  checkNetworkName(name);
  checkMode(definition);
  checkSwitch(antiSpoof, "antiSpoof");
  checkSwitch(autostart, "autostart");
  const bridge = definition.bridge ?? (makesBridge(definition) ? `lw-${name}` : "");
  if (definition.bridge === undefined && bridge.length > LONGEST_BRIDGE_NAME)
    throw new InputError(`"${bridge}" is too long for a link's name: give one`, "bridge");
  if (bridge !== "") under("bridge", () => checkLinkName(bridge));
  if (outgoing !== undefined) under("outgoing", () => checkLinkName(outgoing));
  if (mac !== undefined) under("mac", () => checkUnicastMac(mac));
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= 576 && mtu <= 65535))
    throw new InputError(`${quoted(mtu)} is not an MTU from 576 to 65535`, "mtu");
  const plan: ResolvedNetwork = { ...definition, bridge, subnets: subnetsOf(definition) };
  checkNat(definition);
  checkEach(forwards, FORWARD, "forwards");
  for (const [place, forward] of forwards.entries()) {
    under(`forwards.${place}`, () => checkForward(plan, forward));
    const before = forwards.findIndex((each, at) => at < place && collide(each, forward));
    if (before >= 0)
      throw new InputError(`${forwardText(forward)} is that of forwards.${before}, too`, `forwards.${place}`);
  }
  if (dhcp !== undefined && dhcp !== false)
    under("dhcp", () => {
      checkKnown(dhcp, DHCP, "");
      checkWord(dhcp.server, ["built-in", "dnsmasq"], "server");
    });
  under("dns", () => {
    checkDns(dns);
  });
  const served = dhcpOf(
    plan,
    (toldResolvers(plan) ?? []).filter((address) => !address.includes(":")),
  );
  if (served !== undefined) {
    const network = under("dhcp", () => networkOf(served));
    for (const [place, reservation] of (served.reservations ?? []).entries())
      under(`dhcp.reservations.${place}`, () => checkReservation(network, reservation));
  }
  return plan;
}
