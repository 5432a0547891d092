import type { Host } from "../../../../src/index.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import type { Codec } from "../../../../src/netlink/codecs/codec.js";
import { NLM_F_CREATE } from "../../../../src/netlink/message.js";
import { change, type Change } from "../../../../src/netfilter/messages/change.js";
import { expressionKinds } from "../../../../src/netfilter/expressions/expression.js";
import type { Ruleset } from "../../../../src/netfilter/listing.js";
import { addSet } from "../../../../src/netfilter/sets/set-changes.js";
import { addChain, addObject, addTable, removeTable } from "../../../../src/netfilter/chains/table-changes.js";
import * as tables from "../../../../src/netfilter/messages/nf-tables.js";
import { WRITE_ONLY } from "./exceptions.js";
import { settableOf, valuesOf } from "./values.js";

/** What is added in several ways to a table of nftables, and where it is listed. */
export interface Added {
  readonly title: string;
  readonly listed: keyof Omit<Ruleset, "generation">;
  readonly table: AttributeTable;
  readonly ways: readonly (() => Change)[];
}

export const TABLE = { family: "inet", table: "t" } as const;
const CHAIN = { ...TABLE, chain: "c" };
const comments = ["one", "two"] as const;

const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"] as const;

const chains = [
  ...comments.map((comment) => () => addChain({ ...CHAIN, comment })),
  ...HOOKS.flatMap((hook) =>
    (["filter", "nat", "route"] as const).flatMap((type) =>
      (["accept", "drop"] as const).flatMap((policy) =>
        [-5, 5].map((priority) => () => addChain({ ...CHAIN, base: { hook, type, policy, priority } })),
      ),
    ),
  ),
];

const sets = [
  ...(["ipv4Addr", "etherAddr", "ifname", "mark"] as const).map((key) => ({ key })),
  { key: ["ipv4Addr", "inetService"] as const },
  ...(["ipv6Addr", "verdict", "mark"] as const).map((data) => ({ key: "ipv4Addr" as const, data })),
  ...(["constant", "interval", "timeout", "dynamic"] as const).map((flag) => ({ key: "mark" as const, flags: [flag] })),
  ...[1000, 2000].map((timeout) => ({ key: "mark" as const, flags: ["timeout" as const], timeout })),
  ...[7, 8].map((size) => ({ key: "mark" as const, size })),
  ...comments.map((comment) => ({ key: "mark" as const, comment })),
].map((settings) => () => addSet({ ...TABLE, set: "s", ...settings })[0]!);

const objects = [
  ...[1, 2].map((packets) => ({ counter: { packets, bytes: 100 } })),
  ...[true, false].map((over) => ({ quota: { bytes: 1000, over } })),
  ...(["second", "minute"] as const).map((per) => ({ limit: { rate: 7, per } })),
  ...[true, false].map((over) => ({ connlimit: { count: 7, over } })),
].map((object) => () => addObject({ ...TABLE, name: "o", object: object }));

/** Each attribute of each expression by itself: many are refused for want of others. */
const rules = Object.entries(expressionKinds).flatMap(([name, table]) =>
  table === undefined
    ? [() => rule([{ name }])]
    : settableOf(table as unknown as AttributeTable)
        .filter(([attribute]) => !Object.hasOwn(WRITE_ONLY, table.kernelName(attribute)))
        .flatMap(([attribute, codec]) =>
          valuesOf(codec)
            .slice(0, 2)
            .map((value) => () => rule([{ name, data: { ...(NEEDED[name] ?? {}), [attribute]: value } }])),
        ),
);

/** What an expression is refused without, by its name. */
const NEEDED: Readonly<Record<string, object>> = {
  meta: { key: "mark", dreg: 1 },
  payload: { base: "networkHeader", offset: 12, len: 4, dreg: 1 },
  ct: { key: "mark", dreg: 1 },
  cmp: { sreg: 1, op: "eq", data: { value: Uint8Array.of(1, 2, 3, 4) } },
  range: { sreg: 1, op: "eq", fromData: { value: Uint8Array.of(1) }, toData: { value: Uint8Array.of(2) } },
  bitwise: {
    ...{ sreg: 1, dreg: 1, len: 4, mask: { value: Uint8Array.of(255, 0, 0, 0) } },
    xor: { value: Uint8Array.of(0, 0, 0, 0) },
  },
  byteorder: { sreg: 1, dreg: 1, op: "ntoh", len: 4, size: 4 },
  immediate: { dreg: 1, data: { value: Uint8Array.of(1, 2, 3, 4) } },
  exthdr: { dreg: 1, type: 0, offset: 0, len: 1 },
  fib: { dreg: 1, result: "oif", flags: ["daddr"] },
  limit: { rate: 7, unit: 1 },
  quota: { bytes: 1000 },
  reject: { type: "icmpUnreach" },
};

/** Puts something into the register that others read. */
const FIRST = { name: "immediate", data: { dreg: 1, data: { value: Uint8Array.of(1, 2, 3, 4) } } };

function rule(expressions: readonly object[]): Change {
  const attributes = { table: "t", chain: "c", expressions: [FIRST, ...expressions] } as never;
  return change(tables.NFT_MSG_NEWRULE, TABLE, "a rule", attributes, NLM_F_CREATE);
}

/** Tables, chains, sets, objects and rules. */
export const nftables: readonly Added[] = [
  {
    title: "a table",
    listed: "tables",
    table: tables.tableAttributes,
    ways: [
      ...comments.map((comment) => () => addTable({ ...TABLE, comment })),
      ...(["dormant", "owner", "persist"] as const).map((flag) => () => addTable({ ...TABLE, flags: [flag] })),
    ],
  },
  { title: "a chain", listed: "chains", table: tables.chainAttributes, ways: chains },
  { title: "a set", listed: "sets", table: tables.setAttributes, ways: sets },
  { title: "an object", listed: "objects", table: tables.objectAttributes, ways: objects },
  {
    title: "a rule's expression",
    listed: "rules",
    table: tables.ruleAttributes,
    ways: rules,
  },
];

/** Adds something in an own table, gives what is listed of it, and takes the table away. */
export async function addedAndListed(host: Host, { listed }: Added, added: Change): Promise<object | undefined> {
  const chain = listed === "rules" ? [addChain(CHAIN)] : [];
  const table = listed === "tables" ? [] : [addTable(TABLE)];
  await host.netfilter.commit([...table, ...chain, added]);
  const ruleset = await host.netfilter.ruleset({ table: "t" });
  await host.netfilter.commit([removeTable(TABLE)]);
  return ruleset[listed].at(-1);
}

/** How an attribute is compared: what a table's codec writes, or what is given of what is nested by a kind. */
export function codecOf({ table }: Added, name: string): Codec<unknown> | undefined {
  const codec = table.entries[name]![1] as Codec<unknown>;
  return codec.selector === undefined && codec.element === undefined ? codec : undefined;
}
