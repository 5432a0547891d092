import { checkKnown } from "../base/input.js";
import { loadAll } from "../base/once.js";
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
import type { LinkExcerpt, LinkField, Only } from "../rtnetlink/link/link-excerpt.js";
import { type Cancellation, checkSignal, unlessAborted } from "../base/signal.js";
import { checked } from "./work/arguments.js";
import { hostArguments } from "./host-arguments.js";
import { groupsOf, type Groups } from "./method-groups.js";
import { type Session, sessionOver } from "./session.js";
import { late } from "./late-code.js";
import type { SwitchAttachOptions } from "./ports/attach-switch.js";
import type { AttachOptions } from "./ports/port-settings.js";
import type { PortOptionsOf, Switch } from "./ports/switch.js";
import type { BondSettings, NewBondSettings } from "./ports/bond.js";
import type { BondState } from "./ports/bond-state.js";
import { adoptDescriptor, type Descriptor } from "../kernel/descriptor.js";
import type { Received } from "../kernel/unix-socket.js";
import { explained } from "./hints/late-hints.js";
import type { NewLinkSettings, PairSettings } from "./links/add-link.js";
import type { Journal, Journaled } from "./work/journal.js";
import type { WrittenOperation } from "./work/written-operation.js";
import type { KindAlone, KindSettings, NewKindSettings } from "./links/kind-settings.js";
import type { MacvtapOptions } from "./taps/macvtap.js";
import type { MessageName, Request, RequestReply } from "./raw-request.js";
import { holds, openNamespace } from "../kernel/namespace-descriptor.js";
import type { ThreadUse } from "../kernel/thread-use.js";
import { enterNamespace, type NamespaceReference } from "../kernel/namespace.js";
import type { PortSettings } from "./ports/port-settings.js";
import type { QemuTap, QemuTapOptions, SwitchQemuTapOptions } from "./taps/qemu-tap.js";
import { randomMac } from "../rtnetlink/link/random-mac.js";
import { lossBeforeRefusal } from "./links/goes-down.js";
import type { Removal } from "./links/removal.js";
import { seenFromCaller } from "./work/operations.js";
import { read } from "./work/reading.js";
import type { Connection } from "../netlink/connection.js";
import type { RecordedRequest } from "../netlink/recording.js";
import { messageTypes } from "../rtnetlink/protocol/message-types.js";
import type { Tap } from "./taps/tap.js";
import type { AddTapOptions, OpenTapOptions, SwitchTapOptions } from "./taps/tap-options.js";
import type { FrameSocket, FrameSocketOptions } from "../kernel/frame-socket.js";
import type { Address, AddressFilter, AddressSettings } from "../rtnetlink/address/address-requests.js";
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
import type { Subject } from "../watch/subject.js";
import type { Watch, WatchOptions } from "../watch/watch.js";
import type { RateLimit, RateLimitOptions } from "./traffic/rate-limit.js";

/** What came after nobody waited for it any more. */
const closeLate = (late: Descriptor): void => void late.close().catch(() => undefined);

