import { attributes, type Entries } from "../netlink/codecs/attributes.js";
import { superseded } from "../netlink/codecs/codec.js";
import type { Connection } from "../netlink/connection.js";
import { anyMessageType, type Message, type MessageType } from "../netlink/message.js";
import { nest } from "../netlink/codecs/nests.js";
import { type Address, addressOf, listAddresses } from "../rtnetlink/address/address-requests.js";
import { RTM_DELADDR, RTM_NEWADDR } from "../rtnetlink/address/address.js";
import "../rtnetlink/bridge/bridge-link.js";
import { type BridgeVlanStatus, listVlans, vlansOf } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import { RTM_DELVLAN, RTM_NEWVLAN } from "../rtnetlink/bridge/bridge-vlan.js";
import { entryOf, type FdbEntry } from "../rtnetlink/bridge/fdb.js";
import { dumpFdb } from "../rtnetlink/bridge/fdb-requests.js";
import { dumpMulticast, type MulticastEntry, multicastEntriesOf } from "../rtnetlink/bridge/mdb-requests.js";
import { RTM_DELMDB, RTM_NEWMDB } from "../rtnetlink/bridge/mdb.js";
import { expandVlans } from "../rtnetlink/bridge/vlan-ranges.js";
import { dumpLinks } from "../rtnetlink/link/link-dump.js";
import {
  type Link,
  linkAttributes,
  linkFrom,
  linkInfo,
  linkOf,
  RTM_DELLINK as removed,
  RTM_NEWLINK as reported,
} from "../rtnetlink/link/link.js";
import { RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID } from "../rtnetlink/link/namespace-id.js";
import { listNeighbours, type Neighbour, neighbourOf } from "../rtnetlink/neighbour/neighbour-requests.js";
import { RTM_DELNEIGH, RTM_NEWNEIGH } from "../rtnetlink/neighbour/neighbour.js";
import { listNexthops, type Nexthop, nexthopOf } from "../rtnetlink/nexthop/nexthop-requests.js";
import { RTM_DELNEXTHOP, RTM_NEWNEXTHOP } from "../rtnetlink/nexthop/nexthop.js";
import { AF_BRIDGE } from "../rtnetlink/protocol/families.js";
import { type Route, routeOf } from "../rtnetlink/route/route-message.js";
import { listRoutes } from "../rtnetlink/route/route-requests.js";
import { RTM_DELROUTE, RTM_NEWROUTE } from "../rtnetlink/route/route.js";
import { type Rule, ruleOf } from "../rtnetlink/rule/rule-message.js";
import { listRules } from "../rtnetlink/rule/rule-requests.js";
import { RTM_DELRULE, RTM_NEWRULE } from "../rtnetlink/rule/rule.js";

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

export type Subject = keyof Watched;

type Key = string | number;

/** How the kernel tells of one subject. */
export interface SubjectTable<T> {
  /** RTNLGRP_* (linux/rtnetlink.h). */
  readonly groups: readonly number[];
  /** The message that tells of an entry that is there, and the one of an entry that is gone. */
  readonly told: MessageType;
  readonly gone: MessageType;
  /** The messages have the index of the entry's link behind their family, as struct ifinfomsg does. */
  readonly onLink: boolean;
  /** The entries that a message tells of. */
  readonly entriesOf: (message: Message) => readonly T[];
  /** What stands beside a message's attributes. */
  readonly into?: (header: never) => object;
  readonly keyOf: (entry: T) => Key;
  readonly list: (connection: Connection) => Promise<readonly T[]>;
  /** Properties that change without an event, by time or traffic. */
  readonly silent: readonly string[];
}

const message = <H, E extends Entries>(type: MessageType<H, E>): MessageType => anyMessageType(type);
const one = <T>(entry: T | undefined): readonly T[] => (entry === undefined ? [] : [entry]);

