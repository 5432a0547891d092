import { checkKnown } from "../base/input.js";
import { connect, type Connection } from "../netlink/connection.js";
import { native } from "../kernel/addon.js";
import type { Link } from "../rtnetlink/link/link.js";
import {
  deleteLink,
  getLink,
  type LinkDetails,
  type LinkFilter,
  type LinkReference,
  listLinks,
} from "../rtnetlink/link/link-requests.js";
import { messageTypes } from "../rtnetlink/protocol/message-types.js";
import { checked } from "./work/arguments.js";
import { type AttachOptions, attachPort } from "./ports/attach.js";
import type { BondSettings, NewBondSettings } from "./ports/bond.js";
import type { BondState } from "./ports/bond-state.js";
import { type BridgeMemory, rememberBridges } from "./ports/bridge-memory.js";
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
import { hostTakes } from "./host-arguments.js";
import { addAnywhere, addPair, type NewLinkSettings, type PairSettings, type Place } from "./links/add-link.js";
import type { LinkKind, NewKindSettings, OnLink } from "./links/kind-settings.js";
import type { MacvtapOptions } from "./taps/macvtap.js";
import type { MessageName, Request, RequestReply } from "./request.js";
import { openNamespace } from "../kernel/destination.js";
import { NamespaceTables } from "./namespace-tables.js";
import { enterNamespace, type NamespaceReference } from "../kernel/namespace.js";
import type { PortSettings } from "./ports/port-vlans.js";
import { type QemuTap, type QemuTapOptions, tapForQemu } from "./taps/qemu-tap.js";
import { randomMac } from "../rtnetlink/link/random-mac.js";
import type { Removal } from "./links/removal.js";
import { addTap } from "./taps/add-tap.js";
import { type Operations, operations } from "./work/operations.js";
import { type Part, parts } from "./parts.js";
import { openTap, type Tap } from "./taps/tap.js";
import type { AddTapOptions, OpenTapOptions } from "./taps/tap-options.js";
import { givenNames } from "./links/verify.js";
import { hostClosed, type Thread } from "../kernel/thread.js";

/**
 * A network namespace, held open: one native thread lives in it and does everything that may wait for the kernel. Each
 * method rejects with NetlinkError when the kernel refuses, and with InputError, before anything is changed, when what
 * is given cannot be meant. A link is given by its name or alternative name, its index, or any object with an `index`.
 * A host that is not used does not keep the process alive.
 */
export class Host extends NamespaceTables {
  readonly #connection: Connection;
  readonly #place: Place;
  readonly #bridges: BridgeMemory;
  readonly #work: Operations;
  #closing: Promise<void> | undefined;

  static {
    checked(this.prototype, hostTakes);
  }

  private constructor(thread: Thread) {
    const place = { thread, connection: connect(thread.socket, messageTypes) };
    const work = operations();
    super(place, work);
    this.#connection = place.connection;
    this.#work = work;
    this.#place = place;
    this.#bridges = rememberBridges(place.connection);
  }

  /**
   * Opens a namespace: the process's own unless given, by name (/run/netns), by absolute path, by `{ pid }`, or "new" for
   * one without a name that goes with its last descriptor.
   */
  static async open(options: { namespace?: NamespaceReference | undefined } = {}): Promise<Host> {
    checkKnown(options, ["namespace"], "a host's options");
    return new Host(await enterNamespace(options.namespace));
  }

  /** Closes every descriptor that the host owns and ends its thread. What is under way is brought to its end first. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#work.end();
    this.#connection.close(hostClosed());
    for (const tell of [...this.#place.thread.closers]) tell();
    await this.#place.thread.call((host, id) => {
      native.closeThread(host, id);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #do<T>(work: () => Promise<T>): Promise<T> {
    return this.#work.run(() => explained(work()));
  }

  #doWith<M, T>(part: Part<M>, work: (module: M) => Promise<T>): Promise<T> {
    return this.#work.runWith(part, (module) => explained(work(module)));
  }

  /** Does what may change a bridge. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#do(() => this.#bridges.changing(work));
  }

  #changeWith<M, T>(part: Part<M>, work: (module: M) => Promise<T>): Promise<T> {
    return this.#doWith(part, (module) => this.#bridges.changing(() => work(module)));
  }

  /** The thread of a host that is not closed. */
  get #open(): Thread {
    if (this.#closing !== undefined) throw hostClosed();
    return this.#place.thread;
  }

  /** One link, by one request. Virtual functions only when asked for. */
  link(link: LinkReference, details?: LinkDetails): Promise<Link> {
    return this.#do(() => getLink(this.#connection, link, details));
  }

