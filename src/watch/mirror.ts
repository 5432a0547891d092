import { EventEmitter } from "node:events";
import { InputError, quoted } from "../base/errors.js";
import { checkKnown, checkSwitch } from "../base/input.js";
import { type Cancellation, checkSignal, onAbort, unlessAborted } from "../base/signal.js";
import type { Namespace } from "../host/work/namespace.js";
import { HEADER_SIZE } from "../netlink/message.js";
import type { Pending } from "../netlink/pending.js";
import { LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import type { Address } from "../rtnetlink/address/address-requests.js";
import type { FdbEntry } from "../rtnetlink/bridge/fdb.js";
import type { Link } from "../rtnetlink/link/link.js";
import { indexIn, type LinkReference, UNTIL_RESOLVED } from "../rtnetlink/link/link-requests.js";
import type { Neighbour } from "../rtnetlink/neighbour/neighbour-requests.js";
import type { Nexthop } from "../rtnetlink/nexthop/nexthop-requests.js";
import type { Route } from "../rtnetlink/route/route-message.js";
import type { Rule } from "../rtnetlink/rule/rule-message.js";
import type { Change, Overrun, WatchEvent } from "./events.js";
import { type Feed, openFeed } from "./feed.js";
import { type LinkIndex, linkIndex } from "./link-index.js";
import type { Subject, Watched } from "./subject.js";

/** What a mirror has; links always. Each costs its events, and room for its entries. */
export interface MirrorOptions extends Cancellation {
  readonly addresses?: boolean | undefined;
  readonly routes?: boolean | undefined;
  readonly rules?: boolean | undefined;
  readonly nexthops?: boolean | undefined;
  readonly neighbours?: boolean | undefined;
  readonly fdb?: boolean | undefined;
  readonly vlans?: boolean | undefined;
  /** Milliseconds after which all links are read again, time and again, for what the kernel does not tell; never unless given. */
  readonly sweep?: number | undefined;
  /** Bytes of the socket's buffer, of which the kernel takes twice as many; the system's choice unless given. */
  readonly receiveBuffer?: number | undefined;
}

interface MirrorEvents {
  /** Something is otherwise than it was; the mirror has it already. */
  changed: [Change];
  /** Messages were lost; the mirror is behind until what they were about has been read again. */
  overrun: [Overrun];
  /** It has ended: by itself with an error, or closed. */
  ended: [unknown];
}

const PARTS = {
  addresses: "address",
  routes: "route",
  rules: "rule",
  nexthops: "nexthop",
  neighbours: "neighbour",
  fdb: "fdb",
  vlans: "vlan",
} as const;
const LEAST_SWEEP = 10;
/** Requests that change links: RTM_NEWLINK, RTM_SETLINK, RTM_NEWLINKPROP, RTM_DELLINKPROP. */
const CHANGES: readonly number[] = [16, 19, 108, 109];

/** The index in a request about a link; 0 where it is named, or got its index when it was sent. */
function indexOfRequest({ bytes, offset }: Pending): number {
  const index = bytes.view.getInt32(offset + HEADER_SIZE + 4, LITTLE_ENDIAN);
  return index === UNTIL_RESOLVED ? 0 : index;
}

/**
 * A live picture of a namespace: kept by events, whole from the first read on, and read without awaiting. What is read is
 * shared and must not be changed; it is replaced, never altered, when something changes.
 */
export class Mirror extends EventEmitter<MirrorEvents> {
  readonly #index: LinkIndex = linkIndex();
  readonly #namespace: Namespace;
  readonly #asked: readonly Subject[];
  #feed!: Feed;
  #timer: NodeJS.Timeout | undefined;
  #forget: () => void = () => undefined;
  #ended = false;

  /** @internal */
  constructor(namespace: Namespace, asked: readonly Subject[]) {
    super();
    this.#namespace = namespace;
    this.#asked = asked;
  }

  /** @internal */
  async open({ signal, receiveBuffer, sweep }: MirrorOptions): Promise<this> {
    this.#feed = await openFeed(this.#namespace, {
      watched: this.#asked,
      receiveBuffer,
      tell: (event) => {
        this.#take(event);
      },
      ended: (reason) => {
        this.#end(reason);
      },
    });
    for (const link of this.links()) this.#index.change(undefined, link);
    this.#namespace.connection.observers.add(this.#requested);
    this.#namespace.silent.add(this.#touched);
    if (sweep !== undefined)
      this.#timer = setInterval(() => {
        this.#feed.rereadAll(["link"]);
      }, sweep).unref();
    this.#forget = onAbort(signal, () => {
      void this.close();
    });
    return this;
  }

  readonly #requested = (request: Pending): void => {
    if (!CHANGES.includes(request.messageType.type)) return;
    const index = indexOfRequest(request);
    if (index > 0) this.#feed.reread(index);
    else if (request.about.subject !== undefined) this.#touched(request.about.subject, request.error === undefined);
  };

  /** A link that is not known yet will come, unless what was asked of it was refused. */
  readonly #touched = (name: string, comes = true): void => {
    if (name === "all") this.#feed.rereadAll(["link"]);
    const found = this.link(name);
    if (found !== undefined) this.#feed.reread(found.index);
    else if (comes) this.#expect(name);
  };

  /** Names that were asked about before they were known. */
  readonly #unknown = new Set<string>();

  /** What does not come with what is told until now came elsewhere. */
  #expect(name: string): void {
    this.#unknown.add(name);
    void this.#feed.settled().then(() => this.#unknown.delete(name));
  }

  #take(event: WatchEvent): void {
    if (event.subject === "link") {
      this.#index.change(event.before, event.after);
      const name = event.after?.name;
      if (event.change === "created" && name !== undefined && this.#unknown.delete(name))
        this.#feed.reread(event.after!.index);
    }
    try {
      if (event.subject === "overrun") this.emit("overrun", event);
      else this.emit("changed", event);
    } catch (error) {
      // A listener's mistake is its own: it must not keep the mirror from what comes next.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#forget();
    this.#namespace.connection.observers.delete(this.#requested);
    this.#namespace.silent.delete(this.#touched);
    this.emit("ended", reason);
  }

  /** Messages were lost, and what they were about has not been read again yet. */
  get behind(): boolean {
    return this.#feed.behind;
  }

  /** It is no longer kept: it was closed, its host was, or it failed. */
  get ended(): boolean {
    return this.#ended;
  }

  #table<S extends Subject>(subject: S, option: string): ReadonlyMap<string | number, Watched[S]> {
    if (!this.#asked.includes(subject)) throw new InputError("the mirror was not asked to have them", option);
    return this.#feed.kept.tables.get(subject)!;
  }

  #linksAt(indexes: ReadonlySet<number>): Link[] {
    const table = this.#table("link", "links");
    return [...indexes].map((index) => table.get(index)).filter((each) => each !== undefined);
  }

  /** A link by its name or alternative name, or its index; undefined when there is none. */
  link(link: LinkReference): Link | undefined {
    if (typeof link !== "string") return this.#table("link", "links").get(indexIn(link));
    return this.#linksAt(this.#index.named(link))[0];
  }

  /** The links, or those that have a MAC, a master or a kind. */
  links(filter: { address?: string; master?: LinkReference; kind?: string } = {}): Link[] {
    const { address, master, kind } = filter;
    checkKnown(filter, ["address", "master", "kind"], "a filter's conditions");
    const index = master === undefined ? undefined : (this.link(master)?.index ?? -1);
    if (index !== undefined) return this.#linksAt(this.#index.portsOf(index)).filter((link) => isLike(link, filter));
    if (address !== undefined)
      return this.#linksAt(this.#index.withAddress(address)).filter((link) => isLike(link, filter));
    if (kind !== undefined) return this.#linksAt(this.#index.ofKind(kind));
    return [...this.#table("link", "links").values()];
  }

  /** The addresses, of one link or of all. */
  addresses(link?: LinkReference): Address[] {
    return this.#on([...this.#table("address", "addresses").values()], link, ({ index }) => index);
  }

  /** The routes of every table. */
  routes(): Route[] {
    return [...this.#table("route", "routes").values()];
  }

  /** The rules that choose a routing table. */
  rules(): Rule[] {
    return [...this.#table("rule", "rules").values()];
  }

  /** The next hops that routes name by their ids. */
  nexthops(): Nexthop[] {
    return [...this.#table("nexthop", "nexthops").values()];
  }

  /** The neighbours, of one link or of all. */
  neighbours(link?: LinkReference): Neighbour[] {
    return this.#on([...this.#table("neighbour", "neighbours").values()], link, (each) => each.link);
  }

  /** The entries of bridges' and tunnels' forwarding tables, of all or those that lead to one link. */
  fdb(link?: LinkReference): FdbEntry[] {
    return this.#on([...this.#table("fdb", "fdb").values()], link, ({ index }) => index);
  }

  /** The VLANs of bridges and their ports, each by itself. */
  vlans(link?: LinkReference): Watched["vlan"][] {
    return this.#on([...this.#table("vlan", "vlans").values()], link, ({ index }) => index);
  }

  #on<T>(entries: T[], link: LinkReference | undefined, indexOf: (entry: T) => number): T[] {
    if (link === undefined) return entries;
    const index = this.link(link)?.index;
    return entries.filter((entry) => indexOf(entry) === index);
  }

  /** Reads a link again, which something else may have changed in a way that the kernel does not tell of. */
  async reread(link: LinkReference): Promise<void> {
    const found = this.link(link);
    if (found !== undefined) this.#feed.reread(found.index);
    await this.settled();
  }

  /** Resolves when everything that happened before is in the mirror. */
  async settled({ signal }: Cancellation = {}): Promise<void> {
    checkSignal(signal);
    await unlessAborted(signal, this.#feed.settled());
  }

  /** Ends it; what it shows stays as it was. */
  close(): Promise<void> {
    return this.#feed.close();
  }

  /** As close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function isLike(link: Link, { address, kind }: { address?: string; kind?: string }): boolean {
  return (
    (address === undefined || link.address === address.toLowerCase()) && (kind === undefined || link.kind === kind)
  );
}

/** Throws InputError for options that cannot be meant. */
function checkMirror(options: MirrorOptions): void {
  checkKnown(options, [...Object.keys(PARTS), "signal", "sweep", "receiveBuffer"], "a mirror's options");
  for (const name of Object.keys(PARTS) as (keyof typeof PARTS)[]) checkSwitch(options[name], name);
  const { sweep } = options;
  if (sweep !== undefined && !(sweep >= LEAST_SWEEP))
    throw new InputError(`${quoted(sweep)} is not a number of milliseconds from ${LEAST_SWEEP} on`, "sweep");
}

/** A live picture of a namespace. The signal ends it at any time; before it is whole, the promise rejects with the signal's reason. */
export async function mirror(namespace: Namespace, options: MirrorOptions = {}): Promise<Mirror> {
  checkMirror(options);
  checkSignal(options.signal);
  const parts = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const asked = parts.filter((name) => options[name] === true).map((name) => PARTS[name]);
  const made = new Mirror(namespace, ["link", ...asked]);
  return await unlessAborted(options.signal, made.open(options), (late) => void late.close());
}
