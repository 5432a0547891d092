import type { FdbSettings } from "../../host/forwarding/fdb.js";
import type { KindSettings } from "../../host/links/kind-settings.js";
import type { PortSettings } from "../../host/ports/port-settings.js";
import type { TapOptions } from "../../host/taps/tap-options.js";
import type { RateLimitOptions } from "../../host/traffic/rate-limit.js";
import type { AddressSettings } from "../../rtnetlink/address/address-requests.js";
import type { BridgeVlan } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import type { VirtualFunctionSettings } from "../../rtnetlink/link/virtual-function-requests.js";
import type { LinkSwitches } from "../../rtnetlink/link/link-flags.js";
import type { NeighbourSettings } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { NexthopSettings } from "../../rtnetlink/nexthop/nexthop-requests.js";
import type { RouteSettings } from "../../rtnetlink/route/route-message.js";
import type { PathSettings } from "../../rtnetlink/route/route-paths.js";
import type { RuleSettings } from "../../rtnetlink/rule/rule-message.js";
import type { Absent } from "./absent.js";
import type { OpenVswitchDeclaration } from "./open-vswitch.js";

/** Entries that are to be there; with `only`, nothing else of their sort may be. */
export type Entries<T> = readonly T[] | { readonly only: true; readonly entries: readonly T[] };

/** An address of a link, such as "10.0.0.1/24"; lifetimes are milliseconds. */
export type AddressEntry = AddressSettings & Absent & { readonly address: string };

/** A neighbour of a link, or with `proxy` an address that the host answers for. */
export type NeighbourEntry = NeighbourSettings &
  Absent & { readonly address: string; readonly proxy?: boolean | undefined };

/** An entry of a link's forwarding table. */
export type FdbDeclaration = Omit<FdbSettings, "via"> & Absent & { readonly address: string };

/** Where packets go; links are given by name. */
type PathEntry = Omit<PathSettings, "link"> & { readonly link?: string | undefined };

/** A route. */
export type RouteEntry = Omit<RouteSettings, "link" | "nexthops"> &
  Absent & {
    readonly destination: string;
    readonly link?: string | undefined;
    readonly nexthops?: readonly PathEntry[] | undefined;
  };

/** A next hop that routes name by its id. */
export type NexthopEntry = Omit<NexthopSettings, "link"> &
  Absent & { readonly id: number; readonly link?: string | undefined };

/** A rule: it is there or not, for all that it says is what it is known by. */
export type RuleEntry = RuleSettings & Absent;

/** The options of a port, with the names of other links in them. */
type PortDeclaration = Omit<PortSettings, "backupPort" | "state"> & { readonly backupPort?: string | undefined };

/** The other end of a pair, in a namespace that has a name. */
export interface PeerElsewhere {
  readonly name: string;
  readonly namespace: string;
}

type KindOptions<K extends LinkKind> = K extends "tun"
  ? Pick<TapOptions, "owner" | "group" | "mode" | "packetInformation" | "vnetHdr" | "multiQueue">
  : K extends "veth" | "vxcan" | "netkit"
    ? { readonly peer?: string | PeerElsewhere | undefined }
    : Omit<KindSettings<K>, keyof KindSettings<"dummy"> | "unknown">;

/** What any link has that can be declared. */
type AnyLink = Omit<
  KindSettings<"dummy">,
  | keyof LinkSwitches
  | ("name" | "link" | "master" | "namespace" | "netNsPid" | "netNsFd" | "linkInfo" | "unknown")
  | ("afSpec" | "xdp" | "carrier" | "operstate" | "linkmode" | "linkNetnsid" | "targetNetnsid" | "protinfo")
  | "protoDownReason"
> &
  Omit<LinkSwitches, "dynamic">;

/** One virtual function of a network card (SR-IOV); rates are bits per second. */
export type VirtualFunctionEntry = VirtualFunctionSettings & { readonly index: number };

/** The virtual functions of a network card. */
export interface VirtualFunctionsDeclaration {
  /** How many there are. */
  readonly count?: number | undefined;
  readonly entries?: readonly VirtualFunctionEntry[] | undefined;
}

/** What a link has that is called otherwise yet: all that is said. */
export interface LinkMatch {
  /** Its MAC. */
  readonly address?: string | undefined;
  /** The MAC that its hardware came with. */
  readonly permAddress?: string | undefined;
  /** One of its alternative names. */
  readonly altname?: string | undefined;
}

