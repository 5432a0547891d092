import { checkKnown } from "../base/input.js";
import { connect, type Connection } from "../netlink/connection.js";
import { native } from "../kernel/addon.js";
import type { Link, LinkOf } from "../rtnetlink/link/link.js";
import { checkLinkKind, kernelKind, type LinkKind, type OtherKind } from "../rtnetlink/link/link-kind.js";
import {
  deleteLink,
  getLink,
  type LinkDetails,
  type LinkFilter,
  type LinkReference,
  listLinks,
} from "../rtnetlink/link/link-requests.js";
import { isBrief } from "../rtnetlink/brief.js";
import { messageTypes } from "../rtnetlink/protocol/message-types.js";
import { type Cancellation, checkSignal, eitherOf, unlessAborted } from "../base/signal.js";
import {
  bytes,
  checked,
  condition as conditionOf,
  descriptor,
  descriptors,
  kind,
  link,
  linkOrSwitch,
  list,
  number,
  object,
  optional,
  text,
  textOrNumber,
} from "./work/arguments.js";
import { attachPort } from "./ports/attach.js";
import type { SwitchAttachOptions } from "./ports/attach-switch.js";
import type { AttachOptions } from "./ports/port-vlans.js";
import type { PortOptionsOf, Switch } from "./ports/switch.js";
import type { BondSettings, NewBondSettings } from "./ports/bond.js";
import type { BondState } from "./ports/bond-state.js";
import { type BridgeCache, cacheBridges } from "./ports/bridge-cache.js";
import type { Descriptor } from "../kernel/descriptor.js";
import {
  adoptDescriptor,
  connectSocket,
  passDescriptors,
  type Received,
  sendBytes,
  socketPair,
  takeDescriptors,
} from "../kernel/unix-socket.js";
import { explained } from "./hints/explain.js";
import { addAnywhere, addPair, type NewLinkSettings, type PairSettings } from "./links/add-link.js";
import { type Journal, type Journaled, journalOf, type WrittenOperation } from "./work/journal.js";
import type { Namespace } from "./work/namespace.js";
import type { KindAlone, KindSettings, NewKindSettings } from "./links/kind-settings.js";
import { type HostState, openDescriptors } from "./work/inspection.js";
import type { MacvtapOptions } from "./taps/macvtap.js";
import type { MessageName, Request, RequestReply } from "./request.js";
import { holds, openNamespace } from "../kernel/destination.js";
import type { ThreadUse } from "../kernel/execution.js";
import { enterNamespace, type NamespaceReference } from "../kernel/namespace.js";
import type { PortSettings } from "./ports/port-vlans.js";
import { type QemuTap, type QemuTapOptions, type SwitchQemuTapOptions, tapForQemu } from "./taps/qemu-tap.js";
import { randomMac } from "../rtnetlink/link/random-mac.js";
import type { Removal } from "./links/removal.js";
import { addTap } from "./taps/add-tap.js";
import { type Operations, operations, operationsUntil } from "./work/operations.js";
import { read } from "./work/reading.js";
import { type RecordedRequest, recording, sendRecorded } from "../netlink/recording.js";
import { openTap, type Tap } from "./taps/tap.js";
import type { AddTapOptions, OpenTapOptions, SwitchTapOptions } from "./taps/tap-options.js";
import { hostClosed, type Thread } from "../kernel/thread.js";
import { type FrameSocket, type FrameSocketOptions, openFrames } from "../kernel/frame-socket.js";
import type { Address, AddressFilter, AddressSettings } from "../rtnetlink/address/address-requests.js";
import { listSysctls, readSysctl, writeSysctl } from "../kernel/sysctl.js";
import type { FdbTables } from "./forwarding/fdb.js";
import type { MulticastTables } from "./forwarding/mdb.js";
import type { VirtualFunctions } from "./functions/virtual-functions.js";
import type { BridgeVlans } from "./ports/bridge-vlans.js";
import type { SpanningTree } from "./ports/spanning-tree.js";
import type { NetfilterTables } from "./netfilter.js";
import type { Neighbours } from "./routing/neighbours.js";
import type { Nexthops } from "./routing/nexthops.js";
import type { Routes } from "./routing/routes.js";
import type { Rules } from "./routing/rules.js";
import type { TrafficClasses } from "./traffic/classes.js";
import type { Filters } from "./traffic/filters.js";
import type { Qdiscs } from "./traffic/qdiscs.js";
import type { History, HistoryOptions } from "../watch/history.js";
import type { Counters, LinkRate, RateOptions } from "../watch/rates.js";
import type { Condition, WaitOptions } from "../watch/wait-for.js";
import type { Mirror, MirrorOptions } from "../watch/mirror.js";
import type { Subject } from "../watch/subjects.js";
import type { Watch, WatchOptions } from "../watch/watch.js";
import type { RateLimit, RateLimitOptions } from "./traffic/rate-limit.js";

