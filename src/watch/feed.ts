import { align, bytesOf, LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import { pause as rest } from "../netlink/dump.js";
import { HEADER_SIZE, type NetlinkHeader, readHeader } from "../netlink/message.js";
import type { Connection } from "../netlink/connection.js";
import { NetlinkError } from "../kernel/error.js";
import { type MulticastSocket, openMulticast } from "../kernel/multicast.js";
import type { Namespace } from "../host/work/namespace.js";
import type { Address } from "../rtnetlink/address/address-requests.js";
import { type Link, RTM_GETLINK } from "../rtnetlink/link/link.js";
import { type Change, eventChannel, type Origin, type WatchEvent } from "./events.js";
import { type Only, type Shared, socketFilter } from "./filter.js";
import {
  type EntryChange,
  keptTables,
  type KeptTables,
  type Table,
  tableDifferences,
  tableFrom,
} from "./kept-tables.js";
import type { NamespaceId, Subject, Watched } from "./subject.js";
import { linkIn, reading } from "./subjects/link.js";
import { subjects } from "./subjects.js";

/** NETLINK_ROUTE (linux/netlink.h). */
const ROUTE = 0;
/** Milliseconds between a resynchronisation that was overrun itself, or failed, and the next. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 16;
/** How often a link is asked for again that changes while it is asked for. */
const MOST_REREADS = 8;

export interface FeedSettings extends Only {
  readonly watched: readonly Subject[];
  /** Bytes of the socket's buffer. */
  readonly receiveBuffer?: number | undefined;
  readonly allNamespaces?: boolean | undefined;
  /** What this kernel does not have is nothing, instead of an error. */
  readonly lenient?: boolean | undefined;
  /** Takes what happens, in its order. It must not throw. */
  readonly tell: (event: WatchEvent) => void;
  /** Whether more can be taken; otherwise what happens waits in the socket. */
  readonly hasRoom?: () => boolean;
  /** Called once when it has ended: by itself with an error, or closed. */
  readonly ended: (reason: unknown) => void;
}

/** Tables of what is watched, kept by events, whole from the start. */
export interface Feed {
  readonly kept: KeptTables;
  /** Messages were lost, and what they were about is not known again yet. */
  readonly behind: boolean;
  /** Goes on after there was no room. */
  resume(): void;
  /** Asks for a link again, because it may have changed without an event. */
  reread(index: number): void;
  /** Reads tables again. */
  rereadAll(watched: readonly Subject[]): void;
  /** Resolves when everything that happened before is in the tables. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Subjects without which others cannot be kept: routes of IPv4 go with links and addresses, without an event, and so does all
 * of another namespace with its id.
 */
function needed(watched: readonly Subject[], allNamespaces: boolean): readonly Subject[] {
  const others: Subject[] = watched.includes("route") ? ["link", "address"] : [];
  return [...new Set([...watched, ...others, ...(allNamespaces ? (["namespace"] as const) : [])])];
}

/** Neighbours and the FDB have their messages in common. */
function sharedOf(kept: readonly Subject[]): Shared | undefined {
  const ofBridge = kept.includes("fdb");
  if (kept.includes("neighbour") === ofBridge) return undefined;
  const { told, gone } = ofBridge ? subjects.fdb : subjects.neighbour;
  return { types: [told.type, gone.type], ofBridge };
}

export async function openFeed({ thread, connection }: Namespace, settings: FeedSettings): Promise<Feed> {
  const {
    watched,
    link,
    kind,
    receiveBuffer,
    allNamespaces = false,
    lenient = false,
    tell,
    hasRoom = () => true,
    ended,
  } = settings;
  const kept = needed(watched, allNamespaces);
  const tables = kept.map((subject) => subjects[subject]);
  const types = [...new Set(tables.flatMap(({ told, gone }) => [told.type, gone.type]))];
  const onLink = tables.filter((table) => table.onLink).flatMap(({ told, gone }) => [told.type, gone.type]);
  const socket: MulticastSocket = await openMulticast(thread, {
    family: ROUTE,
    groups: [...new Set(tables.flatMap(({ groups }) => groups))],
    receiveBuffer,
    filter: socketFilter(types, onLink, { link, kind }, sharedOf(kept)),
    allNamespaces,
  });
  const own = keptTables(kept);
  const others = new Map<number, KeptTables>();
  const doubtful = new Set<Subject>();
  const pending = new Set<number>();
  /** Those that are to be read once more, for what is read of them now may be what was before. */
  const renewed = new Set<number>();
  /** How often each link was told of while it was being asked for. */
  const told = new Map<number, number>();
  const waiting: (() => void)[] = [];
  let drops = 0;
  let behind = false;
  let polling = false;
  let synchronising: Promise<void> | undefined;
  let rereading: Promise<void> | undefined;
  let closed = false;
  let quietly: ReadonlySet<Subject> | undefined;

  function deliver(found: EntryChange, origin: Origin, port = 0, namespace?: number): void {
    if (!watched.includes(found.subject)) return;
    const byThisHost = port === 0 || connection.port === 0 ? undefined : port === connection.port;
    const event = { ...found, origin, byThisHost, namespace, time: Date.now() } as Change;
    if (eventChannel.hasSubscribers) eventChannel.publish(event);
    tell(event);
  }

  /** What follows without an event from a change that was told. */
  function suspect({ subject, change, before, after }: EntryChange): void {
    if (subject === "link") {
      const [was, is] = [before as Link | undefined, after as Link | undefined];
      if (is?.up === true && was?.up === false) feed.reread(is.index);
      if (was !== undefined && is !== undefined && carriesIpv6(was) !== carriesIpv6(is)) feed.reread(is.index);
      if (change === "removed" || (was?.up === true && is?.up === false)) doubtful.add("route");
      if (was !== undefined && is !== undefined && was.carrier !== is.carrier) doubtful.add("route");
      if (was?.link !== is?.link || was?.linkNetnsid !== is?.linkNetnsid)
        for (const end of [was, is]) if (end !== undefined && isEnd(end)) feed.reread(end.link);
      if (was !== undefined && kept.includes("fdb") && leavesEntry(was, is)) doubtful.add("fdb");
    } else if (subject === "namespace" && change === "removed") {
      // Its number may be another's next.
      others.delete((before as NamespaceId).nsid);
    } else if (subject === "address" && change === "removed" && (before as Address).family === "inet") {
      doubtful.add("route");
    }
  }

  /** Whether a port gives up a MAC that its bridge, or another port of it, has too: the bridge's entry becomes theirs without an event. */
  function leavesEntry({ master, address, index }: Link, is: Link | undefined): boolean {
    if (master === undefined || address === undefined || (is?.master === master && is.address === address))
      return false;
    for (const each of own.tables.get("link")!.values())
      if (each.address === address && each.index !== index && (each.master === master || each.index === master))
        return true;
    return false;
  }

  function tablesOf(namespace: number | undefined): KeptTables {
    if (namespace === undefined) return own;
    let found = others.get(namespace);
    if (found === undefined) others.set(namespace, (found = keptTables(kept)));
    return found;
  }

  function take(buffer: Buffer, start: number, length: number, namespace: number | undefined): void {
    const bytes = bytesOf(buffer.subarray(start, start + length));
    for (let offset = 0; offset + HEADER_SIZE <= length;) {
      const header = readHeader(bytes, offset);
      if (header === undefined) return;
      note(bytes.view, offset, header);
      const found = tablesOf(namespace).apply(bytes, offset, header, (subject) => doubtful.add(subject));
      for (const each of found) {
        if (namespace === undefined) suspect(each);
        if (namespace !== undefined || quietly?.has(each.subject) !== true)
          deliver(each, "told", header.port, namespace);
      }
      offset += align(header.length);
    }
  }

  function note(view: DataView, offset: number, { type }: NetlinkHeader): void {
    if (told.size === 0 || (type !== reading.reply.type && type !== subjects.link.gone.type)) return;
    const index = view.getInt32(offset + HEADER_SIZE + 4, LITTLE_ENDIAN);
    const times = told.get(index);
    if (times !== undefined) told.set(index, times + 1);
  }

  /** Reads until nothing is there, or there is no room; true when something was lost. Only an empty socket takes in messages again. */
  function drain(regardless: boolean): boolean {
    let lost = false;
    for (;;) {
      const batch = socket.read(take);
      if (batch.overrun || (batch.drops !== undefined && batch.drops > drops)) {
        lost = true;
        const count = batch.drops === undefined ? undefined : (batch.drops - drops) >>> 0;
        drops = batch.drops ?? drops;
        if (count !== 0) {
          behind = true;
          const event = { subject: "overrun", lost: count, time: Date.now() } as const;
          if (eventChannel.hasSubscribers) eventChannel.publish(event);
          tell(event);
        }
      }
      if (!batch.more) return lost;
      if (!regardless && !lost && !hasRoom()) return false;
    }
  }

  function poll(on: boolean): void {
    if (polling === on || closed) return;
    polling = on;
    socket.onReadable(on ? read : undefined);
  }

  function read(): void {
    if (closed || synchronising !== undefined) return;
    try {
      if (drain(false)) synchronise(kept, "resynchronised");
      else {
        if (doubtful.size > 0) rereadDoubtful();
        poll(hasRoom());
      }
    } catch (error) {
      end(error);
    }
  }

  function rereadDoubtful(): void {
    const again = [...doubtful].filter((subject) => kept.includes(subject));
    doubtful.clear();
    if (again.length > 0) synchronise(again, "reread");
  }

  function lacking(error: unknown): readonly never[] {
    if (lenient && error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  }

  async function listed(again: readonly Subject[]): Promise<Map<Subject, Table>> {
    const found = await Promise.all(
      again.map(async (subject): Promise<[Subject, Table]> => {
        const entries = await listedOnly(connection, subject, { link, kind }).catch(lacking);
        return [subject, tableFrom(subject, entries)];
      }),
    );
    return new Map(found);
  }

  /**
   * Reads tables anew, takes in what was told meanwhile, and delivers how what is known then differs from what was known
   * before. The socket waits meanwhile; when it is overrun, all is done again.
   */
  async function synchroniseOnce(again: readonly Subject[], origin: Origin | undefined): Promise<void> {
    const before = new Map(again.map((subject) => [subject, own.tables.get(subject)!]));
    const first = origin === undefined;
    let wanted = again;
    for (let wait = FIRST_PAUSE; !closed; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      const answered = wanted.includes("link") ? [...pending] : [];
      const fresh = await listed(wanted).catch((error: unknown) => {
        if (first || !isPassing(error)) throw error;
        return undefined;
      });
      if (closed) return;
      if (fresh !== undefined) {
        for (const [subject, table] of fresh) own.replace(subject, table);
        quietly = new Set(wanted);
        for (const subject of wanted) doubtful.delete(subject);
        const lost = drain(true);
        quietly = undefined;
        if (!lost) {
          for (const index of answered) pending.delete(index);
          break;
        }
        origin ??= first ? undefined : "resynchronised";
        if (origin === "reread") origin = "resynchronised";
        for (const subject of kept) if (!before.has(subject)) before.set(subject, copyOf(own.tables.get(subject)!));
        wanted = kept;
      }
      await rest(wait);
    }
    behind = false;
    if (first || closed) return;
    for (const [subject, old] of before)
      for (const each of tableDifferences(subject, old, own.tables.get(subject)!)) deliver(each, origin!);
  }

  function synchronise(again: readonly Subject[], origin: Origin): void {
    poll(false);
    // The tables that stand now stay as they are: what is told from now on goes into others.
    synchronising = synchroniseOnce(again, origin).then(finished, end);
  }

  function finished(): void {
    synchronising = undefined;
    for (const resolve of waiting.splice(0)) resolve();
    // Where there is no room, whoever makes some goes on.
    read();
  }

  async function rereadPending(): Promise<void> {
    for (let times = 0; pending.size > 0 && !closed;) {
      if (synchronising !== undefined) await synchronising;
      const asked = [...pending];
      told.clear();
      renewed.clear();
      for (const index of asked) told.set(index, 0);
      const replies = await Promise.all(asked.map((index) => readLink(connection, index)));
      if (closed) return;
      if (synchronising !== undefined) continue;
      if (drain(true)) {
        synchronise(kept, "resynchronised");
        continue;
      }
      times++;
      for (const [place, index] of asked.entries()) {
        const isTold = (told.get(index) ?? 0) > 0;
        told.delete(index);
        if (isTold && times < MOST_REREADS) continue;
        if (!renewed.delete(index)) pending.delete(index);
        const found = replies[place];
        if (isTold || found === undefined || !own.tables.get("link")!.has(index)) continue;
        const each = own.put("link", found);
        if (each !== undefined) deliver(each, "reread");
      }
      if (doubtful.size > 0 && synchronising === undefined) rereadDoubtful();
    }
  }

  function beginRereading(): void {
    rereading ??= rereadPending()
      .catch((error: unknown) => {
        if (!isPassing(error)) end(error);
        else return rest(FIRST_PAUSE);
      })
      .finally(() => {
        rereading = undefined;
        if (pending.size > 0 && !closed) beginRereading();
      });
  }

  function end(reason: unknown): void {
    if (closed) return;
    closed = true;
    forget();
    if (socket.isOpen) {
      socket.onReadable(undefined);
      void socket.close().catch(() => undefined);
    }
    for (const resolve of waiting.splice(0)) resolve();
    ended(reason);
  }

  const onClose = (): void => {
    end(undefined);
  };
  const forget = (): void => {
    thread.closers.delete(onClose);
  };
  thread.closers.add(onClose);

  const feed: Feed = {
    kept: own,

    get behind() {
      return behind || synchronising !== undefined;
    },

    resume() {
      if (closed || synchronising !== undefined || polling) return;
      read();
    },

    reread(index) {
      if (closed || !kept.includes("link") || (link !== undefined && link !== index)) return;
      pending.add(index);
      if (told.has(index)) renewed.add(index);
      beginRereading();
    },

    rereadAll(again) {
      for (const subject of again) doubtful.add(subject);
      if (!closed && synchronising === undefined) read();
    },

    async settled() {
      for (;;) {
        if (closed) return;
        if (synchronising === undefined) read();
        if (synchronising !== undefined) await new Promise<void>((resolve) => waiting.push(resolve));
        else if (rereading !== undefined) await rereading;
        else return;
      }
    },

    async close() {
      if (closed) return;
      closed = true;
      forget();
      for (const resolve of waiting.splice(0)) resolve();
      if (socket.isOpen) {
        socket.onReadable(undefined);
        await socket.close();
      }
      ended(undefined);
    },
  };

  try {
    synchronising = synchroniseOnce(kept, undefined);
    await synchronising;
  } catch (error) {
    end(error);
    throw error;
  } finally {
    synchronising = undefined;
  }
  poll(true);
  if (doubtful.size > 0) setImmediate(read);
  return feed;
}

/** Whether a link's MTU is enough for IPv6 (IPV6_MIN_MTU, RFC 8200): what it reports of that comes and goes after it has been told. */
function carriesIpv6({ mtu = 0 }: Link): boolean {
  return mtu >= 1280;
}

/** Whether a link's other end is a link of the same namespace: what that reports of this one changes without an event. */
function isEnd(link: Link): link is Link & { readonly link: number } {
  const isPaired = link.kind === "veth" || link.kind === "netkit";
  return isPaired && link.link !== undefined && link.link !== 0 && link.linkNetnsid === undefined;
}

function copyOf(table: Table): Table {
  return new Map(table);
}

/** Whether a dump that failed may succeed soon. */
function isPassing(error: unknown): boolean {
  return error instanceof NetlinkError && ["EINTR", "ENOBUFS", "EBUSY", "EAGAIN", "ENOMEM"].includes(error.code);
}

/** A link as it is now; undefined when it is gone. */
async function readLink(connection: Connection, index: number): Promise<Link | undefined> {
  try {
    const content = { header: { index }, attributes: { extMask: ["skipStats"] as const } };
    const [reply] = await connection.request(RTM_GETLINK, content, reading);
    return reply && linkIn(reply);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** What there is of a subject, on one link, or of links of a kind, where it is these alone. */
async function listedOnly(
  connection: Connection,
  subject: Subject,
  { link: index, kind }: Only,
): Promise<readonly Watched[Subject][]> {
  if (subject === "link" && index !== undefined) {
    const found = await readLink(connection, index);
    return found === undefined ? [] : [found];
  }
  const entries: readonly Watched[Subject][] = await subjects[subject].list(connection);
  if (subject === "link" && kind !== undefined)
    return (entries as readonly Link[]).filter(({ linkInfo }) => linkInfo?.kind === kind);
  if (index === undefined || !subjects[subject].onLink) return entries;
  return entries.filter(
    (entry) =>
      (subject === "neighbour" ? (entry as { link?: number }).link : (entry as { index?: number }).index) === index,
  );
}