  /** The links, all or those that a filter lets through; the kernel filters. */
  links(filter?: LinkFilter): Promise<Link[]> {
    return this.#do(() => listLinks(this.#connection, filter));
  }

  /**
   * Creates a link of a kind with its settings and its kind's options, in one message. What the kernel takes only of a link
   * that exists, such as an alias and a bridge's MTU, follows in another, with `up`; when that fails, the link is removed.
   */
  async addLink<K extends LinkKind>(name: string, kind: K, settings: NewKindSettings<K>): Promise<Link>;
  async addLink(name: string, kind: string, settings?: NewLinkSettings): Promise<Link>;
  async addLink(name: string, kind: string, settings: NewLinkSettings = {}): Promise<Link> {
    if (kind === "bond") return this.addBond(name, settings);
    return this.#change(() => addAnywhere(this.#place, name, kind, settings));
  }

  /** Creates a bridge. */
  async addBridge(name: string, settings: NewKindSettings<"bridge"> = {}): Promise<Link> {
    return this.addLink(name, "bridge", { ...settings, address: settings.address ?? randomMac() });
  }

  /** Creates a VLAN on the link below, which comes up with it. */
  addVlan(name: string, settings: OnLink<"vlan"> & { id: number }): Promise<Link> {
    return this.addLink(name, "vlan", settings);
  }

  /** Creates a bond with its ports: options, ports, up. Failing half-way puts the ports back and removes the bond. */
  addBond(name: string, settings: NewBondSettings = {}): Promise<Link> {
    return this.#changeWith(parts.bonds, ({ addBond }) => addBond(this.#place, this.#bridges, name, settings));
  }

  /** Creates a macvlan on the link below. */
  addMacvlan(name: string, settings: OnLink<"macvlan">): Promise<Link> {
    return this.addLink(name, "macvlan", settings);
  }

  /** Creates a macvtap on the link below. */
  addMacvtap(name: string, settings: OnLink<"macvtap">): Promise<Link> {
    return this.addLink(name, "macvtap", settings);
  }

  /** Creates a VXLAN. */
  addVxlan(name: string, settings: NewKindSettings<"vxlan">): Promise<Link> {
    return this.addLink(name, "vxlan", settings);
  }

  /** Creates a pair of connected links; either may be in another namespace. */
  addVeth(name: string, settings: PairSettings): Promise<Link> {
    return this.#change(() => addPair(this.#place, "veth", name, settings));
  }

  /** Creates a pair of links that programs decide about (netkit, Linux 6.7); either may be in another namespace. */
  addNetkit(name: string, settings: PairSettings & Omit<NewKindSettings<"netkit">, "peerInfo">): Promise<Link> {
    return this.#change(() => addPair(this.#place, "netkit", name, settings));
  }

  /** Creates a persistent TAP (or TUN), and attaches it to a bridge if given. "%d" in the name becomes the first free number. */
  addTap(name: string, options: AddTapOptions = {}): Promise<Tap> {
    return this.#work.run(() => addTap(this.#place, this.#bridges, name, options));
  }

  /** Opens a TAP (or TUN), a descriptor for each queue. One that is not there is created, and goes with them unless `persist`. */
  openTap(name = "tap%d", options: OpenTapOptions = {}): Promise<Tap> {
    return this.#work.run(() => openTap(this.#place.thread, this.#connection, name, options));
  }

  /** Opens a macvtap or ipvtap, a descriptor for each queue. It stays when they are closed. */
  openMacvtap(link: LinkReference, options: MacvtapOptions = {}): Promise<Tap> {
    return this.#doWith(parts.macvtap, ({ openMacvtap }) => openMacvtap(this.#place, link, options));
  }

  /**
   * Makes a TAP for a QEMU that is started from here, attached and up: the descriptors for spawn's `stdio`, and the
   * -netdev and -device that go with them. It goes with QEMU, when it is closed here, too.
   */
  tapForQemu(options: QemuTapOptions = {}): Promise<QemuTap> {
    return tapForQemu(this, options);
  }

  /** Changes what is given of a link: a `name` renames it, a `namespace` moves it, `altnames` are the whole list. */
  async setLink(link: LinkReference, settings: NewLinkSettings): Promise<void> {
    await this.#changeWith(parts.setting, ({ setAnywhere }) => setAnywhere(this.#place, link, settings));
  }