/**
 * Whose code an import of the package does not load: each is loaded by its first use, at once, and kept by Node. What could
 * not be read, such as for want of descriptors, is tried again by the next use.
 */
const subjects = {
  advice: () => require("./hints/advice.js") as typeof import("./hints/advice.js"),
  forwarding: () => require("./forwarding/index.js") as typeof import("./forwarding/index.js"),
  functions: () => require("./functions/virtual-functions.js") as typeof import("./functions/virtual-functions.js"),
  join: () => require("./ports/join.js") as typeof import("./ports/join.js"),
  links: () => require("./links/index.js") as typeof import("./links/index.js"),
  netfilter: () => require("./netfilter.js") as typeof import("./netfilter.js"),
  replay: () => require("./replay.js") as typeof import("./replay.js"),
  macvtap: () => require("./taps/macvtap.js") as typeof import("./taps/macvtap.js"),
  ports: () => require("./ports/index.js") as typeof import("./ports/index.js"),
  request: () => require("./request.js") as typeof import("./request.js"),
  routing: () => require("./routing/index.js") as typeof import("./routing/index.js"),
  traffic: () => require("./traffic/index.js") as typeof import("./traffic/index.js"),
  watch: () => require("../watch/index.js") as typeof import("../watch/index.js"),
};

/** The functions of groups that change nothing. */
const ASKING: ReadonlySet<string> = new Set([
  ...["list", "get", "routers", "buckets", "globalOptions", "count", "devices"],
  ...["ruleset", "baseChains", "droppingElsewhere", "connections"],
]);

/** What came after nobody waited for it any more. */
const closeLate = (late: Descriptor): void => void late.close().catch(() => undefined);

export interface HostOptions extends Cancellation {
  readonly namespace?: NamespaceReference | undefined;
  /** Which thread executes requests that the kernel answers at once; "auto" unless given. */
  readonly thread?: ThreadUse | undefined;
}

/**
 * A network namespace, held open: one native thread lives in it and does everything that may wait for the kernel. Each
 * method rejects with NetlinkError when the kernel refuses, and with InputError, before anything is changed, when what
 * is given cannot be meant. A link is given by its name or alternative name, its index, or any object with an `index`.
 * A host that is not used does not keep the process alive.
 */
export class Host {
  readonly #namespace: Namespace;
  readonly #connection: Connection;
  readonly #bridges: BridgeCache;
  readonly #work: Operations;
  readonly #reference: NamespaceReference;
  /** What this is another face of, and the signal that ends what is asked by it. */
  readonly #whole: Host;
  readonly #signal: AbortSignal | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  #fdb: FdbTables | undefined;
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
  /** What speaks over the one socket for that. */
  #filtering: NetfilterTables | undefined;