/** A link, of a kind that is given where it is to be created, or where options of its kind are. */
export type LinkDeclaration<K extends LinkKind = LinkKind> = (
  { readonly kind?: undefined } | (K extends LinkKind ? { readonly kind: K } & KindOptions<K> : never)
) &
  AnyLink &
  Absent & {
    /** What it is known by instead of its name, which it gets. */
    readonly match?: LinkMatch | undefined;
    /** The link below, or a tunnel's way out. */
    readonly link?: string | undefined;
    /** The bridge, bond, team or VRF that it is a port of; 0 for none. */
    readonly master?: string | 0 | undefined;
    /** Its options as a port, and its VLANs, these and no others. */
    readonly asPort?: PortDeclaration | undefined;
    /** VLANs of a bridge itself, these and no others. */
    readonly vlans?: readonly BridgeVlan[] | undefined;
    /** Limits of the port, bits per second. */
    readonly rate?: RateLimitOptions | undefined;
    readonly virtualFunctions?: VirtualFunctionsDeclaration | undefined;
    readonly addresses?: Entries<string | AddressEntry> | undefined;
    readonly neighbours?: Entries<NeighbourEntry> | undefined;
    readonly fdb?: Entries<FdbDeclaration> | undefined;
    /** The service gets its address by DHCP, and keeps the lease; of a link that takes another's place, the one that that had. */
    readonly dhcp?: boolean | undefined;
    /** The link whose place it takes: it becomes a port of this one, which gets its MAC, addresses, routes, rules and neighbours. */
    readonly takeOver?: string | undefined;
    /** The port that gets all of that back, and is a port no longer. */
    readonly release?: string | undefined;
  };

/** How a network namespace shall be wired. What is not named is left alone; what is named is exactly so. */
export interface NamespaceDeclaration {
  /** By name, or by a pattern such as "vnet*" for those that are there. */
  readonly links?: Readonly<Record<string, LinkDeclaration>> | undefined;
  readonly nexthops?: Entries<NexthopEntry> | undefined;
  readonly routes?: Entries<RouteEntry> | undefined;
  readonly rules?: Entries<RuleEntry> | undefined;
  /** Settings such as net.ipv4.ip_forward. */
  readonly sysctls?: Readonly<Record<string, string | number>> | undefined;
}

/** How a host shall be wired. */
export interface HostDeclaration extends NamespaceDeclaration {
  /** By their names under /run/netns: those that are not there are made. */
  readonly namespaces?: Readonly<Record<string, NamespaceDeclaration & Absent>> | undefined;
  /** Bridges of Open vSwitch, with their ports. */
  readonly openvswitch?: OpenVswitchDeclaration | undefined;
}

/** A link as it is read: any of its properties by its name. */
export type ReadLink = Readonly<Record<string, unknown>> &
  Absent & {
    readonly kind?: LinkKind;
    readonly match?: LinkMatch;
    readonly link?: string;
    readonly master?: string;
    readonly up?: boolean;
    readonly asPort?: Readonly<Record<string, unknown>> & { readonly vlans?: readonly BridgeVlan[] | undefined };
    readonly vlans?: readonly BridgeVlan[];
    readonly rate?: RateLimitOptions;
    readonly virtualFunctions?: VirtualFunctionsDeclaration;
    readonly addresses?: Some<AddressEntry>;
    readonly neighbours?: Some<NeighbourEntry>;
    readonly fdb?: Some<FdbDeclaration>;
    readonly dhcp?: boolean;
    readonly takeOver?: string;
    readonly release?: string;
  };

/** Entries, and whether they are all that there may be. */
export interface Some<T> {
  readonly only: boolean;
  readonly entries: readonly T[];
}

/** A declaration as it is read and checked. */
export interface ReadDeclaration {
  readonly links: Readonly<Record<string, ReadLink>>;
  readonly nexthops: Some<NexthopEntry>;
  readonly routes: Some<RouteEntry>;
  readonly rules: Some<RuleEntry>;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly namespaces?: Readonly<Record<string, ReadNamespace>>;
  readonly openvswitch?: OpenVswitchDeclaration;
}

/** What is declared of a namespace, as it is read. */
export type ReadNamespace = Omit<ReadDeclaration, "namespaces" | "openvswitch"> & Absent;
