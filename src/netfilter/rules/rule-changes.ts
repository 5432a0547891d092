import { InputError, quoted } from "../../base/errors.js";
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_REPLACE } from "../../netlink/message.js";
import { change, type Change, type ChainReference, commented, type TableReference } from "../messages/change.js";
import { type RulePart, rulesExpressions } from "./clause.js";
import { elementChanges } from "../sets/set-changes.js";
import { ANONYMOUS, type AnonymousSet, setContent } from "../sets/sets.js";
import * as tables from "../messages/nf-tables.js";

/** Where a rule goes among the others of its chain, and what is said about it. */
export interface RulePosition {
  readonly comment?: string | undefined;
  /** Before the rule with this handle; "first" for before all. */
  readonly before?: number | "first" | undefined;
  /** Behind the rule with this handle; behind all unless given. */
  readonly after?: number | undefined;
}

function ruleSubject(chain: string, comment: string | undefined): string {
  return `${comment === undefined ? "a rule" : `rule ${JSON.stringify(comment)}`} of chain ${chain}`;
}

function ruleChanges(
  place: ChainReference,
  parts: readonly RulePart[],
  { comment, ...more }: { comment?: string | undefined; handle?: number; position?: number | undefined },
  flags: number,
): Change[] {
  const { family, table, chain } = place;
  const subject = ruleSubject(chain, comment);
  const { expressions, sets } = rulesExpressions(family, parts);
  return [
    ...sets.flatMap((set) => anonymousSetChanges(place, set, subject)),
    change(
      tables.NFT_MSG_NEWRULE,
      place,
      subject,
      { table, chain, expressions, userdata: commented(comment), ...more },
      flags,
    ),
  ];
}

function anonymousSetChanges(place: TableReference, set: AnonymousSet, subject: string): Change[] {
  const { id, elements = [] } = set;
  const values = setContent(set);
  const attributes = {
    ...values,
    table: place.table,
    name: ANONYMOUS,
    id,
    flags: ["anonymous" as const, "constant" as const, ...(values.flags ?? [])],
  };
  const about = `a set for ${subject}`;
  return [
    change(tables.NFT_MSG_NEWSET, place, about, attributes, NLM_F_CREATE),
    ...elementChanges(tables.NFT_MSG_NEWSETELEM, { ...place, set: ANONYMOUS }, set, elements, { id, subject: about }),
  ];
}

/** Adds a rule, behind the others unless a position says otherwise. Throws InputError. */
export function addRule(place: ChainReference, parts: readonly RulePart[], position: RulePosition = {}): Change[] {
  const { comment, before, after } = position;
  if (before !== undefined && after !== undefined) throw new InputError("it excludes before", "after");
  const flags = NLM_F_CREATE | (before === undefined ? NLM_F_APPEND : 0);
  return ruleChanges(place, parts, { comment, position: before === "first" ? undefined : (before ?? after) }, flags);
}

/** Puts a rule in the place of the one with a handle. Throws InputError. */
export function replaceRule(
  place: ChainReference & { readonly handle: number },
  parts: readonly RulePart[],
  { comment }: { readonly comment?: string | undefined } = {},
): Change[] {
  return ruleChanges(place, parts, { comment, handle: checkHandle(place.handle) }, NLM_F_REPLACE);
}

function checkHandle(handle: number): number {
  if (!Number.isInteger(handle) || handle < 1) throw new InputError(`${quoted(handle)} is no rule's handle`, "handle");
  return handle;
}

/** Removes the rule with a handle. Throws InputError. */
export function removeRule(place: ChainReference & { readonly handle: number }): Change {
  const { table, chain, handle } = place;
  const attributes = { table, chain, handle: checkHandle(handle) };
  return change(tables.NFT_MSG_DELRULE, place, `rule ${handle} of chain ${chain}`, attributes);
}