  static {
    checked<Host>(this.prototype, {
      close: [optional(object("options", { signal: true }))],
      link: [link("link"), optional(object("details"))],
      links: [optional(object("filter"))],
      addLink: [text("name"), kind("kind"), optional(object("settings"))],
      addBridge: [text("name"), optional(object("settings"))],
      addVlan: [text("name"), object("settings")],
      addBond: [text("name"), optional(object("settings"))],
      addMacvlan: [text("name"), object("settings")],
      addMacvtap: [text("name"), object("settings")],
      addVxlan: [text("name"), object("settings")],
      addVeth: [text("name"), object("settings")],
      addNetkit: [text("name"), object("settings")],
      addTap: [text("name"), optional(object("options"))],
      openTap: [optional(text("name")), optional(object("options"))],
      openMacvtap: [link("link"), optional(object("options"))],
      tapForQemu: [optional(object("options"))],
      openFrames: [link("link"), optional(object("options", { filter: true, udpPort: true }))],
      setLink: [link("link"), object("settings")],
      setKind: [link("link"), kind("kind"), object("settings")],
      setBridge: [link("bridge"), object("settings")],
      setBond: [link("bond"), object("settings")],
      bondState: [link("bond")],
      setPort: [link("port"), object("options")],
      attach: [link("port"), linkOrSwitch("to"), optional(object("options"))],
      detach: [link("port"), optional(object("options", { from: true, journal: true }))],
      replay: [list("operations")],
      sendRecorded: [list("requests")],
      remove: [link("link")],
      removeAll: [list("links"), optional(object("options", { signal: true }))],
      request: [text("name"), optional(object("request"))],
      connectSocket: [text("path")],
      sendDescriptors: [descriptor("socket"), descriptors("descriptors"), optional(bytes("bytes"))],
      sendBytes: [descriptor("socket"), bytes("bytes")],
      receiveDescriptors: [descriptor("socket"), optional(number("most"))],
      spanningTree: [link("bridge")],
      limitRate: [link("port"), object("options")],
      rateLimit: [link("port")],
      addresses: [optional(object("filter"))],
      addAddress: [link("link"), text("address"), optional(object("settings"))],
      replaceAddress: [link("link"), text("address"), optional(object("settings"))],
      removeAddress: [link("link"), text("address"), optional(object("settings"))],
      sysctl: [text("name")],
      sysctls: [optional(text("under"))],
      mirror: [optional(object("options"))],
      waitFor: [link("link"), conditionOf("condition"), optional(object("options"))],
      counters: [optional(link("link"))],
      history: [optional(object("options"))],
      setSysctl: [text("name"), textOrNumber("value")],
    });
  }

