import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import * as conntrack from "../../../src/netfilter/conntrack/conntrack.js";
import * as data from "../../../src/netfilter/values/data.js";
import { expressionKinds } from "../../../src/netfilter/expressions/expression.js";
import { batchAttributes } from "../../../src/netfilter/messages/nfnetlink.js";
import * as tables from "../../../src/netfilter/messages/nf-tables.js";
import { traceAttributes } from "../../../src/netfilter/trace.js";

function tablesIn(module: object): AttributeTable[] {
  return Object.values(module).filter(
    (value: unknown): value is AttributeTable => typeof value === "object" && value !== null && "locate" in value,
  );
}

/** The attribute spaces of netfilter. */
export const netfilterTables: readonly AttributeTable[] = [
  ...new Set([
    batchAttributes as AttributeTable,
    ...tablesIn(data),
    ...tablesIn(expressionKinds),
    ...tablesIn(tables),
    traceAttributes as AttributeTable,
    ...tablesIn(conntrack),
  ]),
];
