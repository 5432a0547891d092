import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify } from "yaml";
import { formatDuration } from "../../netlink/codecs/duration.js";
import { formatRate, formatSize } from "../../netlink/codecs/quantities.js";
import { InputError } from "../../base/errors.js";
import type { HostDeclaration, ReadDeclaration } from "./declaration.js";
import { DeclarationError, type TextPosition } from "./declaration-error.js";
import {
  addressFields,
  fdbFields,
  fieldsOfKind,
  metricFields,
  neighbourFields,
  portFields,
  rateFields,
  routeFields,
  ruleFields,
} from "./fields.js";
import { checkDeclaration } from "./schema.js";
import type { Field, Fields } from "./value.js";

/** The offset of the node that a path leads to: the longest part of it that there is. A name may have dots in it. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: string): number {
  let node: unknown = document.contents;
  let rest = path;
  let offset = 0;
  while (rest !== "") {
    if (isMap(node)) {
      const found = node.items.find(({ key }) => {
        const name = isScalar(key) ? String(key.value) : "";
        return rest === name || rest.startsWith(`${name}.`);
      });
      if (found === undefined || !isScalar(found.key)) break;
      offset = found.key.range?.[0] ?? offset;
      rest = rest.slice(String(found.key.value).length + 1);
      node = found.value;
    } else if (isSeq(node)) {
      const [first = ""] = rest.split(".");
      const item: unknown = node.items[Number(first)];
      if (item === undefined) break;
      offset = (item as { range?: readonly number[] }).range?.[0] ?? offset;
      rest = rest.slice(first.length + 1);
      node = item;
    } else break;
  }
  return offset;
}

/**
 * Reads a declaration, YAML or JSON, which is YAML, too. Throws DeclarationError, which says at which line and column what is
 * wrong, and what was probably meant.
 *
 * @param file What the text is called in errors.
 */
export function readDeclaration(text: string, file = "declaration"): ReadDeclaration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error !== undefined) throw new DeclarationError(file, placeOf(error.pos[0]), error.message);
  try {
    return checkDeclaration(document.toJS() ?? {}, "file");
  } catch (refusal) {
    if (!(refusal instanceof InputError)) throw refusal;
    throw new DeclarationError(file, placeOf(offsetOf(document, refusal.path)), refusal.problem, refusal.path);
  }
}

/** A value as a file has it: a duration, a rate or a size with its unit. */
function spelled([{ words }]: Field, value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") return value;
  if (words.startsWith("DURATION")) return value === 0 ? 0 : formatDuration(value);
  if (words === "RATE") return formatRate(value);
  return words === "SIZE" ? formatSize(value) : value;
}

type Values = Readonly<Record<string, unknown>>;

function spelledIn(fields: Fields, values: Values): Values {
  const own = Object.entries(values).map(([name, value]) => {
    const field = fields[name];
    return [name, field === undefined ? value : spelled(field, value)];
  });
  return Object.fromEntries(own) as Values;
}

function spelledEach(fields: Fields, entries: unknown): unknown {
  if (!Array.isArray(entries)) {
    const list = entries as { readonly only: true; readonly entries: unknown };
    return { ...list, entries: spelledEach(fields, list.entries) };
  }
  return entries.map((each: unknown) => (typeof each === "string" ? each : spelledIn(fields, each as Values)));
}

const LISTS: Readonly<Record<string, Fields>> = {
  addresses: addressFields,
  neighbours: neighbourFields,
  fdb: fdbFields,
};
const PARTS: Readonly<Record<string, Fields>> = { asPort: portFields, rate: rateFields };

function spelledLink(link: Values): Values {
  const all = spelledIn(fieldsOfKind(link["kind"] as string | undefined), link);
  const parts = Object.entries(all).map(([name, value]) => {
    if (value === undefined) return [name, value];
    if (LISTS[name] !== undefined) return [name, spelledEach(LISTS[name], value)];
    return [name, PARTS[name] === undefined ? value : spelledIn(PARTS[name], value as Values)];
  });
  return Object.fromEntries(parts) as Values;
}

function spelledRoute(route: Values): Values {
  const { metrics } = route;
  return { ...route, ...(metrics === undefined ? {} : { metrics: spelledIn(metricFields, metrics as Values) }) };
}

/** A declaration as YAML, durations, rates and sizes with their units. */
export function writeDeclaration({ links = {}, routes, rules, ...rest }: HostDeclaration): string {
  const named = Object.entries(links).map(([name, link]) => [name, spelledLink(link as Values)]);
  const ways = routes === undefined ? undefined : spelledEach(routeFields, routes);
  const whole = {
    links: Object.fromEntries(named) as object,
    ...(ways === undefined ? {} : { routes: Array.isArray(ways) ? (ways as Values[]).map(spelledRoute) : ways }),
    ...(rules === undefined ? {} : { rules: spelledEach(ruleFields, rules) }),
    ...rest,
  };
  return stringify(whole, { lineWidth: 120 });
}
