import type { Siblings } from "../netlink/codecs/codec.js";
import { NLM_F_APPEND, NLM_F_CREATE } from "../netlink/message.js";
import { change, type Change } from "./messages/change.js";
import type { Data } from "./values/data.js";
import type { Expression } from "./expressions/expression.js";
import type { Listed, Ruleset } from "./listing.js";
import type { NetfilterMessageType } from "./messages/nfnetlink.js";
import * as tables from "./messages/nf-tables.js";

/** What only the kernel gives. */
const REPORTED = ["family", "handle", "use", "owner", "position", "id"];

type ListedChain = Listed<tables.ChainValues>;
type ListedRule = Listed<tables.RuleValues>;
/** The numbers in the batch of chains that a rule has inside itself, by their places. */
type InnerChains = ReadonlyMap<string, number>;

function without(values: object, ...names: readonly string[]): Siblings {
  const left = Object.entries(values).filter(([name]) => ![...REPORTED, ...names].includes(name));
  return Object.fromEntries(left);
}

function again(
  messageType: NetfilterMessageType,
  { family, table }: { readonly family: Listed<object>["family"]; readonly table?: string | undefined },
  subject: string,
  attributes: Siblings,
  flags = NLM_F_CREATE,
): Change {
  return change(messageType, { family, table: table ?? "" }, subject, attributes, flags);
}

function placeOf({ family, table }: ListedRule | ListedChain, chain: string | undefined): string {
  return JSON.stringify([family, table, chain]);
}

function innerChains(chains: readonly ListedChain[]): InnerChains {
  const inner = chains.filter(({ flags = [] }) => flags.includes("binding"));
  return new Map(inner.map((chain, place) => [placeOf(chain, chain.name), place + 1]));
}

function chainAgain(chain: ListedChain, inner: InnerChains): Change {
  const id = inner.get(placeOf(chain, chain.name));
  const attributes = id === undefined ? without(chain) : { ...without(chain, "name"), id };
  return again(tables.NFT_MSG_NEWCHAIN, chain, `chain ${chain.name}`, attributes);
}

let setIds = 0x40000000;

function setAgain(set: Ruleset["sets"][number]): Change[] {
  const id = setIds++;
  const { table, name, elements } = set;
  const subject = `set ${name}`;
  // From Linux 6.16 on, the kernel says in what it keeps a set, and how many elements there are.
  const attributes = { ...without(set, "elements", "type", "count"), id };
  const made = again(tables.NFT_MSG_NEWSET, set, subject, attributes);
  if (elements.length === 0) return [made];
  const messages: Change[] = [made];
  for (let start = 0; start < elements.length; start += tables.ELEMENTS_EACH) {
    const some = { table, set: name, setId: id, elements: elements.slice(start, start + tables.ELEMENTS_EACH) };
    messages.push(again(tables.NFT_MSG_NEWSETELEM, set, `elements of ${subject}`, some));
  }
  return messages;
}

function verdictIn(expression: Expression): Data["verdict"] {
  return expression.name === "immediate" ? expression.data.data?.verdict : undefined;
}

function expressionAgain(rule: ListedRule, expression: Expression, inner: InnerChains): Expression {
  const verdict = verdictIn(expression);
  const chainId = verdict === undefined ? undefined : inner.get(placeOf(rule, verdict.chain));
  if (chainId !== undefined)
    return { name: "immediate", data: { dreg: 0, data: { verdict: { code: verdict!.code, chainId } } } };
  // Where an option is written, the kernel reports flags that it does not take.
  if (expression.name === "exthdr" && expression.data.sreg !== undefined)
    return { name: "exthdr", data: { ...expression.data, flags: undefined } };
  return expression;
}

function ruleAgain(rule: ListedRule, inner: InnerChains): Change {
  const chainId = inner.get(placeOf(rule, rule.chain));
  const expressions = rule.expressions?.map((expression) => expressionAgain(rule, expression, inner));
  const place = chainId === undefined ? {} : { chain: undefined, chainId };
  return again(
    tables.NFT_MSG_NEWRULE,
    rule,
    `a rule of chain ${rule.chain}`,
    { ...without(rule), expressions, ...place },
    NLM_F_CREATE | NLM_F_APPEND,
  );
}

/** The rules in an order in which a chain inside a rule is whole before that rule comes. */
function* inOrder(rules: readonly ListedRule[], inner: InnerChains, chain?: string): Generator<ListedRule> {
  for (const rule of rules) {
    const place = placeOf(rule, rule.chain);
    if (chain === undefined ? inner.has(place) : place !== chain) continue;
    for (const expression of rule.expressions ?? []) {
      const inside = placeOf(rule, verdictIn(expression)?.chain);
      if (inner.has(inside)) yield* inOrder(rules, inner, inside);
    }
    yield rule;
  }
}

/**
 * The changes that make a listed ruleset again where its tables are not: sets without a name get theirs, counters and elements'
 * times are as they were. Flow tables are left out. Throws InputError.
 */
export function restore(ruleset: Ruleset): Change[] {
  const inner = innerChains(ruleset.chains);
  return [
    ...ruleset.tables.map((table) =>
      again(tables.NFT_MSG_NEWTABLE as NetfilterMessageType, { ...table, table: table.name }, "", without(table)),
    ),
    ...ruleset.chains.map((chain) => chainAgain(chain, inner)),
    ...ruleset.objects.map((object) =>
      again(tables.NFT_MSG_NEWOBJ as NetfilterMessageType, object, `object ${object.name}`, without(object)),
    ),
    ...ruleset.sets.flatMap(setAgain),
    ...[...inOrder(ruleset.rules, inner)].map((rule) => ruleAgain(rule, inner)),
  ];
}
