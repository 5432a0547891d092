import { under } from "../../base/errors.js";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../netlink/message.js";
import { change, type Change, type ChainReference, commented, type TableReference } from "../messages/change.js";
import { type Hook, hookNumber, type Priority, priorityNumber } from "./hooks.js";
import { limitData, type Rate } from "../rules/statements.js";
import * as tables from "../messages/nf-tables.js";

/** A table as it is to be. */
export interface TableSettings extends TableReference {
  /**
   * "owner": nobody but this socket may change it, and it goes with the socket, unless "persist" (Linux 6.9) keeps it;
   * "dormant": its chains see nothing.
   */
  flags?: readonly ("dormant" | "owner" | "persist")[] | undefined;
  comment?: string | undefined;
}

/** Adds a table, or leaves it as it is, with its comment; `exclusive`: fails with EEXIST if there is one. */
export function addTable(settings: TableSettings, { exclusive = false }: { exclusive?: boolean } = {}): Change {
  const { table: name, flags = [], comment } = settings;
  const attributes = { name, flags, userdata: commented(comment) };
  return change(tables.NFT_MSG_NEWTABLE, settings, "", attributes, NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0));
}

/** Removes a table with all that is in it. */
export function removeTable(place: TableReference): Change {
  return change(tables.NFT_MSG_DELTABLE, place, "", { name: place.table });
}

/** Where a base chain sees packets, and what becomes of those that none of its rules decides about. */
export interface BaseChain {
  type?: "filter" | "nat" | "route" | undefined;
  hook: Hook;
  priority: Priority;
  policy?: "accept" | "drop" | undefined;
  /** The devices whose packets it sees, at ingress and egress. */
  devices?: readonly string[] | undefined;
}

/** A chain as it is to be; a base chain with `base`. */
export interface ChainSettings extends ChainReference {
  base?: BaseChain | undefined;
  comment?: string | undefined;
}

/** Adds a chain, or changes the policy of one that is there, which keeps its comment; `exclusive`: fails with EEXIST if there is one. */
export function addChain(settings: ChainSettings, { exclusive = false }: { exclusive?: boolean } = {}): Change {
  const flags = NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0);
  const { family, table, chain: name, base, comment } = settings;
  const subject = `chain ${name}`;
  const userdata = commented(comment);
  if (base === undefined) return change(tables.NFT_MSG_NEWCHAIN, settings, subject, { table, name, userdata }, flags);
  const { type = "filter", policy, devices = [] } = base;
  const hook = under("base", () => ({
    hooknum: hookNumber(family, base.hook),
    priority: priorityNumber(family, base.priority),
    ...(devices.length === 1 ? { dev: devices[0] } : devices.length > 1 ? { devs: devices } : {}),
  }));
  return change(tables.NFT_MSG_NEWCHAIN, settings, subject, { table, name, hook, policy, type, userdata }, flags);
}

/** Removes a chain, with its rules; nothing may jump to it any more. */
export function removeChain(place: ChainReference): Change {
  const { table, chain: name } = place;
  return change(tables.NFT_MSG_DELCHAIN, place, `chain ${name}`, { table, name });
}

/** Removes the rules of a chain. */
export function flushChain(place: ChainReference): Change {
  const { table, chain } = place;
  return change(tables.NFT_MSG_DELRULE, place, `the rules of chain ${chain}`, { table, chain });
}

/** An object that several rules may use. */
export interface ObjectSettings extends TableReference {
  name: string;
  object:
    | { readonly counter: { readonly packets?: number; readonly bytes?: number } }
    | { readonly quota: { readonly bytes: number; readonly over?: boolean } }
    | { readonly limit: Rate }
    | { readonly connlimit: { readonly count: number; readonly over?: boolean } };
  comment?: string | undefined;
}

function objectContent(object: ObjectSettings["object"]): tables.ObjectValues {
  if ("counter" in object) return { type: "counter", data: { bytes: 0, packets: 0, ...object.counter } };
  if ("quota" in object) {
    const { bytes, over = false } = object.quota;
    return { type: "quota", data: { bytes, flags: over ? ["inv"] : [] } };
  }
  if ("limit" in object) return { type: "limit", data: limitData(object.limit) };
  const { count, over = false } = object.connlimit;
  return { type: "connlimit", data: { count, flags: over ? ["inv"] : [] } };
}

/** Adds an object, or leaves the one of this name as it is, but for a quota, which becomes this one. Throws InputError. */
export function addObject(settings: ObjectSettings): Change {
  const { table, name, object, comment } = settings;
  const attributes = { table, name, ...objectContent(object), userdata: commented(comment) };
  return change(tables.NFT_MSG_NEWOBJ, settings, `${attributes.type as string} ${name}`, attributes, NLM_F_CREATE);
}

/** Removes an object that no rule uses. */
export function removeObject(
  place: TableReference & { readonly type: "counter" | "quota" | "limit" | "connlimit"; readonly name: string },
): Change {
  const { table, name, type } = place;
  return change(tables.NFT_MSG_DELOBJ, place, `${type} ${name}`, { table, name, type });
}
