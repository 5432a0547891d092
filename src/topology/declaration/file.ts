import { stringify } from "yaml";
import { formatDuration } from "../../netlink/codecs/duration.js";
import { formatRate, formatSize } from "../../netlink/codecs/quantities.js";
import { readYaml } from "../../base/yaml.js";
import type { HostDeclaration, ReadDeclaration } from "./declaration.js";
import { DeclarationError } from "./declaration-error.js";
import {
  addressFields,
  fdbFields,
  fieldsOfKind,
  encapsulationFields,
  metricFields,
  neighbourFields,
  nexthopFields,
  pathFields,
  portFields,
  rateFields,
  resilientFields,
  routeFields,
  ruleFields,
  virtualFunctionFields,
} from "./fields.js";
import { checkDeclaration } from "./schema.js";
import type { Field, Fields } from "./value.js";

/**
 * Reads a declaration, YAML or JSON, which is YAML, too. Throws DeclarationError, which says at which line and column what is
 * wrong, and what was probably meant.
 *
 * @param file What the text is called in errors.
 */
export function readDeclaration(text: string, file = "declaration"): ReadDeclaration {
  return readYaml(
    text,
    (value) => checkDeclaration(value, "file"),
    (position, problem, path) => new DeclarationError(file, position, problem, path),
  );
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
  return entries.map((each: unknown) => (typeof each === "string" ? each : spelledWay(fields, each as Values)));
}

const LISTS: Readonly<Record<string, Fields>> = {
  addresses: addressFields,
  neighbours: neighbourFields,
  fdb: fdbFields,
};
const PARTS: Readonly<Record<string, Fields>> = { asPort: portFields, rate: rateFields };

function spelledFunctions({ entries, ...rest }: Values): Values {
  return { ...rest, ...(entries === undefined ? {} : { entries: spelledEach(virtualFunctionFields, entries) }) };
}

function spelledLink(link: Values): Values {
  const all = spelledIn(fieldsOfKind(link["kind"] as string | undefined), link);
  const parts = Object.entries(all).map(([name, value]) => {
    if (value === undefined) return [name, value];
    if (name === "virtualFunctions") return [name, spelledFunctions(value as Values)];
    if (LISTS[name] !== undefined) return [name, spelledEach(LISTS[name], value)];
    return [name, PARTS[name] === undefined ? value : spelledIn(PARTS[name], value as Values)];
  });
  return Object.fromEntries(parts) as Values;
}

/** Parts of a route or a next hop. */
const WAYS: Readonly<Record<string, (value: never) => unknown>> = {
  metrics: (value: Values) => spelledIn(metricFields, value),
  resGroup: (value: Values) => spelledIn(resilientFields, value),
  encapsulation: (value: Values & { readonly type: keyof typeof encapsulationFields }) =>
    spelledIn(encapsulationFields[value.type] ?? {}, value),
  nexthops: (value: readonly Values[]) => value.map((each) => spelledWay(pathFields, each)),
};

function spelledWay(fields: Fields, way: Values): Values {
  const parts = Object.entries(spelledIn(fields, way)).map(([name, value]) => [
    name,
    // What stands under a name is what that name's function takes.
    value === undefined ? value : (WAYS[name]?.(value as never) ?? value),
  ]);
  return Object.fromEntries(parts) as Values;
}

/** A declaration as YAML, durations, rates and sizes with their units. */
export function writeDeclaration({ links = {}, nexthops, routes, rules, ...rest }: HostDeclaration): string {
  const named = Object.entries(links).map(([name, link]) => [name, spelledLink(link as Values)]);
  const whole = {
    links: Object.fromEntries(named) as object,
    ...(nexthops === undefined ? {} : { nexthops: spelledEach(nexthopFields, nexthops) }),
    ...(routes === undefined ? {} : { routes: spelledEach(routeFields, routes) }),
    ...(rules === undefined ? {} : { rules: spelledEach(ruleFields, rules) }),
    ...rest,
  };
  return stringify(whole, { lineWidth: 120 });
}
