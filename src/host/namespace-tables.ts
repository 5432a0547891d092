import type { Connection } from "../netlink/connection.js";
import type { Address, AddressFilter, AddressSettings } from "../rtnetlink/address/address-requests.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import type { Place } from "./links/add-link.js";
import { checked, link, object, optional, text, textOrNumber } from "./work/arguments.js";
import type { VirtualFunctions } from "./functions/virtual-functions.js";
import type { TrafficClasses } from "./traffic/classes.js";
import type { BridgeVlans } from "./ports/bridge-vlans.js";
import type { ForwardingTables } from "./forwarding/fdb.js";
import type { MulticastTables } from "./forwarding/mdb.js";
import type { SpanningTree } from "./ports/spanning-tree.js";
import { holds } from "../kernel/destination.js";
import { explained } from "./hints/explain.js";
import { readSysctl, writeSysctl } from "../kernel/sysctl.js";
import type { Operations } from "./work/operations.js";
import { type Part, parts } from "./parts.js";
import type { NetfilterTables } from "./netfilter.js";
import type { Neighbours } from "./routing/neighbours.js";
import type { Nexthops } from "./routing/nexthops.js";
import type { Routes } from "./routing/routes.js";
import type { Rules } from "./routing/rules.js";
import type { Filters } from "./traffic/filters.js";
import type { Qdiscs } from "./traffic/qdiscs.js";
import type { RateLimit, RateLimitOptions } from "./traffic/rate-limit.js";

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
  #netfilter: NetfilterTables | undefined;

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
    holds(this, place.thread);
  }

  #doWith<M, T>(part: Part<M>, work: (module: M) => Promise<T>): Promise<T> {
    return this.#work.runWith(part, (module) => explained(work(module)));
  }

  /** The forwarding tables of bridges, VXLANs and other devices. */
  get fdb(): ForwardingTables {
    return (this.#fdb ??= this.#work.group(
      parts.fdb,
      ({ forwardingTablesOf }) => forwardingTablesOf(this.#connection),
      { list: true, get: true, add: true, replace: true, append: true, remove: true, flush: true },
    ));
  }

  /** The multicast tables of bridges. */
  get mdb(): MulticastTables {
    return (this.#mdb ??= this.#work.group(parts.mdb, ({ multicastTablesOf }) => multicastTablesOf(this.#connection), {
      list: true,
      routers: true,
      add: true,
      replace: true,
      remove: true,
    }));
  }

  /** A bridge and its ports in the spanning tree: ids, roles, states and timers. */
  spanningTree(bridge: LinkReference): Promise<SpanningTree> {
    return this.#doWith(parts.spanningTree, ({ readSpanningTree }) => readSpanningTree(this.#connection, bridge));
  }

  /** The routes. */
  get routes(): Routes {
    return (this.#routes ??= this.#work.group(parts.routes, ({ routesOf }) => routesOf(this.#connection), {
      list: true,
      get: true,
      add: true,
      replace: true,
      remove: true,
    }));
  }

  /** The rules that choose a packet's routing table. */
  get rules(): Rules {
    return (this.#rules ??= this.#work.group(parts.rules, ({ rulesOf }) => rulesOf(this.#connection), {
      list: true,
      add: true,
      remove: true,
    }));
  }

  /** The ruleset of nftables, and the connections that are tracked. */
  get netfilter(): NetfilterTables {
    return (this.#netfilter ??= this.#work.group(
      parts.netfilter,
      ({ netfilterOf }) => netfilterOf(this.#place.thread),
      {
        ruleset: true,
        commit: true,
        transact: true,
        baseChains: true,
        droppingElsewhere: true,
        connections: true,
        forgetConnections: true,
      },
    ));
  }

  /** The neighbours: which link-layer addresses IP addresses have. */
  get neighbours(): Neighbours {
    return (this.#neighbours ??= this.#work.group(
      parts.neighbours,
      ({ neighboursOf }) => neighboursOf(this.#connection),
      { list: true, get: true, add: true, replace: true, remove: true, flush: true },
    ));
  }

  /** The next hops that routes refer to by id. */
  get nexthops(): Nexthops {
    return (this.#nexthops ??= this.#work.group(parts.nexthops, ({ nexthopsOf }) => nexthopsOf(this.#connection), {
      list: true,
      get: true,
      add: true,
      replace: true,
      remove: true,
      buckets: true,
    }));
  }

  /** What schedules the packets that leave a link. */
  get qdiscs(): Qdiscs {
    return (this.#qdiscs ??= this.#work.group(parts.qdiscs, ({ qdiscsOf }) => qdiscsOf(this.#connection), {
      list: true,
      add: true,
      replace: true,
      change: true,
      remove: true,
    }));
  }

  /** The classes of qdiscs that have some. */
  get classes(): TrafficClasses {
    return (this.#classes ??= this.#work.group(parts.classes, ({ classesOf }) => classesOf(this.#connection), {
      list: true,
      add: true,
      replace: true,
      change: true,
      remove: true,
    }));
  }

  /** What looks at packets, gives them to classes, and does something with them. */
  get filters(): Filters {
    return (this.#filters ??= this.#work.group(parts.filters, ({ filtersOf }) => filtersOf(this.#connection), {
      list: true,
      add: true,
      replace: true,
      remove: true,
    }));
  }

  /**
   * Limits how fast frames pass a port: `ingress` is what comes in by it, which a guest sends, and `egress` what goes out by it,
   * which a guest receives; bits per second, or "unlimited". A direction that is not given is left alone. Called again, it
   * replaces the limit; failing half-way puts back the former one. Egress is a tbf at the root: what exceeds waits for 50 ms at
   * most. Ingress is a police before all filters, on a clsact: what exceeds is dropped.
   */
  limitRate(port: LinkReference, options: RateLimitOptions): Promise<void> {
    return this.#doWith(parts.rateLimit, ({ limitPort }) => limitPort(this.#connection, port, options));
  }

  /** The limits of a port, with what they have counted. A direction without a limit is not there. */
  rateLimit(port: LinkReference): Promise<RateLimit> {
    return this.#doWith(parts.rateLimit, ({ limitOf }) => limitOf(this.#connection, port));
  }

  /** The VLANs of bridges and of their ports. */
  get bridgeVlans(): BridgeVlans {
    return (this.#bridgeVlans ??= this.#work.group(
      parts.bridgeVlans,
      ({ bridgeVlansOf }) => bridgeVlansOf(this.#connection),
      {
        list: true,
        add: true,
        remove: true,
        set: true,
        change: true,
        removeTunnels: true,
        globalOptions: true,
        setGlobalOptions: true,
      },
    ));
  }

  /** The virtual functions of network cards (SR-IOV). */
  get virtualFunctions(): VirtualFunctions {
    return (this.#virtualFunctions ??= this.#work.group(
      parts.virtualFunctions,
      ({ virtualFunctionsOf }) => virtualFunctionsOf(this.#place),
      { list: true, set: true, count: true, setCount: true, devices: true },
    ));
  }

  /** The addresses, of one link or of all. */
  addresses(filter: AddressFilter = {}): Promise<Address[]> {
    return this.#doWith(parts.addresses, ({ listAddresses }) => listAddresses(this.#connection, filter));
  }

  /** Adds an address such as "10.0.0.1/24". */
  addAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#doWith(parts.addresses, ({ addAddress }) => addAddress(this.#connection, link, address, settings));
  }

  /** Adds an address, or changes one that is there. */
  replaceAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#doWith(parts.addresses, ({ replaceAddress }) =>
      replaceAddress(this.#connection, link, address, settings),
    );
  }

  /** Removes an address. */
  removeAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#doWith(parts.addresses, ({ removeAddress }) =>
      removeAddress(this.#connection, link, address, settings),
    );
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
