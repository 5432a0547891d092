import type { Siblings } from "../netlink/codec.js";
import { NLM_F_APPEND, NLM_F_CREATE } from "../netlink/message.js";
import { change, type Change } from "./change.js";
import type { Listed, Ruleset } from "./listing.js";
import type { NetfilterMessageType } from "./nfnetlink.js";
import * as tables from "./tables.js";

/** What only the kernel gives. */
const REPORTED = ["family", "handle", "use", "owner", "position", "id"];

function without<T extends object>(values: T, ...names: readonly string[]): Siblings {
  const left = Object.entries(values).filter(([name]) => ![...REPORTED, ...names].includes(name));
  return Object.fromEntries(left);
}

function again(
  messageType: NetfilterMessageType,
  listed: Listed<object>,
  table: string,
  attributes: Siblings,
  flags = NLM_F_CREATE,
): Change {
  const subject = attributes["name"] ?? attributes["chain"] ?? attributes["set"];
  return change(messageType, { family: listed.family, table }, String(subject), attributes as never, flags);
}

let setIds = 0x40000000;

/**
 * The changes that make a listed ruleset again where its tables are not: sets without a name get theirs, and counters and
 * elements' times are as they were. Flow tables and chains that a rule has inside itself are left out.
 */
export function restore(ruleset: Ruleset): Change[] {
  const of = <T extends { table?: string | undefined }>(listed: readonly T[]): readonly (T & { table: string })[] =>
    listed.filter((each): each is T & { table: string } => each.table !== undefined);
  return [
    ...ruleset.tables.map((table) =>
      again(tables.NFT_MSG_NEWTABLE as NetfilterMessageType, table, table.name ?? "", without(table)),
    ),
    ...of(ruleset.chains).map((chain) =>
      again(tables.NFT_MSG_NEWCHAIN as NetfilterMessageType, chain, chain.table, without(chain)),
    ),
    ...of(ruleset.objects).map((object) =>
      again(tables.NFT_MSG_NEWOBJ as NetfilterMessageType, object, object.table, without(object)),
    ),
    ...of(ruleset.sets).flatMap((set) => {
      const id = setIds++;
      const { table, name, elements } = set;
      const attributes = { ...without(set, "elements", "type", "count"), id };
      const made = again(tables.NFT_MSG_NEWSET, set, table, attributes);
      if (elements.length === 0) return [made];
      const filled = { table, set: name, setId: id, elements };
      return [made, again(tables.NFT_MSG_NEWSETELEM, set, table, filled)];
    }),
    ...of(ruleset.rules).map((rule) =>
      again(
        tables.NFT_MSG_NEWRULE as NetfilterMessageType,
        rule,
        rule.table,
        without(rule),
        NLM_F_CREATE | NLM_F_APPEND,
      ),
    ),
  ];
}
