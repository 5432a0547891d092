import type { Bytes } from "../netlink/codecs/bytes.js";
import { type Message, type NetlinkHeader, NLM_F_REPLACE, readMessage } from "../netlink/message.js";
import type { Link } from "../rtnetlink/link/link.js";
import { AF_BRIDGE, AF_UNSPEC } from "../rtnetlink/protocol/families.js";
import type { Route } from "../rtnetlink/route/route-message.js";
import { changedProperties } from "./compare.js";
import { routeSlot } from "./route-slot.js";
import type { Key, Subject, Watched } from "./subject.js";
import { subjects, tableOf } from "./subjects.js";

export type Table<S extends Subject = Subject> = Map<Key, Watched[S]>;

/** Tables by their subjects. */
export interface Tables {
  get<S extends Subject>(subject: S): Table<S> | undefined;
  set<S extends Subject>(subject: S, table: Table<S>): unknown;
}

/** What became of one entry. */
export interface EntryChange<S extends Subject = Subject> {
  readonly subject: S;
  readonly change: "created" | "changed" | "removed";
  readonly before: Watched[S] | undefined;
  readonly after: Watched[S] | undefined;
  /** Paths of what differs, such as "mtu" or "linkInfo.slaveData.cost". */
  readonly properties: readonly string[];
}

const silences = new Map<Subject, ReadonlySet<string>>();
const NO_PROPERTIES: readonly string[] = [];

/** The properties of a subject that change without an event. */
function silentOf(subject: Subject): ReadonlySet<string> {
  const known = silences.get(subject) ?? new Set(subjects[subject].silent);
  silences.set(subject, known);
  return known;
}

/** How two states of an entry differ; undefined when they do not. */
export function difference(
  subject: Subject,
  before: Watched[Subject] | undefined,
  after: Watched[Subject] | undefined,
): EntryChange | undefined {
  if (before === undefined) return after && { subject, change: "created", before, after, properties: NO_PROPERTIES };
  if (after === undefined) return { subject, change: "removed", before, after, properties: NO_PROPERTIES };
  const properties = changedProperties(before, after, silentOf(subject));
  return properties.length === 0 ? undefined : { subject, change: "changed", before, after, properties };
}

/** Whether a link is another one than that which had its index before. */
function isRecreated(before: Link, after: Link): boolean {
  return (
    before.kind !== after.kind ||
    before.type !== after.type ||
    (after.carrierChanges ?? 0) < (before.carrierChanges ?? 0) ||
    (after.carrierUpCount ?? 0) < (before.carrierUpCount ?? 0)
  );
}

/** The differences between two tables, what is gone first. */
export function tableDifferences(subject: Subject, old: Table, fresh: Table): EntryChange[] {
  const found: (EntryChange | undefined)[] = [];
  for (const [key, before] of old) if (!fresh.has(key)) found.push(difference(subject, before, undefined));
  for (const [key, after] of fresh) {
    const before = old.get(key);
    if (subject === "link" && before !== undefined && isRecreated(before as Link, after as Link))
      found.push(difference(subject, before, undefined), difference(subject, undefined, after));
    else found.push(difference(subject, before, after));
  }
  return found.filter((each) => each !== undefined);
}

/** A table of what was listed. */
export function tableFrom(subject: Subject, entries: readonly Watched[Subject][]): Table {
  const { keyOf } = tableOf(subject);
  return new Map(entries.map((entry) => [keyOf(entry), entry]));
}

/** Tables of everything that is watched, kept by what the kernel tells. */
export interface KeptTables {
  readonly tables: Pick<Tables, "get">;
  /** Puts another table in place of one. */
  replace(subject: Subject, table: Table): void;
  /** Takes a message in, and gives what it changed; `doubt` is told what cannot be known from it alone. */
  apply(bytes: Bytes, offset: number, header: NetlinkHeader, doubt: (subject: Subject) => void): EntryChange[];
  /** Takes an entry in that was asked for. */
  put(subject: Subject, entry: Watched[Subject]): EntryChange | undefined;
}

/** What a port's own message of the bridge's family says, put into what is known of the link. */
function withPort(link: Link, { protinfo, master }: { protinfo?: object; master?: number }): Link {
  if (protinfo === undefined) return link;
  const slaveData = protinfo as NonNullable<Link["linkInfo"]>["slaveData"];
  return { ...link, ...(master && { master }), linkInfo: { ...link.linkInfo, slaveKind: "bridge", slaveData } } as Link;
}