/** Links without their counters, whose reading would take half the time of an event's. */
const quietLink = attributes("IFLA", () => {
  const { stats64, event, ...entries } = linkAttributes.entries;
  const info = { ...linkInfo.entries, xstats: [linkInfo.entries.xstats[0], superseded, "counters"] as const };
  return {
    ...entries,
    stats64: [stats64[0], superseded, "counters"],
    event: [event[0], superseded, "what a notification is about"],
    linkInfo: [entries.linkInfo[0], nest(attributes("IFLA_INFO", () => info)), "kind", "IFLA_LINKINFO"],
  } as unknown as (typeof linkAttributes)["entries"];
});

export const RTM_NEWLINK = message({ ...reported, attributes: quietLink });
export const RTM_DELLINK = message({ ...removed, attributes: quietLink });

/** A link as a message told it: without what only the message itself is about. */
function quiet(link: Link): Link {
  delete link.newNetnsid;
  delete link.newIfindex;
  const inet6 = link.afSpec?.inet6;
  if (inet6 !== undefined) {
    delete inet6.stats;
    delete inet6.icmp6stats;
  }
  return link;
}

/** A link that a message or a reply reports. */
export function linkIn(message: Message): Link {
  return quiet(linkOf(message as Message<never, never>));
}

export const reading = { into: linkFrom, reply: RTM_NEWLINK };

const FDB_KEY = ["index", "vlan", "dst", "vni", "srcVni", "port", "via"] as const;

/** Whether entries of a table are told of: a device's own list of addresses is not. */
function isTold({ master, dst, nhId }: FdbEntry): boolean {
  return master !== undefined || dst !== undefined || nhId !== undefined;
}

const wordsOfNumbers = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** Where a route stands: one that is replaced gives its place to another. */
export function routeSlot({ family, table, destination, from, tos, metric }: Route): string {
  return [family, table, destination, from ?? "", tos ?? 0, metric ?? 0].join(" ");
}

function routeWay({ type, protocol, scope, gateway, link, nexthops, nexthopId }: Route): string {
  const ways = (nexthops ?? []).map((way) => [way.gateway, way.link, way.weight]);
  return JSON.stringify([type, protocol, scope, gateway, link, ways, nexthopId]);
}

/** Whether a neighbour is told of: those whose link-layer address follows from their own, such as multicast, come without an event. */
function isSought({ state, flags }: Neighbour): boolean {
  return (state !== "noarp" && state !== "none") || flags.includes("proxy");
}

