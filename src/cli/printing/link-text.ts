import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { kebab } from "../../netlink/codecs/words.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import { type Link, linkAttributes } from "../../rtnetlink/link/link.js";
import { statistics64 } from "../../rtnetlink/link/link-attributes.js";
import type { Style } from "../io.js";
import { definitions, heading } from "./layout.js";
import { typeText } from "./link-type.js";
import { formatValue, unknownOptions } from "./value-text.js";
import { formatAge } from "../../netlink/codecs/duration.js";
import { kindText } from "../../wiring/link-text.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";

/** What links are called, by index. */
export type LinkNames = ReadonlyMap<number, string>;

type Tables = Readonly<Record<string, AttributeTable | undefined>>;
type Row = readonly [word: string, text: string];

/** A property of a link as it is typed, or a row for each of its parts. */
export function rowsOf(name: string, value: unknown, codec: Codec<unknown>, names: LinkNames): Row[] {
  const inside = codec.nested?.({});
  if (inside !== undefined && "entries" in inside)
    return tableRows(inside as AttributeTable, value as object, names).map(([word, text]) => [
      `${kebab(name)}.${word}`,
      text,
    ]);
  const link = REFERENCES.has(name) && typeof value === "number" ? names.get(value) : undefined;
  // A time that runs is said as people do; one that can be set, as it is typed.
  if (codec.readOnly === true && codec.words.startsWith("DURATION")) return [[kebab(name), formatAge(value as number)]];
  return [[kebab(name), link ?? codec.format?.(value) ?? formatValue(value, codec.words)]];
}

/** An option of a link's kind as it is typed; "-" where it has none. */
export function optionText({ linkInfo }: Link, property: string, names: LinkNames): string {
  const kind = linkInfo?.kind ?? "";
  const values = (linkInfo?.data ?? {}) as Record<string, unknown>;
  const table = Object.hasOwn(linkKinds, kind) ? (linkKinds as Tables)[kind] : undefined;
  const codec = table?.entries[property]?.[1] as Codec<unknown> | undefined;
  if (codec === undefined || values[property] === undefined) return "-";
  return rowsOf(property, values[property], codec, names)
    .map(([, text]) => text)
    .join(" ");
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 0;
}

/** A table's values, a row each, under the words that the command line has for them. */
export function tableRows(table: AttributeTable, values: object, names: LinkNames): Row[] {
  const given = values as Record<string, unknown>;
  const rows = Object.entries(table.entries)
    .filter(([property]) => given[property] !== undefined && !isEmpty(given[property]))
    .flatMap(([property, [, codec]]) => rowsOf(property, given[property], codec, names));
  const unknown = (given["unknown"] ?? []) as { number: number; bytes: Uint8Array }[];
  return [...rows, ...unknown.map(({ number, bytes }): Row => [`#${number}`, formatValue(bytes)])];
}

function counters(link: Link): Row[] {
  const counts = (link.stats64 ?? {}) as Record<string, number | undefined>;
  return Object.keys(statistics64.fields)
    .filter((name) => counts[name] !== undefined)
    .map((name) => [kebab(name), String(counts[name])]);
}

function part(tables: Tables, kind: string | undefined, values: unknown, names: LinkNames): Row[] {
  if (kind === undefined || values === undefined) return [];
  const table = Object.hasOwn(tables, kind) ? tables[kind] : undefined;
  if (values instanceof Uint8Array) return [["options", unknownOptions(kind, values)]];
  if (table === undefined) return [["options", formatValue(values)]];
  return tableRows(table, values as object, names);
}

/** The options of a link's kind, as they are typed. */
export function optionRows({ linkInfo }: Link, names: LinkNames): Row[] {
  return part(linkKinds, linkInfo?.kind, linkInfo?.data, names);
}

/** Everything that is known of a link. */
export function describeLink(link: Link, names: LinkNames, style: Style): string {
  const { index, name, type, flags, linkInfo } = link;
  const kind = linkInfo?.kind;
  const rest = { ...link, linkInfo: undefined, stats64: undefined };
  const first: Row[] = [
    ["index", String(index)],
    ["kind", kindText(link)],
    ["type", typeText(type)],
    ["flags", flags.map(kebab).join(",")],
  ];
  const master = link.master === undefined ? "" : ` of ${names.get(link.master) ?? `link ${link.master}`}`;
  const parts: [title: string, rows: Row[]][] = [
    ["", [...first, ...tableRows(linkAttributes, rest, names)]],
    [`as a ${kindText(link)}`, part(linkKinds, kind, linkInfo?.data, names)],
    [`as a port${master}`, part(portKinds, linkInfo?.slaveKind, linkInfo?.slaveData, names)],
    ["counters", counters(link)],
  ];
  const shown = parts.filter(([, rows]) => rows.length > 0);
  return shown.map(([title, rows]) => heading(title === "" ? name : title, style) + definitions(rows, style)).join("");
}
