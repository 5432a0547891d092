import type { Host } from "../../host/host.js";
import { kebab } from "../../netlink/words.js";
import type { Rule } from "../../rtnetlink/rule/rule-message.js";
import type { Call } from "../commands.js";
import type { Report, Style } from "../io.js";
import { formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

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