/** Everything that can be watched. */
export const subjects: { readonly [S in Subject]: SubjectTable<Watched[S]> } = {
  link: {
    groups: [1],
    told: RTM_NEWLINK,
    gone: RTM_DELLINK,
    onLink: true,
    entriesOf: (message) => [linkIn(message)],
    into: linkFrom,
    keyOf: ({ index }) => index,
    list: async (connection) => (await dumpLinks(connection, { extMask: ["skipStats"] }, reading)).map(linkIn),
    silent: [
      "afSpec.inet6.flags", // how far its search for routers is
      "linkInfo.data.helloTimer",
      "linkInfo.data.tcnTimer",
      "linkInfo.data.topologyChangeTimer",
      "linkInfo.data.gcTimer",
      "linkInfo.data.fdbNLearned",
      "linkInfo.data.mcastQuerierState",
      "linkInfo.slaveData.messageAgeTimer",
      "linkInfo.slaveData.forwardDelayTimer",
      "linkInfo.slaveData.holdTimer",
      "linkInfo.slaveData.mcastNGroups",
      "linkInfo.slaveData.mcastEhtHostsCnt",
      "linkInfo.slaveData.topologyChangeAck",
      "linkInfo.slaveData.configPending",
    ],
  },
  address: {
    groups: [5, 9],
    told: message(RTM_NEWADDR),
    gone: message(RTM_DELADDR),
    onLink: true,
    entriesOf: (message) => [addressOf(message as never)],
    keyOf: ({ index, family, address, peer }) => `${index} ${address} ${family === "inet" ? (peer ?? "") : ""}`,
    list: (connection) => listAddresses(connection, {}),
    silent: ["validLifetime", "preferredLifetime"],
  },
  route: {
    groups: [7, 11],
    told: message(RTM_NEWROUTE),
    gone: message(RTM_DELROUTE),
    onLink: false,
    entriesOf: (message) => one(routeOf(message as never)),
    keyOf: (route) => `${routeSlot(route)} ${routeWay(route)}`,
    list: (connection) => listRoutes(connection, { table: "all" }),
    silent: ["expires", "cacheinfo", "flags"],
  },
  rule: {
    groups: [8, 19],
    told: message(RTM_NEWRULE),
    gone: message(RTM_DELRULE),
    onLink: false,
    entriesOf: (message) => one(ruleOf(message as never)),
    keyOf: (rule) => JSON.stringify({ ...rule, flags: undefined }, wordsOfNumbers),
    list: (connection) => listRules(connection, {}),
    silent: [],
  },
  neighbour: {
    groups: [3],
    told: message(RTM_NEWNEIGH),
    gone: message(RTM_DELNEIGH),
    onLink: true,
    entriesOf: (message) => one(neighbourOf(message as never)).filter(isSought),
    keyOf: ({ link, address, flags }) => `${link} ${address} ${flags.includes("proxy") ? "proxy" : ""}`,
    list: async (connection) =>
      (await Promise.all([listNeighbours(connection, {}), listNeighbours(connection, { proxy: true })]))
        .flat()
        .filter(isSought),
    silent: ["cacheinfo", "probes"],
  },
  fdb: {
    groups: [3],
    told: message(RTM_NEWNEIGH),
    gone: message(RTM_DELNEIGH),
    onLink: true,
    entriesOf: (message) =>
      (message.header as { family: number }).family === AF_BRIDGE ? one(entryOf(message as never)).filter(isTold) : [],
    keyOf: (entry) =>
      entry.master !== undefined
        ? `${entry.master} ${entry.address} ${entry.vlan ?? ""}`
        : `self ${entry.address} ${FDB_KEY.map((name) => entry[name] ?? "").join(" ")}`,
    list: async (connection) => (await dumpFdb(connection, {})).filter(isTold),
    silent: ["used", "updated"],
  },
  mdb: {
    groups: [26],
    told: message(RTM_NEWMDB),
    gone: message(RTM_DELMDB),
    onLink: false,
    entriesOf: (message) => multicastEntriesOf(message as never),
    keyOf: ({ master, index, group, vlan, source }) => `${master} ${index} ${group} ${vlan ?? ""} ${source ?? ""}`,
    list: async (connection) => (await dumpMulticast(connection)).entries,
    silent: ["timer", "srcList"],
  },
  vlan: {
    groups: [33],
    told: message(RTM_NEWVLAN),
    gone: message(RTM_DELVLAN),
    onLink: true,
    entriesOf: (message) => expandVlans(vlansOf(message as never)),
    keyOf: ({ index, id }) => `${index} ${id}`,
    list: async (connection) => expandVlans(await listVlans(connection)),
    silent: ["mcastNGroups"],
  },
  nexthop: {
    groups: [32],
    told: message(RTM_NEWNEXTHOP),
    gone: message(RTM_DELNEXTHOP),
    onLink: false,
    entriesOf: (message) => [nexthopOf(message as never)],
    keyOf: ({ id }) => id,
    list: (connection) => listNexthops(connection, {}),
    silent: ["flags"],
  },
  namespace: {
    groups: [28],
    told: message(RTM_NEWNSID),
    gone: message(RTM_DELNSID),
    onLink: false,
    entriesOf: ({ attributes }) => one((attributes as { nsid?: number }).nsid).map((nsid) => ({ nsid })),
    keyOf: ({ nsid }) => nsid,
    list: async (connection) =>
      (await connection.dump(RTM_GETNSID, {}, { reply: message(RTM_NEWNSID) })).flatMap(({ attributes: { nsid } }) =>
        nsid === undefined || nsid < 0 ? [] : [{ nsid }],
      ),
    silent: [],
  },
};

export const allSubjects = Object.keys(subjects) as Subject[];