  /** Changes a link of a kind that is known: what is given of its kind's options and of any link's settings, or nothing. */
  async setKind<K extends LinkKind>(link: LinkReference, kind: K, settings: NewKindSettings<K>): Promise<void> {
    if (kind === "bond") return this.setBond(link, settings);
    const all = settings as NewLinkSettings;
    await this.#changeWith(parts.setting, ({ setAnywhere }) => setAnywhere(this.#place, link, all, kind));
  }

  /** Changes a bridge's options. Its MTU holds once it is changed; setting the one that it has goes on following the ports. */
  setBridge(bridge: LinkReference, settings: NewKindSettings<"bridge">): Promise<void> {
    return this.setKind(bridge, "bridge", settings);
  }

  /** Changes a bond's options. Some can be changed only while it is down, or has no ports: the error says so. */
  setBond(bond: LinkReference, settings: BondSettings): Promise<void> {
    return this.#changeWith(parts.bonds, ({ setBond }) => setBond(this.#place, bond, settings));
  }

  /** A bond and its ports as they are now: what /proc/net/bonding shows. */
  bondState(bond: LinkReference): Promise<BondState> {
    return this.#doWith(parts.bondState, ({ bondState }) => bondState(this.#place, bond));
  }

  /** Changes the options of a port, of a bridge or of a bond; `vlans` become all the VLANs of a bridge's port. */
  setPort(port: LinkReference, options: PortSettings): Promise<void> {
    return this.#doWith(parts.portVlans, ({ setPort }) => setPort(this.#connection, port, options));
  }

  /**
   * Makes a link a port of a bridge, a bond, a team or a VRF: master, options, up. A port of it keeps all but the options
   * that are given; a port of another is refused without `move`. Failing half-way puts the port back as it was.
   */
  attach(port: LinkReference, bridge: LinkReference, options: AttachOptions = {}): Promise<void> {
    const attach = (): Promise<void> => attachPort(this.#connection, this.#bridges, port, bridge, options);
    return givenNames(options).length === 0 ? this.#do(attach) : this.#doWith(parts.joining, attach);
  }

  /** Takes a port out of its master, with its addresses; one of a bond or a team comes out down, with its own MAC and MTU. */
  detach(port: LinkReference): Promise<void> {
    return this.#changeWith(parts.port, ({ detachPort }) => detachPort(this.#connection, port));
  }

  /** Removes a link. */
  remove(link: LinkReference): Promise<void> {
    return this.#change(() => deleteLink(this.#connection, link));
  }

  /** Removes links by one request, where the kernel allows that: all wait for one grace period of it, bridges for one each. */
  removeAll(links: readonly LinkReference[]): Promise<Removal> {
    return this.#changeWith(parts.removal, ({ removeLinks }) => removeLinks(this.#connection, links));
  }

  /** Sends any message of NETLINK_ROUTE, typed by its table, and resolves with what came back. With NLM_F_DUMP, a whole table. */
  request<N extends MessageName>(name: N, request: Request<N> = {}): Promise<RequestReply<N>[]> {
    return this.#changeWith(parts.request, ({ sendRequest }) => sendRequest(this.#connection, name, request));
  }

  /** A descriptor of the namespace: while it is open, the namespace stays. */
  namespaceDescriptor(): Promise<Descriptor> {
    return this.#work.runNow(() => openNamespace(this.#place.thread, undefined));
  }

  /** Two connected Unix sockets, to pass descriptors through. */
  socketPair(): [Descriptor, Descriptor] {
    return socketPair(this.#open);
  }

  /** Connects to a Unix socket. */
  connectSocket(path: string): Promise<Descriptor> {
    return this.#work.run(() => connectSocket(this.#place.thread, path));
  }

  /** A duplicate of a descriptor that this process has open, owned by the host. */
  adoptDescriptor(fd: number): Descriptor {
    return adoptDescriptor(this.#open, fd);
  }

  /** Passes descriptors over a Unix socket, with bytes that say what they are (SCM_RIGHTS). */
  sendDescriptors(socket: Descriptor, descriptors: readonly Descriptor[], bytes = new Uint8Array(1)): Promise<void> {
    return passDescriptors(socket, descriptors, bytes);
  }

  /** Sends bytes alone over a Unix socket, all of them. */
  sendBytes(socket: Descriptor, bytes: Uint8Array): Promise<void> {
    return sendBytes(socket, bytes);
  }

  /** Receives bytes, at most `most`, and the descriptors that come with them. */
  async receiveDescriptors(socket: Descriptor, most = 4096): Promise<Received> {
    return takeDescriptors(this.#open, socket, most);
  }
}
