import type { Connection } from "../netlink/connection.js";
import { anyMessageType, type Message, type MessageType } from "../netlink/message.js";
import type { Entries } from "../netlink/codecs/attributes.js";
import type { Address } from "../rtnetlink/address/address-requests.js";
import type { BridgeVlanStatus } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import type { FdbEntry } from "../rtnetlink/bridge/fdb.js";
import type { MulticastEntry } from "../rtnetlink/bridge/mdb-requests.js";
import type { Link } from "../rtnetlink/link/link.js";
import type { Neighbour } from "../rtnetlink/neighbour/neighbour-requests.js";
import type { Nexthop } from "../rtnetlink/nexthop/nexthop-requests.js";
import type { Route } from "../rtnetlink/route/route-message.js";
import type { Rule } from "../rtnetlink/rule/rule-message.js";

/** The id that this namespace has for another. */
export interface NamespaceId {
  readonly nsid: number;
}

/** What can be watched, and what each entry of it looks like. */
export interface Watched {
  link: Link;
  address: Address;
  route: Route;
  rule: Rule;
  neighbour: Neighbour;
  /** Entries of bridges and tunnels; a network card's own list of addresses has no events. */
  fdb: FdbEntry;
  mdb: MulticastEntry;
  /** A VLAN of a bridge's port, or of a bridge itself. */
  vlan: Omit<BridgeVlanStatus, "to">;
  nexthop: Nexthop;
  namespace: NamespaceId;
}

/** What can be watched. */
export type Subject = keyof Watched;

export type Key = string | number;

/** How the kernel tells of one subject. */
export interface SubjectTable<T> {
  /** RTNLGRP_* (linux/rtnetlink.h). */
  readonly groups: readonly number[];
  /** The message that tells of an entry that is there, and the one of an entry that is gone. */
  readonly told: MessageType;
  readonly gone: MessageType;
  /** The messages have the index of the entry's link behind their family, as struct ifinfomsg does. */
  readonly onLink: boolean;
  /** What stands beside a message's attributes. */
  readonly into?: (header: never) => object;
  readonly list: (connection: Connection) => Promise<readonly T[]>;
  /** The entries that a message tells of: one of this table's own, which TypeScript cannot know (a method takes what it may). */
  entriesOf(message: Message): readonly T[];
  /** What tells an entry from all others. */
  keyOf(entry: T): Key;
  /** What people call it: a link's name, an address, an id. */
  nameOf(entry: T): Key;
  /** The link that it is on; undefined where it is on none. */
  linkOf(entry: T): number | undefined;
  /** Properties that change without an event, by time or traffic. */
  readonly silent: readonly string[];
}

/** A message's type, as a subject's table has it. */
export const message = <H, E extends Entries>(type: MessageType<H, E>): MessageType => anyMessageType(type);

/** A message that tells of one entry, or of none. */
export const one =
  <M, T>(entryIn: (message: M) => T | undefined) =>
  (message: M): readonly T[] => {
    const entry = entryIn(message);
    return entry === undefined ? [] : [entry];
  };

/** An entry, if there is one that is so. */
export function which<T>(entry: T | undefined, isSo: (entry: T) => boolean): T | undefined {
  return entry !== undefined && isSo(entry) ? entry : undefined;
}

/** What is on no link. */
export const nowhere = (): undefined => undefined;