  private constructor(
    thread: Thread,
    reference: NamespaceReference,
    of?: Host,
    signal?: AbortSignal,
    connection?: Connection,
  ) {
    this.#reference = reference;
    this.#whole = of === undefined ? this : of.#whole;
    this.#signal = signal;
    this.#connection =
      connection ?? (of === undefined ? connect(thread.socket, messageTypes, isBrief) : of.#connection);
    const isOwn = of === undefined || connection !== undefined;
    this.#namespace = isOwn ? { thread, connection: this.#connection, silent: new Set() } : of.#namespace;
    this.#bridges = isOwn ? cacheBridges(this.#connection) : of.#bridges;
    const work = of === undefined ? operations() : of.#work;
    this.#work = signal === undefined ? work : operationsUntil(work, signal);
    holds(this, thread);
  }

  /**
   * Opens a namespace: the process's own unless given, by name (/run/netns), by absolute path, by `{ pid }`, or "new" for
   * one without a name that goes with its last descriptor. When `signal` aborts, it rejects with the signal's reason, and what
   * is opened by then is closed.
   */
  static async open(options: HostOptions = {}): Promise<Host> {
    checkKnown(options, ["namespace", "thread", "signal"], "a host's options");
    const { namespace, thread: use, signal } = options;
    checkSignal(signal);
    const opened = enterNamespace(namespace, use).then((thread) => new Host(thread, namespace ?? "current"));
    return await unlessAborted(signal, opened, (late) => void late.close());
  }

  /**
   * This host, until a signal aborts: the same methods, each of which rejects with the signal's reason then. What only asks, or
   * waits, does so at once; what changes something is not begun any more, but brought to its end when it has begun, and says how it
   * went. `attach` and `removeAll` are undone in between.
   */
  until(signal: AbortSignal): Host {
    if (signal?.aborted !== true) checkSignal(signal);
    return new Host(this.#namespace.thread, this.#reference, this, eitherOf(signal, this.#signal));
  }

  /**
   * @internal This host, with changes written down as the requests that they are instead of being made. What reads back what it
   * changed finds what is there: only what is so already can be written down whole.
   */
  recorded(): { readonly host: Host; readonly connection: Connection; readonly requests: readonly RecordedRequest[] } {
    const { connection, requests } = recording(this.#connection);
    const host = new Host(this.#namespace.thread, this.#reference, this, this.#signal, connection);
    return { host, connection, requests };
  }

  /** @internal Sends what was written down, all of it together, in its order. Resolves with how each went. */
  sendRecorded(requests: readonly RecordedRequest[]): Promise<PromiseSettledResult<void>[]> {
    return this.#change(() =>
      Promise.allSettled(requests.map((each) => sendRecorded(this.#connection, each, messageTypes))),
    );
  }

  /** Loads the code of every subject now, for a service that wants nothing of that later; otherwise each is loaded by its first use. */
  static preload(): void {
    for (const load of Object.values(subjects)) load();
  }

  /**
   * Closes every descriptor that the host owns and ends its thread. What is under way is brought to its end first. When
   * `signal` aborts, it rejects with the signal's reason, and the closing goes on.
   */
  close(options: Cancellation = {}): Promise<void> {
    const signal = options.signal ?? this.#signal;
    return signal === undefined ? this.#whole.#close() : this.#closeUntil(signal);
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #closeUntil(signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    await unlessAborted(signal, this.#whole.#close());
  }

  async #end(): Promise<void> {
    await this.#work.end();
    this.#connection.close(hostClosed());
    for (const tell of [...this.#namespace.thread.closers]) tell();
    await this.#namespace.thread.call((host, id) => {
      native.closeThread(host, id);
    });
    this.#closed = true;
  }

  /** @internal What console.log and util.inspect show. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: object, options: object) => string,
  ): string {
    const whole = this.#whole;
    const state = whole.#closed ? "closed" : whole.#closing === undefined ? "open" : "closing";
    const open = openDescriptors(this.#namespace.thread.handle);
    const shown: HostState = { namespace: this.#reference, state, underWay: this.#work.underWay, open };
    return `Host ${inspect(shown, options)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Does a piece of work after what was asked for before it; what it is refused with says why, where that is known. */
  #do<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#work.run(() => explained(work()), signal);
  }

  /** The same for what changes nothing, and is given up at once. */
  #ask<T>(work: () => Promise<T>): Promise<T> {
    return this.#work.ask(() => explained(work()));
  }

  /** What a method that takes a signal itself is given. */
  #withSignal<O extends Cancellation>(options: O | undefined): O | undefined {
    return this.#signal === undefined ? options : ({ ...options, signal: options?.signal ?? this.#signal } as O);
  }

  /** The same for what may change a bridge. */
  #change<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#do(() => {
      this.#bridges.forget();
      return work();
    }, signal);
  }

  /** Functions that explain their refusals themselves, each a piece of work; those that change nothing can be given up. */
  #group<G extends object>(functions: G): G {
    const each = Object.entries(functions as Record<string, (...given: unknown[]) => Promise<unknown>>);
    const group = each.map(([name, work]) => [
      name,
      (...given: unknown[]) =>
        ASKING.has(name) ? read(this.#work, work, ...given) : this.#work.run(() => work(...given)),
    ]);
    return Object.fromEntries(group) as G;
  }

  /** What is not begun once the signal has aborted, and brought to its end else. */
  async #begun<T>(work: () => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    return await work();
  }

  #changedSilently(link: string): void {
    for (const tell of this.#namespace.silent) tell(link);
  }

  /** The thread of a host that is not closed. */
  get #open(): Thread {
    if (this.#whole.#closing !== undefined) throw hostClosed();
    return this.#namespace.thread;
  }

  /** One link, by one request. Virtual functions only when asked for. */
  link(link: LinkReference, details?: LinkDetails): Promise<Link> {
    return this.#ask(() => getLink(this.#connection, link, details));
  }

  /** The links, all or those that a filter lets through. Those that come or go meanwhile may be there or not (see dumpLinks). */
  links(filter: LinkFilter & Cancellation = {}): Promise<Link[]> {
    return read(this.#work, (wanted) => explained(listLinks(this.#connection, wanted)), filter);
  }

  /**
   * Creates a link of a kind with its settings and its kind's options, in one message. What the kernel takes only of a link
   * that exists, such as an alias and a bridge's MTU, follows in another, with `up`; when that fails, the link is removed.
   * A kind that is not known here is given as `{ other: "wireguard" }`.
   */
  async addLink<K extends LinkKind>(name: string, kind: K, settings: NewKindSettings<K>): Promise<LinkOf<K>>;
  async addLink<K extends KindAlone>(name: string, kind: K): Promise<LinkOf<K>>;
  async addLink(name: string, kind: OtherKind, settings?: NewLinkSettings): Promise<Link>;
  async addLink(name: string, kind: LinkKind | OtherKind, settings: NewLinkSettings = {}): Promise<Link> {
    if (kind === "bond") return this.addBond(name, settings);
    const word = kernelKind(kind);
    return this.#change(() => addAnywhere(this.#namespace, name, word, settings));
  }

  /** Creates a bridge. */
  async addBridge(name: string, settings: NewKindSettings<"bridge"> = {}): Promise<LinkOf<"bridge">> {
    return this.addLink(name, "bridge", { ...settings, address: settings.address ?? randomMac() });
  }

  /** Creates a VLAN on the link below, which comes up with it. */
  addVlan(name: string, settings: NewKindSettings<"vlan">): Promise<LinkOf<"vlan">> {
    return this.addLink(name, "vlan", settings);
  }

  /** Creates a bond with its ports: options, ports, up. Failing half-way puts the ports back and removes the bond. */
  addBond(name: string, settings: NewBondSettings = {}): Promise<LinkOf<"bond">> {
    return this.#change(() => subjects.ports().addBond(this.#namespace, this.#bridges, name, settings)) as Promise<
      LinkOf<"bond">
    >;
  }

  /** Creates a macvlan on the link below. */
  addMacvlan(name: string, settings: NewKindSettings<"macvlan">): Promise<LinkOf<"macvlan">> {
    return this.addLink(name, "macvlan", settings);
  }

  /** Creates a macvtap on the link below. */
  addMacvtap(name: string, settings: NewKindSettings<"macvtap">): Promise<LinkOf<"macvtap">> {
    return this.addLink(name, "macvtap", settings);
  }

  /** Creates a VXLAN. */
  addVxlan(name: string, settings: NewKindSettings<"vxlan">): Promise<LinkOf<"vxlan">> {
    return this.addLink(name, "vxlan", settings);
  }

  /** Creates a pair of connected links; either may be in another namespace. */
  addVeth(name: string, settings: PairSettings): Promise<Link> {
    return this.#change(() => addPair(this.#namespace, "veth", name, settings));
  }

  /** Creates a pair of links that programs decide about (netkit, Linux 6.7); either may be in another namespace. */
  addNetkit(name: string, settings: PairSettings & Omit<NewKindSettings<"netkit">, "peerInfo">): Promise<Link> {
    return this.#change(() => addPair(this.#namespace, "netkit", name, settings));
  }

  /** Creates a persistent TAP (or TUN), and attaches it to a bridge if given. "%d" in the name becomes the first free number. */
  addTap(name: string, options?: AddTapOptions): Promise<Tap>;
  addTap<S extends Switch>(name: string, options: SwitchTapOptions<S>): Promise<Tap>;
  addTap(name: string, options: AddTapOptions | SwitchTapOptions = {}): Promise<Tap> {
    return this.#tap(() => addTap(this.#namespace, this.#bridges, name, options));
  }

  /** Opens a TAP (or TUN), a descriptor for each queue. One that is not there is created, and goes with them unless `persist`. */
  openTap(name = "tap%d", options: OpenTapOptions = {}): Promise<Tap> {
    return this.#tap(() => openTap(this.#namespace.thread, this.#connection, name, options));
  }

  /** A TAP's owner and queues change without an event. */
  #tap(work: () => Promise<Tap>): Promise<Tap> {
    return this.#work.run(async () => {
      const tap = await work();
      this.#changedSilently(tap.name);
      return tap;
    });
  }

  /** Opens a macvtap or ipvtap, a descriptor for each queue. It stays when they are closed. */
  openMacvtap(link: LinkReference, options: MacvtapOptions = {}): Promise<Tap> {
    return this.#do(() => subjects.macvtap().openMacvtap(this.#namespace, link, options));
  }

  /**
   * Makes a TAP for a QEMU that is started from here, attached and up: the descriptors for spawn's `stdio`, and the
   * -netdev and -device that go with them. It goes with QEMU, when it is closed here, too.
   */
  tapForQemu(options?: QemuTapOptions): Promise<QemuTap>;
  tapForQemu<S extends Switch>(options: SwitchQemuTapOptions<S>): Promise<QemuTap>;
  tapForQemu(options: QemuTapOptions | SwitchQemuTapOptions = {}): Promise<QemuTap> {
    if (this.#signal === undefined) return tapForQemu(this, options);
    return this.#begun(() => tapForQemu(this.#whole, options));
  }

  /**
   * Opens a socket for the Ethernet frames of a link: what comes in by it, to whomever, and what is sent by it. For programs that
   * are peers of those behind the link, such as a DHCP server on a bridge. The firewall does not see what is read and sent so.
   */
  openFrames(link: LinkReference, options: FrameSocketOptions = {}): Promise<FrameSocket> {
    return this.#do(async () => {
      const { index } = await getLink(this.#connection, link);
      return openFrames(this.#namespace.thread, index, options);
    });
  }

  /** Changes what is given of a link: a `name` renames it, a `namespace` moves it, `altnames` are the whole list. */
  async setLink(link: LinkReference, settings: NewLinkSettings): Promise<void> {
    await this.#change(() => subjects.links().setAnywhere(this.#namespace, link, settings));
  }

  /** Changes a link of a kind that is known: what is given of its kind's options and of any link's settings, or nothing. */
  async setKind<K extends LinkKind>(link: LinkReference, kind: K, settings: KindSettings<K>): Promise<void> {
    checkLinkKind(kind);
    if (kind === "bond") return this.setBond(link, settings);
    const all = settings as NewLinkSettings;
    await this.#change(() => subjects.links().setAnywhere(this.#namespace, link, all, kind));
  }

  /** Changes a bridge's options. Its MTU holds once it is changed; setting the one that it has goes on following the ports. */
  setBridge(bridge: LinkReference, settings: KindSettings<"bridge">): Promise<void> {
    return this.setKind(bridge, "bridge", settings);
  }

  /** Changes a bond's options. Some can be changed only while it is down, or has no ports: the error says so. */
  setBond(bond: LinkReference, settings: BondSettings): Promise<void> {
    return this.#change(() => subjects.ports().setBond(this.#namespace, bond, settings));
  }

  /** A bond and its ports as they are now: what /proc/net/bonding shows. */
  bondState(bond: LinkReference): Promise<BondState> {
    return this.#ask(() => subjects.ports().bondState(this.#namespace, bond));
  }

  /** Changes the options of a port, of a bridge or of a bond; `vlans` become all the VLANs of a bridge's port. */
  setPort(port: LinkReference, options: PortSettings): Promise<void> {
    return this.#do(() => subjects.ports().setPort(this.#connection, port, options));
  }

  /**
   * Makes a link a port of a bridge, a bond, a team or a VRF: master, options, up. A port of it keeps all but the options
   * that are given; a port of another is refused without `move`. Failing half-way puts the port back as it was, and so does a
   * signal that aborts: it rejects with the signal's reason then. A `journal` is told how it is taken back. A switch that is
   * none of Linux's, such as a bridge of Open vSwitch, has options of its own.
   */
  attach(port: LinkReference, to: LinkReference, options?: AttachOptions & Journaled & Cancellation): Promise<void>;
  attach<S extends Switch>(
    port: LinkReference,
    to: S,
    options?: SwitchAttachOptions<PortOptionsOf<S>> & Journaled & Cancellation,
  ): Promise<void>;
  attach(
    port: LinkReference,
    to: LinkReference | Switch,
    options: AttachOptions & Journaled & Cancellation = {},
  ): Promise<void> {
    const all = this.#withSignal(options)!;
    return this.#do(() => attachPort(this.#connection, this.#bridges, port, to, all), all.signal);
  }

  /**
   * Takes a port out of its master, with its addresses; one of a bond or a team comes out down, with its own MAC and MTU. `from` is
   * a switch that is none of Linux's, of which links do not say that they are its ports.
   */
  detach(
    port: LinkReference,
    { from, ...options }: Journaled & { readonly from?: Switch | undefined } = {},
  ): Promise<void> {
    return this.#change(() =>
      from === undefined
        ? subjects.ports().detachPort(this.#connection, port, options)
        : subjects.ports().detachFromSwitch(this.#connection, port, from, options),
    );
  }

  /** An empty journal: what it is given to tells it how the work is taken back, in words and as requests. */
  journal(): Journal {
    return journalOf(this.#connection);
  }

  /**
   * Takes back what a journal wrote down, the last operation first. One that cannot be taken back does not keep the others from
   * it; it rejects then with what the first was refused with, and says what stands.
   */
  replay(operations: readonly WrittenOperation[]): Promise<void> {
    return this.#change(() => subjects.replay().replay(this.#connection, operations));
  }

  /** Removes a link. */
  remove(link: LinkReference): Promise<void> {
    return this.#change(() => deleteLink(this.#connection, link));
  }

  /**
   * Removes links by one request, in one grace period and one for each bridge, and what a removal that was killed had gathered.
   * A signal that aborts before the kernel is told to delete them leaves all as it was, and it rejects with the signal's reason;
   * later, they are removed.
   */
  removeAll(links: readonly LinkReference[], options: Cancellation = {}): Promise<Removal> {
    const { signal } = this.#withSignal(options)!;
    return this.#change(() => subjects.links().removeLinks(this.#connection, links, signal), signal);
  }

  /** The forwarding tables of bridges, VXLANs and other devices. */
  get fdb(): FdbTables {
    return (this.#fdb ??= this.#group(subjects.forwarding().fdbTablesOf(this.#connection)));
  }

  /** The multicast tables of bridges. */
  get mdb(): MulticastTables {
    return (this.#mdb ??= this.#group(subjects.forwarding().multicastTablesOf(this.#connection)));
  }

  /** A bridge and its ports in the spanning tree: ids, roles, states and timers. */
  spanningTree(bridge: LinkReference): Promise<SpanningTree> {
    return this.#ask(() => subjects.ports().readSpanningTree(this.#connection, bridge));
  }

  /** The routes. */
  get routes(): Routes {
    return (this.#routes ??= this.#group(subjects.routing().routesOf(this.#connection)));
  }

  /** The rules that choose a packet's routing table. */
  get rules(): Rules {
    return (this.#rules ??= this.#group(subjects.routing().rulesOf(this.#connection)));
  }

  /** The ruleset of nftables, and the connections that are tracked. */
  get netfilter(): NetfilterTables {
    const whole = this.#whole;
    whole.#filtering ??= subjects.netfilter().netfilterOf(this.#namespace.thread);
    return (this.#netfilter ??= this.#group(whole.#filtering));
  }

  /** The neighbours: which link-layer addresses IP addresses have. */
  get neighbours(): Neighbours {
    return (this.#neighbours ??= this.#group(subjects.routing().neighboursOf(this.#connection)));
  }

  /** The next hops that routes refer to by id. */
  get nexthops(): Nexthops {
    return (this.#nexthops ??= this.#group(subjects.routing().nexthopsOf(this.#connection)));
  }

  /** What schedules the packets that leave a link. */
  get qdiscs(): Qdiscs {
    return (this.#qdiscs ??= this.#group(subjects.traffic().qdiscsOf(this.#connection)));
  }

  /** The classes of qdiscs that have some. */
  get classes(): TrafficClasses {
    return (this.#classes ??= this.#group(subjects.traffic().classesOf(this.#connection)));
  }

  /** What looks at packets, gives them to classes, and does something with them. */
  get filters(): Filters {
    return (this.#filters ??= this.#group(subjects.traffic().filtersOf(this.#connection)));
  }

  /**
   * Limits how fast frames pass a port: `ingress` is what comes in by it, which a guest sends, and `egress` what goes out by it,
   * which a guest receives; bits per second, or "unlimited". A direction that is not given is left alone. Called again, it
   * replaces the limit; failing half-way puts back the former one. Egress is a tbf at the root: what exceeds waits for 50 ms at
   * most. Ingress is a police before all filters, on a clsact: what exceeds is dropped.
   */
  limitRate(port: LinkReference, options: RateLimitOptions): Promise<void> {
    return this.#do(() => subjects.traffic().limitPort(this.#connection, port, options));
  }

  /** The limits of a port, with what they have counted. A direction without a limit is not there. */
  rateLimit(port: LinkReference): Promise<RateLimit> {
    return this.#ask(() => subjects.traffic().limitOf(this.#connection, port));
  }

  /** The VLANs of bridges and of their ports. */
  get bridgeVlans(): BridgeVlans {
    return (this.#bridgeVlans ??= this.#group(subjects.ports().bridgeVlansOf(this.#connection)));
  }

  /** The virtual functions of network cards (SR-IOV). */
  get virtualFunctions(): VirtualFunctions {
    return (this.#virtualFunctions ??= this.#group(subjects.functions().virtualFunctionsOf(this.#namespace)));
  }

  /** The addresses, of one link or of all. */
  addresses(filter: AddressFilter & Cancellation = {}): Promise<Address[]> {
    return read(this.#work, (wanted) => explained(subjects.routing().listAddresses(this.#connection, wanted)), filter);
  }

  /** Adds an address such as "10.0.0.1/24". */
  addAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => subjects.routing().addAddress(this.#connection, link, address, settings));
  }

  /** Adds an address, or changes one that is there. */
  replaceAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => subjects.routing().replaceAddress(this.#connection, link, address, settings));
  }

  /** Removes an address. */
  removeAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#do(() => subjects.routing().removeAddress(this.#connection, link, address, settings));
  }

  /**
   * Watches what is named, all unless something is: an async iterator of what is created, changed and removed, from now on, with
   * how it was before. Who reads slower than things happen loses nothing but what came in between.
   */
  watch<S extends Subject = Subject>(groups?: readonly S[], options?: WatchOptions): Watch<S> {
    void this.#open;
    return subjects.watch().watch(this.#namespace, groups, this.#withSignal(options));
  }

  /** A live picture of the links and of what else is asked for, kept by events and read without awaiting. */
  mirror(options?: MirrorOptions): Promise<Mirror> {
    return this.#work.run(() => subjects.watch().mirror(this.#namespace, this.#withSignal(options)));
  }

  /**
   * Waits until a link is as it shall be, without polling; see Condition. Resolves with the link, or with undefined for "gone".
   * Rejects with ETIMEDOUT, saying what it still waited for and saw last, or with the signal's reason.
   */
  async waitFor(link: LinkReference, condition: Condition, options?: WaitOptions): Promise<Link | undefined> {
    // No piece of work: closing the host does not wait for it, but ends it.
    void this.#open;
    return subjects.watch().waitFor(this.#namespace, link, condition, this.#withSignal(options));
  }

  /** What a link has counted, or every link, in 64 bits. */
  counters(link?: LinkReference): Promise<Counters[]> {
    return this.#ask(() => subjects.watch().counters(this.#namespace, link));
  }

  /** Rates of all links between one reading and the next, time and again. */
  rates(options?: RateOptions): AsyncGenerator<LinkRate[], void> {
    void this.#open;
    return subjects.watch().rates(this.#namespace, this.#withSignal(options));
  }

  /** Keeps the last events and this host's own requests in mind, from now on: a black box. */
  history(options?: HistoryOptions): Promise<History> {
    return this.#work.run(() => subjects.watch().history(this.#namespace, options));
  }

  /** Reads a setting of the namespace, such as "net.ipv4.ip_forward". */
  sysctl(name: string): Promise<string> {
    return this.#work.ask(() => readSysctl(this.#namespace.thread, name));
  }

  /** The names of the namespace's settings below a part, "net" unless given. */
  sysctls(under = "net"): Promise<string[]> {
    return this.#work.run(() => listSysctls(this.#namespace.thread, under));
  }

  /** Writes a setting of the namespace. */
  setSysctl(name: string, value: string | number): Promise<void> {
    return this.#work.run(async () => {
      await writeSysctl(this.#namespace.thread, name, value);
      const [, link] = /^net[./]ipv[46][./]conf[./](.+)[./][^./]+$/.exec(name) ?? [];
      if (link !== undefined) this.#changedSilently(link);
    });
  }

  /** Sends any message of NETLINK_ROUTE, typed by its table, and resolves with what came back. With NLM_F_DUMP, a whole table. */
  request<N extends MessageName>(name: N, request: Request<N> = {}): Promise<RequestReply<N>[]> {
    return this.#change(() => subjects.request().sendRequest(this.#connection, name, request));
  }

  /** A descriptor of the namespace: while it is open, the namespace stays. */
  namespaceDescriptor(): Promise<Descriptor> {
    return this.#work.runNow(() => openNamespace(this.#namespace.thread, undefined));
  }

  /** Two connected Unix sockets, to pass descriptors through. */
  socketPair(): [Descriptor, Descriptor] {
    return socketPair(this.#open);
  }

  /** Connects to a Unix socket. */
  connectSocket(path: string): Promise<Descriptor> {
    return this.#work.ask(() => connectSocket(this.#namespace.thread, path), undefined, closeLate);
  }

  /** A duplicate of a descriptor that this process has open, owned by the host. */
  adoptDescriptor(fd: number): Descriptor {
    return adoptDescriptor(this.#open, fd);
  }

  /** Passes descriptors over a Unix socket, with bytes that say what they are (SCM_RIGHTS). */
  sendDescriptors(
    socket: Descriptor,
    descriptors: readonly Descriptor[],
    bytes: Uint8Array = new Uint8Array(1),
  ): Promise<void> {
    return this.#begun(() => passDescriptors(socket, descriptors, bytes));
  }

  /** Sends bytes alone over a Unix socket, all of them. */
  sendBytes(socket: Descriptor, bytes: Uint8Array): Promise<void> {
    return this.#begun(() => sendBytes(socket, bytes));
  }

  /** Receives bytes, at most `most`, and the descriptors that come with them. */
  async receiveDescriptors(socket: Descriptor, most = 4096): Promise<Received> {
    return takeDescriptors(this.#open, socket, most, this.#signal);
  }
}
