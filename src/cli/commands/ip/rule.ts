import type { Host } from "../../../host/host.js";
import { kebab } from "../../../netlink/codecs/words.js";
import type { Rule } from "../../../rtnetlink/rule/rule-message.js";
import type { Call, Command } from "../../command.js";
import type { Report, Style } from "../../io.js";
import { formatValue } from "../../printing/value-text.js";
import { type Column, table } from "../../printing/layout.js";
import { flag8, u8 } from "../../../netlink/codecs/numbers.js";
import { fibRuleHeader, ruleAttributes } from "../../../rtnetlink/rule/rule.js";
import { type Section, wordOf, tableWords } from "../../parsing/option.js";
import { family, network } from "./network-words.js";

/** Attributes that have other names here. */
const RENAMED = ["src", "dst", "iifname", "oifname"];
const { iifname, oifname } = ruleAttributes.entries;
const { action } = fibRuleHeader.fields;

const sections = {
  rule: {
    title: "A rule",
    words: [
      wordOf("from", network, "the network that packets come from"),
      wordOf("to", network, "the network that they go to"),
      wordOf("iif", iifname[1], iifname[2]),
      wordOf("oif", oifname[1], oifname[2]),
      wordOf("action", action, "what is done; to-tbl, look in the table, unless given"),
      ...tableWords(ruleAttributes).filter(({ property }) => !RENAMED.includes(property)),
      wordOf("tos", u8, "the packet's type of service"),
      wordOf("invert", flag8, "take what does not fit"),
      family,
    ],
  },
} satisfies Record<string, Section>;

function actionOf({ action, table: each, goto, l3mdev }: Rule): string {
  if (l3mdev === true) return "l3mdev";
  if (action === "goto") return `goto ${goto}`;
  return action === "toTbl" ? `table ${each}` : String(action);
}

const SHOWN = ["family", "priority", "action", "from", "to", "table", "goto", "l3mdev", "protocol", "flags", "unknown"];

function moreOf(rule: Rule): string {
  const rest = Object.entries<unknown>({ ...rule }).filter(([name]) => !SHOWN.includes(name));
  const words = rest.map(([name, value]) => `${kebab(name)}=${textOf(value)}`);
  return words.sort().join(" ") || "-";
}

function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null || !("start" in value && "end" in value)) return formatValue(value);
  return `${formatValue(value.start)}-${formatValue(value.end)}`;
}

const columns: readonly Column<Rule>[] = [
  { title: "PRIORITY", value: ({ priority }) => String(priority), right: true },
  { title: "FAMILY", value: ({ family }) => family },
  { title: "FROM", value: ({ from = "all" }) => from },
  { title: "TO", value: ({ to = "all" }) => to },
  { title: "ACTION", value: actionOf, paint: (text, _rule, style: Style) => style.cyan(text) },
  { title: "PROTOCOL", value: ({ protocol = "-" }) => String(protocol) },
  { title: "MORE", value: moreOf },
];

export async function list(host: Host, { options }: Call): Promise<Report> {
  const rules = await host.rules.list(options);
  return { value: rules, text: (style) => table(columns, rules, style) };
}

export async function add(host: Host, { options }: Call): Promise<Report> {
  return { value: await host.rules.add(options) };
}

export async function remove(host: Host, { options }: Call): Promise<Report> {
  return { value: await host.rules.remove(options) };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list rules that have all that is given",
      operands: [],
      options: [sections.rule],
      run: list,
    },
    add: {
      summary: "add a rule",
      operands: [],
      options: [sections.rule],
      needsOption: true,
      run: add,
    },
    delete: {
      summary: "remove the rule that has all that is given",
      operands: [],
      options: [sections.rule],
      needsOption: true,
      run: remove,
    },
  },
};
