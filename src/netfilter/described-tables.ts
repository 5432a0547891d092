import type { AttributeTable } from "../netlink/codecs/attributes.js";
import { describeTable, type TableDescription } from "../netlink/codecs/description.js";
import * as conntrack from "./conntrack/conntrack.js";
import * as data from "./values/data.js";
import * as compare from "./expressions/compare.js";
import * as compatible from "./expressions/compatible.js";
import * as count from "./expressions/count.js";
import * as load from "./expressions/load.js";
import * as lookup from "./expressions/lookup.js";
import * as translation from "./expressions/translation.js";
import * as verdict from "./expressions/verdict.js";
import * as nfnetlink from "./messages/nfnetlink.js";
import * as tables from "./messages/nf-tables.js";

const modules: readonly object[] = [
  ...[conntrack, data, nfnetlink, tables],
  ...[compare, compatible, count, load, lookup, translation, verdict],
];

function isTable(value: unknown): value is AttributeTable {
  return typeof value === "object" && value !== null && "entries" in value && "kernelName" in value;
}

/** Every table of netfilter as plain data, by which the build says in the declarations what each attribute is. */
export function describeNetfilterTables(): TableDescription[] {
  return modules.flatMap((each) => Object.values(each).filter(isTable)).map(describeTable);
}
