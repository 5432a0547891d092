import type { Entries, Values } from "../netlink/codecs/attributes.js";
import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "../kernel/error.js";
import type { Connection } from "../netlink/connection.js";
import type { Netfilter } from "./netfilter.js";
import type { ChainReference } from "./messages/change.js";
import type { NetfilterMessageType, TableFamily } from "./messages/nfnetlink.js";
import * as tables from "./messages/nf-tables.js";

/** How often a listing is made anew that changes came between. */
const TRIES = 10;

/** Attributes as the kernel reports them, and the family of the table that they are about. */
export type Listed<V> = V & { readonly family: TableFamily };

/** A set, and what is in it. */
export type ListedSet = Listed<tables.SetValues> & { readonly elements: readonly tables.ElementValues[] };

/** Everything in the tables of one moment, in the kernel's order. */
export interface Ruleset {
  readonly generation: number;
  readonly tables: readonly Listed<tables.TableValues>[];
  readonly chains: readonly Listed<tables.ChainValues>[];
  readonly rules: readonly Listed<tables.RuleValues>[];
  readonly sets: readonly ListedSet[];
  readonly objects: readonly Listed<tables.ObjectValues>[];
  readonly flowtables: readonly Listed<tables.FlowtableValues>[];
}

/** What a listing is about: all tables, those of a family, or one. */
export interface RulesetFilter {
  readonly family?: TableFamily | undefined;
  readonly table?: string | undefined;
}

async function dump<E extends Entries>(
  connection: Connection,
  messageType: NetfilterMessageType<E>,
  { family }: RulesetFilter,
  attributes?: Values<{ entries: E }>,
): Promise<Listed<Values<{ entries: E }>>[]> {
  const replies = await connection.dump(messageType, { header: { family: family ?? "unspec" }, attributes });
  return replies.map((reply) => ({ family: reply.header.family as TableFamily, ...reply.attributes }));
}

async function dumpAll({ connection, generation }: Netfilter, filter: RulesetFilter): Promise<Ruleset> {
  const { table } = filter;
  // The kernel looks for a table among those of a family.
  const place = filter.family === undefined ? {} : { table };
  const isMeant = ({ table: name }: { table?: string | undefined }): boolean => table === undefined || name === table;
  const before = await generation();
  const all = await dump(connection, tables.NFT_MSG_GETTABLE, filter);
  const meant = all.filter(({ name }) => table === undefined || name === table);
  // The kernel refuses to list what is in a table that there is not.
  if (table !== undefined && meant.length === 0)
    return { generation: before, tables: [], chains: [], rules: [], sets: [], objects: [], flowtables: [] };
  const chains = await dump(connection, tables.NFT_MSG_GETCHAIN, filter);
  const rules = await dump(connection, tables.NFT_MSG_GETRULE, filter, place);
  const sets = await dump(connection, tables.NFT_MSG_GETSET, filter, place);
  const objects = await dump(connection, tables.NFT_MSG_GETOBJ, filter, place);
  const flowtables = await dump(connection, tables.NFT_MSG_GETFLOWTABLE, filter, place);
  const withElements: ListedSet[] = [];
  for (const set of sets.filter(isMeant)) withElements.push({ ...set, elements: await elementsIn(connection, set) });
  return {
    generation: before,
    tables: meant,
    chains: chains.filter(isMeant),
    rules: rules.filter(isMeant),
    sets: withElements,
    objects: objects.filter(isMeant),
    flowtables: flowtables.filter(isMeant),
  };
}

/** Lists the chains of all tables, without what is in them. Rejects with NetlinkError. */
export function listChains(
  { connection }: Netfilter,
  filter: Pick<RulesetFilter, "family"> = {},
): Promise<Listed<tables.ChainValues>[]> {
  return dump(connection, tables.NFT_MSG_GETCHAIN, filter);
}

/** Lists the tables, without what is in them. Rejects with NetlinkError. */
export function listTables({ connection }: Netfilter): Promise<Listed<tables.TableValues>[]> {
  return dump(connection, tables.NFT_MSG_GETTABLE, {});
}

/** Lists the rules of a chain; none where there is no such chain. Rejects with NetlinkError. */
export async function listRules(
  { connection }: Netfilter,
  { family, table, chain }: ChainReference,
): Promise<Listed<tables.RuleValues>[]> {
  try {
    return await dump(connection, tables.NFT_MSG_GETRULE, { family }, { table, chain });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return [];
    throw error;
  }
}

/** The elements of a set. */
export async function elementsIn(
  connection: Connection,
  { family, table, name }: Listed<tables.SetValues>,
): Promise<tables.ElementValues[]> {
  const lists = await dump(connection, tables.NFT_MSG_GETSETELEM, { family }, { table, set: name });
  return lists.flatMap(({ elements = [] }) => [...elements]);
}

/**
 * Lists tables with all that is in them, whoever wrote it. It is of one moment: where changes come between, it is made anew, up to ten
 * times; then rejects with NetlinkError, EINTR.
 */
export async function readRuleset(netfilter: Netfilter, filter: RulesetFilter = {}): Promise<Ruleset> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const ruleset = await dumpAll(netfilter, filter);
      if ((await netfilter.generation()) === ruleset.generation) return ruleset;
    } catch (error) {
      // A set, or its table, may go between the list of sets and that of its elements.
      if (!(error instanceof NetlinkError && error.code === "ENOENT")) throw error;
    }
  }
  throw new NetlinkError({
    errno: errnoNumber("EINTR"),
    syscall: tables.NFT_MSG_GETRULE.name,
    subject: "the ruleset",
    kernelMessage: `changes interrupted the listing ${TRIES} times in a row`,
    hint: "try again when less is changing",
  });
}
