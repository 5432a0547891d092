import { InputError } from "../../base/errors.js";
import type { Expression } from "../expressions/expression.js";
import type { TableFamily } from "../messages/nfnetlink.js";
import type { AnonymousSet } from "../sets/sets.js";
import { dataTypes, type DataType, type protocolNumbers, toBytes } from "../values/types.js";

/** What a packet must be for a part of a rule to mean anything. */
export type Need =
  | { readonly network: "ip" | "ip6" | "arp" }
  | { readonly transport: keyof typeof protocolNumbers }
  | { readonly link: "ether" };

/** A part of a rule: what it asks, or what it does. */
export interface Clause {
  /** Asked first, once a rule, unless the table's family says so already. */
  readonly needs?: readonly Need[];
  /** A set without a name that goes with the rule. */
  readonly set?: AnonymousSet;
  readonly expressions: readonly Expression[];
}

/** Several clauses, or expressions as they are. */
export type RulePart = Clause | Expression | readonly (Clause | Expression)[];

/** Compares a register's first bytes. */
export function compare(bytes: Uint8Array, op: "eq" | "neq" | "gte" | "lte" = "eq", sreg = 1): Expression {
  return { name: "cmp", data: { sreg, op, data: { value: bytes } } };
}

function asked(key: "nfproto" | "protocol" | "l4proto" | "iiftype", type: DataType, word: string): Expression[] {
  return [{ name: "meta", data: { dreg: 1, key } }, compare(toBytes(type, word))];
}

function expressionsFor(need: Need, family: TableFamily): Expression[] {
  if ("transport" in need) return asked("l4proto", dataTypes.inetProto, need.transport);
  if ("link" in need) return family === "bridge" ? [] : asked("iiftype", dataTypes.ifaceType, need.link);
  const { network } = need;
  if (family === network) return [];
  if (family === "inet" && network !== "arp") return asked("nfproto", dataTypes.nfproto, network);
  if (family === "bridge" || family === "netdev") return asked("protocol", dataTypes.etherType, network);
  throw new InputError(`a table of the family ${family} sees no ${network} packets`);
}

/** The expressions of a rule in a table of a family, and the sets that go with it. Throws InputError. */
export function rulesExpressions(
  family: TableFamily,
  parts: readonly RulePart[],
): { expressions: Expression[]; sets: AnonymousSet[] } {
  const answered = new Map<string, string>();
  const expressions: Expression[] = [];
  const sets: AnonymousSet[] = [];
  for (const part of parts.flat<readonly RulePart[]>()) {
    if (!("expressions" in part)) {
      expressions.push(part);
      continue;
    }
    for (const need of part.needs ?? []) {
      const [[layer, word] = []] = Object.entries<string>(need) as [layer: string, word: string][];
      const other = answered.get(layer!);
      if (other !== undefined && other !== word) throw new InputError(`no packet is one of ${other} and of ${word}`);
      if (other === undefined) expressions.push(...expressionsFor(need, family));
      answered.set(layer!, word!);
    }
    if (part.set !== undefined) sets.push(part.set);
    expressions.push(...part.expressions);
  }
  return { expressions, sets };
}