/** A link that has left its bridge. */
function withoutPort(link: Link): Link {
  const { slaveKind, slaveData, ...info }: Partial<NonNullable<Link["linkInfo"]>> = link.linkInfo ?? {};
  const { master, linkInfo, ...rest } = link;
  if (slaveKind === undefined && slaveData === undefined && master === undefined) return link;
  return { ...rest, ...(linkInfo !== undefined && Object.keys(info).length > 0 && { linkInfo: info }) } as Link;
}

export function keptTables(watched: readonly Subject[]): KeptTables {
  // No map's type says that a value's depends on its key.
  const tables = new Map<Subject, Table>(watched.map((subject) => [subject, new Map()])) as Tables;
  const byType = new Map<number, Subject[]>();
  for (const subject of watched)
    for (const { type } of [subjects[subject].told, subjects[subject].gone])
      byType.set(type, [...(byType.get(type) ?? []), subject]);
  let slots: Map<string, Set<Key>> | undefined;

  function slotsOf(routes: Table): Map<string, Set<Key>> {
    if (slots !== undefined) return slots;
    slots = new Map();
    for (const [key, route] of routes) enterSlot(route as Route, key);
    return slots;
  }

  function enterSlot(route: Route, key: Key): void {
    const slot = routeSlot(route);
    const keys = slots?.get(slot);
    if (keys === undefined) slots?.set(slot, new Set([key]));
    else keys.add(key);
  }

  function set(subject: Subject, table: Table, key: Key, after: Watched[Subject] | undefined): EntryChange | undefined {
    const before = table.get(key);
    if (after === undefined) table.delete(key);
    else table.set(key, after);
    if (subject === "route") {
      if (after !== undefined) enterSlot(after as Route, key);
      else if (before !== undefined) slots?.get(routeSlot(before as Route))?.delete(key);
    }
    return difference(subject, before, after);
  }

  function applyLink(table: Table, message: Message, link: Link, isGone: boolean): (EntryChange | undefined)[] {
    const { family } = message.header as { family: number };
    const known = table.get(link.index) as Link | undefined;
    if (family === AF_BRIDGE) {
      if (known === undefined) return [];
      return [
        set("link", table, link.index, isGone ? withoutPort(known) : withPort(known, message.attributes as object)),
      ];
    }
    if (family !== AF_UNSPEC) return [];
    return [set("link", table, link.index, isGone ? undefined : link)];
  }

  /** IPv4 keeps several routes in one place, which differ in their ways; a route of IPv6 with several ways is told way by way. */
  function applyRoute(
    table: Table,
    { flags }: Message,
    route: Route,
    isGone: boolean,
    doubt: (subject: Subject) => void,
  ): (EntryChange | undefined)[] {
    const key = subjects.route.keyOf(route);
    const others = [...(slotsOf(table).get(routeSlot(route)) ?? [])].filter((each) => each !== key);
    if (isGone) {
      if (table.has(key)) return [set("route", table, key, undefined)];
      if (others.length > 0) doubt("route");
      return [];
    }
    const isReplaced = (flags & NLM_F_REPLACE) !== 0;
    if (others.length > 1 || (others.length === 1 && !isReplaced && route.family === "inet6")) doubt("route");
    if (!isReplaced || others.length !== 1) return [set("route", table, key, route)];
    const before = table.get(others[0]!);
    set("route", table, others[0]!, undefined);
    set("route", table, key, route);
    return [difference("route", before, route)];
  }

  return {
    tables,

    replace(subject, table) {
      tables.set(subject, table);
      if (subject === "route") slots = undefined;
    },

    put(subject, entry) {
      return set(subject, tables.get(subject)!, tableOf(subject).keyOf(entry), entry);
    },

    apply(bytes, offset, header, doubt) {
      const found: (EntryChange | undefined)[] = [];
      for (const subject of byType.get(header.type) ?? []) {
        const { told, gone, into, entriesOf, keyOf } = tableOf(subject);
        const isGone = header.type === gone.type;
        const message = readMessage(bytes, offset, header, isGone ? gone : told, into);
        // What this version cannot read must not be taken for nothing.
        if (message === undefined) {
          doubt(subject);
          continue;
        }
        const table = tables.get(subject)!;
        for (const entry of entriesOf(message)) {
          if (subject === "link") found.push(...applyLink(table, message, entry as Link, isGone));
          else if (subject === "route") found.push(...applyRoute(table, message, entry as Route, isGone, doubt));
          else found.push(set(subject, table, keyOf(entry), isGone ? undefined : entry));
        }
      }
      return found.filter((each) => each !== undefined);
    },
  };
}
