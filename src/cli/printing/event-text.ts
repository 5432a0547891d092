import type { AttributeTable, Entries } from "../../netlink/codecs/attributes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import { type Link, linkAttributes } from "../../rtnetlink/link/link.js";
import type { Change, WatchEvent } from "../../watch/events.js";
import { tableOf } from "../../watch/subjects.js";
import type { Style } from "../io.js";
import { type LinkNames, rowsOf } from "./link-text.js";
import { wordFor } from "./spelling.js";
import { formatValue } from "./value-text.js";

type Values = Readonly<Record<string, unknown>>;
type Tables = Readonly<Record<string, AttributeTable | undefined>>;

/** What an event is about, in a word or two. */
export function nameOf({ subject, before, after }: Change, names: LinkNames): string {
  const table = tableOf(subject);
  const entry = (after ?? before)!;
  const on = table.linkOf(entry);
  const where = on === undefined ? "" : ` on ${names.get(on) ?? `link ${on}`}`;
  return `${table.nameOf(entry)}${where}`;
}

/** The codec of a link's property, by its path. */
function codecAt({ linkInfo }: Link, path: string): Codec<unknown> | undefined {
  const [, part, property = path] = /^linkInfo\.(data|slaveData)\.(\w+)$/.exec(path) ?? [];
  const kinds: Tables = part === "data" ? linkKinds : portKinds;
  const kind = part === "data" ? linkInfo?.kind : linkInfo?.slaveKind;
  const entries: Entries | undefined = part === undefined ? linkAttributes.entries : kinds[kind ?? ""]?.entries;
  return entries !== undefined && Object.hasOwn(entries, property) ? entries[property]![1] : undefined;
}

function at(entry: object, path: string): unknown {
  return path.split(".").reduce<unknown>((each, name) => (each as Values | undefined)?.[name], entry);
}

/** Names in place of indexes, in whatever has them. */
function withNames(value: unknown, names: LinkNames): unknown {
  if (Array.isArray(value)) return value.map((each) => withNames(each, names));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const parts = Object.entries(value).map(([property, each]: [string, unknown]) => [
    wordFor(property),
    (property === "link" || property === "index") && typeof each === "number"
      ? (names.get(each) ?? each)
      : withNames(each, names),
  ]);
  return Object.fromEntries(parts) as unknown;
}

function valueText(entry: object, path: string, codec: Codec<unknown> | undefined, names: LinkNames): string {
  const value = at(entry, path);
  const property = path.split(".").at(-1)!;
  if (value === undefined) return "-";
  if (codec !== undefined)
    return (
      rowsOf(property, value, codec, names)
        .map(([, text]) => text)
        .join(" ") || "-"
    );
  if (["link", "master", "index"].includes(property) && typeof value === "number")
    return names.get(value) ?? String(value);
  return formatValue(withNames(value, names), property === "flags" || property === "state" ? "|" : "") || "-";
}

/** Whether a value is a whole table, as a port's options are that it has not had before: what made it one is told beside it. */
function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/**
 * What changed from what to what, of the properties that are meant, in the words that are typed: "mtu 1500 → 1400",
 * "vlan-filtering off → on".
 */
export function changesOf(
  { subject, before, after, properties }: Change,
  names: LinkNames,
  isMeant: (path: string) => boolean = () => true,
): string {
  if (before === undefined || after === undefined) return "";
  return properties
    .filter((path) => isMeant(path) && !isTable(at(before, path)) && !isTable(at(after, path)))
    .map((path) => {
      const word = path
        .replace(/^linkInfo\.((data|slaveData)\.)?/, "")
        .split(".")
        .map(wordFor)
        .join(".");
      const [old, now] = [before, after].map((entry) =>
        valueText(entry, path, subject === "link" ? codecAt(entry as Link, path) : undefined, names),
      );
      return `${word} ${old} → ${now}`;
    })
    .join(", ");
}

/** An event as a line, without its time: what, which, and what of it is otherwise. */
export function eventText(event: WatchEvent, names: LinkNames, style: Style): string {
  if (event.subject === "overrun")
    return style.yellow(`overrun: ${event.lost ?? "some"} messages were lost; what they were about follows`);
  const { subject, change, origin, byThisHost, namespace } = event;
  const paint = { created: style.green, changed: style.cyan, removed: style.red }[change];
  return [
    subject,
    paint(change),
    style.bold(nameOf(event, names)),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
    changesOf(event, names),
    ...(origin === "told" ? [] : [style.dim(`(${origin})`)]),
    ...(byThisHost === true ? [style.dim("(by this process)")] : []),
  ]
    .filter((part) => part !== "")
    .join(" ");
}