/** Which namespace a host is of, and how it works there. */
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
  readonly #session: Session;
  readonly #groups: Groups;
  /** What this is another face of, until a signal aborts. */
  readonly #whole: Host;

  static {
    checked<Host>(this.prototype, hostArguments);
  }

  private constructor(session: Session, whole?: Host, groups: Groups = groupsOf(session)) {
    this.#session = session;
    this.#whole = whole ?? this;
    this.#groups = groups;
    holds(this, session.namespace.thread);
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
    const opened = enterNamespace(namespace, use).then(
      (thread) => new Host(sessionOver(thread, namespace ?? "current")),
    );
    return await unlessAborted(signal, opened, (late) => void late.close());
  }

  /**
   * This host, until a signal aborts: the same methods, each of which rejects with the signal's reason then. What only asks, or
   * waits, does so at once; what changes something is not begun any more, but brought to its end when it has begun, and says how it
   * went. `attach` and `removeAll` are undone in between.
   */
  until(signal: AbortSignal): Host {
    const session = this.#session.until(signal);
    return new Host(session, this.#whole, this.#groups.over(session));
  }

  /**
   * @internal This host, with changes written down as the requests that they are instead of being made. What reads back what it
   * changed finds what is there: only what is so already can be written down whole.
   */
  recorded(): { readonly host: Host; readonly connection: Connection; readonly requests: readonly RecordedRequest[] } {
    const { connection, requests } = late.recording().recording(this.#session.connection);
    return { host: new Host(this.#session.by(connection), this.#whole), connection, requests };
  }

  /** @internal Sends what was written down, all of it together, in its order. Resolves with how each went. */
  sendRecorded(requests: readonly RecordedRequest[]): Promise<PromiseSettledResult<void>[]> {
    const { connection } = this.#session;
    const { sendRecorded } = late.recording();
    return this.#session.change(() =>
      Promise.allSettled(requests.map((each) => sendRecorded(connection, each, messageTypes))),
    );
  }

  /** Loads the code of every subject now, for a service that wants nothing of that later; otherwise each is loaded by its first use. */
  static preload(): void {
    loadAll();
  }

  /**
   * Closes every descriptor that the host owns and ends its thread. What is under way is brought to its end first. When
   * `signal` aborts, it rejects with the signal's reason, and the closing goes on.
   */
  close(options: Cancellation = {}): Promise<void> {
    return this.#session.close(options.signal);
  }

  /** @internal What console.log and util.inspect show. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: object, options: object) => string,
  ): string {
    return `Host ${inspect(this.#session.state, options)}`;
  }

  /** As close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * One link, by one request. Virtual functions only when asked for. `only`: the properties to read, such as "name" and "master",
   * beside the index, at a fraction of the cost of all.
   */
  link<K extends LinkField>(link: LinkReference, details: LinkDetails & Only<K>): Promise<LinkExcerpt<K>>;
  link(link: LinkReference, details?: LinkDetails): Promise<Link>;
  link(link: LinkReference, details?: LinkDetails & Partial<Only>): Promise<Link> {
    return this.#session.ask(() => getLink(this.#session.connection, link, details));
  }

  /**
   * The links, all or those that a filter lets through. Those that come or go meanwhile may be there or not (see dumpLinks).
   * `only`: the properties to read, as with link; what is filtered by is read, too.
   */
  links<K extends LinkField>(filter: LinkFilter & Only<K> & Cancellation): Promise<LinkExcerpt<K>[]>;
  links(filter?: LinkFilter & Cancellation): Promise<Link[]>;
  links(filter: LinkFilter & Partial<Only> & Cancellation = {}): Promise<Link[]> {
    return read(this.#session.work, (wanted) => explained(listLinks(this.#session.connection, wanted)), filter);
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
    return this.#session.change(() => late.newLinks().addAnywhere(this.#session.namespace, name, word, settings));
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
    return this.#session.change(() =>
      late.ports().addBond(this.#session.namespace, this.#session.bridges, name, settings),
    ) as Promise<LinkOf<"bond">>;
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
    return this.#session.change(() => late.newLinks().addPair(this.#session.namespace, "veth", name, settings));
  }

  /** Creates a pair of links that programs decide about (netkit, Linux 6.7); either may be in another namespace. */
  addNetkit(name: string, settings: PairSettings & Omit<NewKindSettings<"netkit">, "peerInfo">): Promise<Link> {
    return this.#session.change(() => late.newLinks().addPair(this.#session.namespace, "netkit", name, settings));
  }

  /** Creates a persistent TAP (or TUN), and attaches it to a bridge if given. "%d" in the name becomes the first free number. */
  addTap(name: string, options?: AddTapOptions): Promise<Tap>;
  addTap<S extends Switch>(name: string, options: SwitchTapOptions<S>): Promise<Tap>;
  addTap(name: string, options: AddTapOptions | SwitchTapOptions = {}): Promise<Tap> {
    return this.#tap(() => late.taps().addTap(this.#session.namespace, this.#session.bridges, name, options));
  }

  /** Opens a TAP (or TUN), a descriptor for each queue. One that is not there is created, and goes with them unless `persist`. */
  openTap(name = "tap%d", options: OpenTapOptions = {}): Promise<Tap> {
    return this.#tap(() =>
      late.taps().openTap(this.#session.namespace.thread, this.#session.connection, name, options),
    );
  }

  /** A TAP's owner and queues change without an event. */
  #tap(work: () => Promise<Tap>): Promise<Tap> {
    return this.#session.work.run(async () => {
      const tap = await work();
      this.#session.changedSilently(tap.name);
      return tap;
    });
  }

  /** Opens a macvtap or ipvtap, a descriptor for each queue. It stays when they are closed. */
  openMacvtap(link: LinkReference, options: MacvtapOptions = {}): Promise<Tap> {
    return this.#session.do(() => late.macvtap().openMacvtap(this.#session.namespace, link, options));
  }

  /**
   * Makes a TAP for a QEMU that is started from here, attached and up: the descriptors for spawn's `stdio`, and the
   * -netdev and -device that go with them. It goes with QEMU, when it is closed here, too.
   */
  tapForQemu(options?: QemuTapOptions): Promise<QemuTap>;
  tapForQemu<S extends Switch>(options: SwitchQemuTapOptions<S>): Promise<QemuTap>;
  tapForQemu(options: QemuTapOptions | SwitchQemuTapOptions = {}): Promise<QemuTap> {
    return this.#session.begin(() => late.qemu().tapForQemu(this.#whole, options));
  }

  /**
   * Opens a socket for the Ethernet frames of a link: what comes in by it, to whomever, and what is sent by it. For programs that
   * are peers of those behind the link, such as a DHCP server on a bridge. The firewall does not see what is read and sent so.
   */
  openFrames(link: LinkReference, options: FrameSocketOptions = {}): Promise<FrameSocket> {
    return this.#session.do(async () => {
      const { index } = await getLink(this.#session.connection, link);
      return late.frames().openFrames(this.#session.namespace.thread, index, options);
    });
  }

  /** Changes what is given of a link: a `name` renames it, a `namespace` moves it, `altnames` are the whole list. */
  async setLink(link: LinkReference, settings: NewLinkSettings): Promise<void> {
    const set = (): Promise<void> => late.links().setAnywhere(this.#session.namespace, link, settings);
    await this.#session.change(set, undefined, lossBeforeRefusal(settings) !== undefined);
  }

  /** Changes a link of a kind that is known: what is given of its kind's options and of any link's settings, or nothing. */
  async setKind<K extends LinkKind>(link: LinkReference, kind: K, settings: KindSettings<K>): Promise<void> {
    checkLinkKind(kind);
    if (kind === "bond") return this.setBond(link, settings);
    const all = settings as NewLinkSettings;
    const set = (): Promise<void> => late.links().setAnywhere(this.#session.namespace, link, all, kind);
    await this.#session.change(set, undefined, lossBeforeRefusal(all) !== undefined);
  }

  /** Changes a bridge's options. Its MTU holds once it is changed; setting the one that it has goes on following the ports. */
  setBridge(bridge: LinkReference, settings: KindSettings<"bridge">): Promise<void> {
    return this.setKind(bridge, "bridge", settings);
  }

  /** Changes a bond's options. Some can be changed only while it is down, or has no ports: the error says so. */
  setBond(bond: LinkReference, settings: BondSettings): Promise<void> {
    return this.#session.change(() => late.ports().setBond(this.#session.namespace, bond, settings));
  }

  /** A bond and its ports as they are now: what /proc/net/bonding shows. */
  bondState(bond: LinkReference): Promise<BondState> {
    return this.#session.ask(() => late.ports().bondState(this.#session.namespace, bond));
  }

  /** Changes the options of a port, of a bridge or of a bond; `vlans` become all the VLANs of a bridge's port. */
  setPort(port: LinkReference, options: PortSettings): Promise<void> {
    return this.#session.do(() => late.ports().setPort(this.#session.connection, port, options));
  }

  /**
   * Makes a link a port of a bridge, a bond, a team or a VRF: master, options, up. A port of it keeps all but the options
   * that are given; a port of another is refused without `move`. Failing half-way puts the port back as it was, and so does a
   * signal that aborts: it rejects with the signal's reason then. A `journal` is told how it is taken back. Neighbours that a bridge
   * loses with its MAC are put back, and a port whose MTU would take IPv6 from it is refused. A switch that is none of Linux's,
   * such as a bridge of Open vSwitch, has options of its own.
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
    const all = this.#session.withSignal(options)!;
    return this.#session.do(
      () => late.attach().attachPort(this.#session.connection, this.#session.bridges, port, to, all),
      all.signal,
    );
  }

  /**
   * Takes a port out of its master, with its addresses; one of a bond or a team comes out down, with its own MAC and MTU. `from` is
   * a switch that is none of Linux's, of which links do not say that they are its ports.
   */
  detach(
    port: LinkReference,
    { from, ...options }: Journaled & { readonly from?: Switch | undefined } = {},
  ): Promise<void> {
    return this.#session.change(() =>
      from === undefined
        ? late.ports().detachPort(this.#session.connection, port, options)
        : late.ports().detachFromSwitch(this.#session.connection, port, from, options),
    );
  }

  /** An empty journal: what it is given to tells it how the work is taken back, in words and as requests. */
  journal(): Journal {
    return late.journal().journalOf(this.#session.connection);
  }

  /**
   * Takes back what a journal wrote down, the last operation first. One that cannot be taken back does not keep the others from
   * it; it rejects then with what the first was refused with, and says what stands.
   */
  replay(operations: readonly WrittenOperation[]): Promise<void> {
    return this.#session.change(() => late.replay().replay(this.#session.connection, operations));
  }

  /** Removes a link. */
  remove(link: LinkReference): Promise<void> {
    return this.#session.change(() => deleteLink(this.#session.connection, link));
  }

  /**
   * Removes links by one request, in one grace period and one for each bridge, and what a removal that was killed had gathered.
   * A signal that aborts before the kernel is told to delete them leaves all as it was, and it rejects with the signal's reason;
   * later, they are removed.
   */
  removeAll(links: readonly LinkReference[], options: Cancellation = {}): Promise<Removal> {
    const { signal } = this.#session.withSignal(options)!;
    return this.#session.change(() => late.links().removeLinks(this.#session.connection, links, signal), signal);
  }

  /** The forwarding tables of bridges, VXLANs and other devices. */
  get fdb(): FdbTables {
    return this.#groups.get("fdb");
  }

  /** The multicast tables of bridges. */
  get mdb(): MulticastTables {
    return this.#groups.get("mdb");
  }

  /** A bridge and its ports in the spanning tree: ids, roles, states and timers. */
  spanningTree(bridge: LinkReference): Promise<SpanningTree> {
    return this.#session.ask(() => late.ports().readSpanningTree(this.#session.connection, bridge));
  }

  /** The routes. */
  get routes(): Routes {
    return this.#groups.get("routes");
  }

  /** The rules that choose a packet's routing table. */
  get rules(): Rules {
    return this.#groups.get("rules");
  }

  /** The ruleset of nftables, and the connections that are tracked. */
  get netfilter(): NetfilterTables {
    return this.#groups.get("netfilter");
  }

  /** The neighbours: which link-layer addresses IP addresses have. */
  get neighbours(): Neighbours {
    return this.#groups.get("neighbours");
  }

  /** The next hops that routes refer to by id. */
  get nexthops(): Nexthops {
    return this.#groups.get("nexthops");
  }

  /** What schedules the packets that leave a link. */
  get qdiscs(): Qdiscs {
    return this.#groups.get("qdiscs");
  }

  /** The classes of qdiscs that have some. */
  get classes(): TrafficClasses {
    return this.#groups.get("classes");
  }

  /** What looks at packets, gives them to classes, and does something with them. */
  get filters(): Filters {
    return this.#groups.get("filters");
  }

  /**
   * Limits how fast frames pass a port: `ingress` is what comes in by it, which a guest sends, and `egress` what goes out by it,
   * which a guest receives; bits per second, or "unlimited". A direction that is not given is left alone. Called again, it
   * replaces the limit; failing half-way puts back the former one. Egress is a tbf at the root: what exceeds waits for 50 ms at
   * most. Ingress is a police before all filters, on a clsact: what exceeds is dropped.
   */
  limitRate(port: LinkReference, options: RateLimitOptions): Promise<void> {
    return this.#session.do(() => late.traffic().limitPort(this.#session.connection, port, options));
  }

  /** The limits of a port, with what they have counted. A direction without a limit is not there. */
  rateLimit(port: LinkReference): Promise<RateLimit> {
    return this.#session.ask(() => late.traffic().limitOf(this.#session.connection, port));
  }

  /** The VLANs of bridges and of their ports. */
  get bridgeVlans(): BridgeVlans {
    return this.#groups.get("bridgeVlans");
  }

  /** The virtual functions of network cards (SR-IOV). */
  get virtualFunctions(): VirtualFunctions {
    return this.#groups.get("virtualFunctions");
  }

  /** The addresses, of one link or of all. */
  addresses(filter: AddressFilter & Cancellation = {}): Promise<Address[]> {
    return read(
      this.#session.work,
      (wanted) => explained(late.routing().listAddresses(this.#session.connection, wanted)),
      filter,
    );
  }

  /** Adds an address such as "10.0.0.1/24". */
  addAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#session.do(() => late.routing().addAddress(this.#session.connection, link, address, settings));
  }

  /** Adds an address, or changes one that is there. */
  replaceAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#session.do(() => late.routing().replaceAddress(this.#session.connection, link, address, settings));
  }

  /** Removes an address. */
  removeAddress(link: LinkReference, address: string, settings: AddressSettings = {}): Promise<void> {
    return this.#session.do(() => late.routing().removeAddress(this.#session.connection, link, address, settings));
  }

  /**
   * Watches what is named, all unless something is: an async iterator of what is created, changed and removed, from now on, with
   * how it was before. Who reads slower than things happen loses nothing but what came in between.
   */
  watch<S extends Subject = Subject>(groups?: readonly S[], options?: WatchOptions): Watch<S> {
    void this.#session.open;
    return late.watch().watch(this.#session.namespace, groups, this.#session.withSignal(options));
  }

  /** A live picture of the links and of what else is asked for, kept by events and read without awaiting. */
  mirror(options?: MirrorOptions): Promise<Mirror> {
    return this.#session.work.run(() =>
      late.watch().mirror(this.#session.namespace, this.#session.withSignal(options)),
    );
  }

  /**
   * Waits until a link is as it shall be, without polling; see Condition. Resolves with the link, or with undefined for "gone".
   * Rejects with ETIMEDOUT, saying what it still waited for and saw last, or with the signal's reason.
   */
  async waitFor(link: LinkReference, condition: Condition, options?: WaitOptions): Promise<Link | undefined> {
    // No piece of work: closing the host does not wait for it, but ends it.
    void this.#session.open;
    const all = this.#session.withSignal(options);
    return seenFromCaller(late.watch().waitFor(this.#session.namespace, link, condition, all), all?.signal);
  }

  /** What a link has counted, or every link, in 64 bits. */
  counters(link?: LinkReference): Promise<Counters[]> {
    return this.#session.ask(() => late.watch().counters(this.#session.namespace, link));
  }

  /** Rates of all links between one reading and the next, time and again. */
  rates(options?: RateOptions): AsyncGenerator<LinkRate[], void> {
    void this.#session.open;
    return late.watch().rates(this.#session.namespace, this.#session.withSignal(options));
  }

  /** Keeps the last events and this host's own requests in mind, from now on: a black box. */
  history(options?: HistoryOptions): Promise<History> {
    return this.#session.work.run(() =>
      late.watch().history(this.#session.namespace, this.#session.withSignal(options)),
    );
  }

  /** Reads a setting of the namespace, such as "net.ipv4.ip_forward". */
  sysctl(name: string): Promise<string> {
    return this.#session.work.ask(() => late.sysctl().readSysctl(this.#session.namespace.thread, name));
  }

  /** The names of the namespace's settings below a part, "net" unless given. */
  sysctls(under = "net"): Promise<string[]> {
    return this.#session.work.run(() => late.sysctl().listSysctls(this.#session.namespace.thread, under));
  }

  /** Writes a setting of the namespace. */
  setSysctl(name: string, value: string | number): Promise<void> {
    return this.#session.work.run(async () => {
      await late.sysctl().writeSysctl(this.#session.namespace.thread, name, value);
      const [, link] = /^net[./]ipv[46][./]conf[./](.+)[./][^./]+$/.exec(name) ?? [];
      if (link !== undefined) this.#session.changedSilently(link);
    });
  }

  /** Sends any message of NETLINK_ROUTE, typed by its table, and resolves with what came back. With NLM_F_DUMP, a whole table. */
  request<N extends MessageName>(name: N, request: Request<N> = {}): Promise<RequestReply<N>[]> {
    return this.#session.change(() => late.request().sendRequest(this.#session.connection, name, request));
  }

  /** A descriptor of the namespace: while it is open, the namespace stays. */
  namespaceDescriptor(): Promise<Descriptor> {
    return this.#session.work.runNow(() => openNamespace(this.#session.namespace.thread, undefined));
  }

  /** Two connected Unix sockets, to pass descriptors through. */
  socketPair(): [Descriptor, Descriptor] {
    return late.sockets().socketPair(this.#session.open);
  }

  /** Connects to a Unix socket. */
  connectSocket(path: string): Promise<Descriptor> {
    return this.#session.work.ask(
      () => late.sockets().connectSocket(this.#session.namespace.thread, path),
      undefined,
      closeLate,
    );
  }

  /**
   * Opens a socket of UDP or TCP in the namespace, for Node's dgram and net to go on with by its number's duplicate: with a `port` it is
   * bound to the address, which need not be there yet, and of TCP it listens.
   */
  openInternet(protocol: "udp" | "tcp", address: string, port = 0): Promise<Descriptor> {
    const { thread } = this.#session.namespace;
    return this.#session.work.ask(
      () => late.internet().openInternet(thread, protocol, address, port),
      undefined,
      closeLate,
    );
  }

  /** A duplicate of a descriptor that this process has open, owned by the host. */
  adoptDescriptor(fd: number): Descriptor {
    return adoptDescriptor(this.#session.open, fd);
  }

  /** Passes descriptors over a Unix socket, with bytes that say what they are (SCM_RIGHTS). */
  sendDescriptors(
    socket: Descriptor,
    descriptors: readonly Descriptor[],
    bytes: Uint8Array = new Uint8Array(1),
  ): Promise<void> {
    return this.#session.begin(() => late.sockets().passDescriptors(socket, descriptors, bytes));
  }

  /** Sends bytes alone over a Unix socket, all of them. */
  sendBytes(socket: Descriptor, bytes: Uint8Array): Promise<void> {
    return this.#session.begin(() => late.sockets().sendBytes(socket, bytes));
  }

  /** Receives bytes, at most `most`, and the descriptors that come with them. */
  async receiveDescriptors(socket: Descriptor, most = 4096): Promise<Received> {
    return late.sockets().takeDescriptors(this.#session.open, socket, most, this.#session.signal);
  }
}
