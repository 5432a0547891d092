import type { Connection } from "../netlink/connection.js";
import {
  addAddress,
  type Address,
  type AddressFilter,
  type AddressSettings,
  listAddresses,
  removeAddress,
  replaceAddress,
} from "../rtnetlink/address-requests.js";
import type { LinkReference } from "../rtnetlink/link-requests.js";
import type { Place } from "./adding.js";
import { checked, link, object, optional, text, textOrNumber } from "./arguments.js";
import { type VirtualFunctions, virtualFunctionsOf } from "./virtual-functions.js";
import { type TrafficClasses, classesOf } from "./classes.js";
import { type BridgeVlans, bridgeVlansOf } from "./bridge-vlans.js";
import { type ForwardingTables, forwardingTablesOf } from "./fdb.js";
import { type MulticastTables, multicastTablesOf } from "./mdb.js";
import { type SpanningTree, readSpanningTree } from "./spanning-tree.js";
import { explained } from "./hints.js";
import { readSysctl, writeSysctl } from "./sysctl.js";
import type { Operations } from "./operations.js";
import { type Neighbours, neighboursOf } from "./neighbours.js";
import { type Nexthops, nexthopsOf } from "./nexthops.js";
import { type Routes, routesOf } from "./routes.js";
import { type Rules, rulesOf } from "./rules.js";
import { type Filters, filtersOf } from "./filters.js";
import { type Qdiscs, qdiscsOf } from "./qdiscs.js";
import { type RateLimit, type RateLimitOptions, limitOf, limitPort } from "./rate-limit.js";

/**
 * What a namespace has beside its links. A family with several requests is a group of its own, made at its first use. All
 * goes through `work`: a host that is closed brings to its end what has begun, and refuses the rest.
 */
export class NamespaceTables {
  readonly #place: Place;
  readonly #connection: Connection;
  readonly #work: Operations;
  #fdb: ForwardingTables | undefined;
  #mdb: MulticastTables | undefined;
  #routes: Routes | undefined;
  #rules: Rules | undefined;
  #neighbours: Neighbours | undefined;
  #nexthops: Nexthops | undefined;
  #qdiscs: Qdiscs | undefined;
  #classes: TrafficClasses | undefined;
  #filters: Filters | undefined;
  #bridgeVlans: BridgeVlans | undefined;
  #virtualFunctions: VirtualFunctions | undefined;

  static {
    checked<NamespaceTables>(this.prototype, {
      spanningTree: [link("bridge")],
      limitRate: [link("port"), object("options")],
      rateLimit: [link("port")],
      addresses: [optional(object("filter"))],
      addAddress: [link("link"), text("address"), optional(object("settings"))],
      replaceAddress: [link("link"), text("address"), optional(object("settings"))],
      removeAddress: [link("link"), text("address"), optional(object("settings"))],
      sysctl: [text("name")],
      setSysctl: [text("name"), textOrNumber("value")],
    });
  }

  constructor(place: Place, work: Operations) {
    this.#place = place;
    this.#connection = place.connection;
    this.#work = work;
  }

  #do<T>(work: () => Promise<T>): Promise<T> {
    return explained(this.#work.run(work));
  }

  /** The forwarding tables of bridges, VXLANs and other devices. */
  get fdb(): ForwardingTables {
    return (this.#fdb ??= this.#work.each(forwardingTablesOf(this.#connection)));
  }

  /** The multicast tables of bridges. */
  get mdb(): MulticastTables {
    return (this.#mdb ??= this.#work.each(multicastTablesOf(this.#connection)));
  }

  /** A bridge and its ports in the spanning tree: ids, roles, states and timers. */
  spanningTree(bridge: LinkReference): Promise<SpanningTree> {
    return this.#do(() => readSpanningTree(this.#connection, bridge));
  }

  /** The routes. */
  get routes(): Routes {
    return (this.#routes ??= this.#work.each(routesOf(this.#connection)));
  }

  /** The rules that choose a packet's routing table. */
  get rules(): Rules {
    return (this.#rules ??= this.#work.each(rulesOf(this.#connection)));
  }

  /** The neighbours: which link-layer addresses IP addresses have. */
  get neighbours(): Neighbours {
    return (this.#neighbours ??= this.#work.each(neighboursOf(this.#connection)));
  }

  /** The next hops that routes refer to by id. */
  get nexthops(): Nexthops {
    return (this.#nexthops ??= this.#work.each(nexthopsOf(this.#connection)));
  }

  /** What schedules the packets that leave a link. */
  get qdiscs(): Qdiscs {
    return (this.#qdiscs ??= this.#work.each(qdiscsOf(this.#connection)));
  }

  /** The classes of qdiscs that have some. */
  get classes(): TrafficClasses {
    return (this.#classes ??= this.#work.each(classesOf(this.#connection)));
  }

  /** What looks at packets, gives them to classes, and does something with them. */
  get filters(): Filters {
    return (this.#filters ??= this.#work.each(filtersOf(this.#connection)));
  }

  /**
   * Limits how fast frames pass a port: `ingress` is what comes in by it, which a guest sends, and `egress` what goes out by it,
   * which a guest receives; bits per second, or "unlimited". A direction that is not given is left alone. Called again, it
   * replaces the limit; failing half-way puts back the former one. Egress is a tbf at the root: what exceeds waits for 50 ms at
   * most. Ingress is a police before all filters, on a clsact: what exceeds is dropped.
   */
  limitRate(port: LinkReference, options: RateLimitOptions): Promise<void> {
    return this.#do(() => limitPort(this.#connection, port, options));
  }

  /** The limits of a port, with what they have counted. A direction without a limit is not there. */
  rateLimit(port: LinkReference): Promise<RateLimit> {
    return this.#do(() => limitOf(this.#connection, port));
  }

  /** The VLANs of bridges and of their ports. */
  get bridgeVlans(): BridgeVlans {
    return (this.#bridgeVlans ??= this.#work.each(bridgeVlansOf(this.#connection)));
  }

  /** The virtual functions of network cards (SR-IOV). */
  get virtualFunctions(): VirtualFunctions {
    return (this.#virtualFunctions ??= this.#work.each(virtualFunctionsOf(this.#place)));
  }

  /** The addresses, of one link or of all. */
  addresses(filter: AddressFilter = {}): Promise<Address[]> {
    return this.#do(() => listAddresses(this.#connection, filter));
  }

  /** Adds an address such as "10.0.0.1/24". */
  addAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => addAddress(this.#connection, link, address, settings));
  }

  /** Adds an address, or changes one that is there. */
  replaceAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => replaceAddress(this.#connection, link, address, settings));
  }

  /** Removes an address. */
  removeAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => removeAddress(this.#connection, link, address, settings));
  }

  /** Reads a setting of the namespace, such as "net.ipv4.ip_forward". */
  sysctl(name: string): Promise<string> {
    return this.#work.run(() => readSysctl(this.#place.thread, name));
  }

  /** Writes a setting of the namespace. */
  setSysctl(name: string, value: string | number): Promise<void> {
    return this.#work.run(() => writeSysctl(this.#place.thread, name, value));
  }
}
