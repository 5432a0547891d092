import type { Host } from "../../host/host.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import { namesOf } from "./link-table.js";
import type { LinkNames } from "./link-text.js";

/** Properties that hold a link's index beside those that can be set. */
const REPORTED = ["oif", "iif", "via", "ifindex", "ipPort", "ipv6Port", "pIfindex", "sIfindex", "iIfindex"];

/** Properties that hold a link's index, and those that then say its name. `index` is of a link that something else is about. */
const NAMED: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...REFERENCES, ...REPORTED].map((property) => [property, `${property}Name`])),
  index: "linkName",
};

/** What has such a property is counted by its index: a virtual function and its device, a bucket of a next hop, an action. */
const COUNTED = ["trust", "device", "idleTime", "bindcnt"];

type Values = Readonly<Record<string, unknown>>;

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
}

/** The indexes of an object that have a name to stand beside them. What has a name of its own is a link, and its index is its own. */
function indexesOf(values: Values): (readonly [property: string, index: number])[] {
  return Object.entries(values).flatMap(([property, value]) => {
    const isIndex = Object.hasOwn(NAMED, property) && typeof value === "number" && value > 0;
    const isElsewhere = property === "link" && values["linkNetnsid"] !== undefined;
    const isOwn = property === "index" && ["name", ...COUNTED].some((other) => other in values);
    return !isIndex || isElsewhere || isOwn ? [] : [[property, value] as const];
  });
}

/** The indexes of links in a value, wherever they are. */
export function* everyIndex(value: unknown): Generator<number> {
  if (Array.isArray(value)) for (const each of value) yield* everyIndex(each);
  if (!isValues(value)) return;
  for (const [, index] of indexesOf(value)) yield index;
  for (const each of Object.values(value)) if (typeof each === "object") yield* everyIndex(each);
}

/** The same value, with the names of links that are known. */
export function named(value: unknown, names: LinkNames): unknown {
  if (Array.isArray(value)) return value.map((each) => named(each, names));
  if (!isValues(value)) return value;
  const found = indexesOf(value).flatMap(([property, index]) => {
    const name = names.get(index);
    return name === undefined ? [] : [[NAMED[property]!, name] as const];
  });
  const inside = Object.entries(value).map(([property, each]) => [property, named(each, names)] as const);
  return { ...Object.fromEntries(inside), ...Object.fromEntries(found) };
}

/** The same value, with the names of links beside their indexes, wherever those are. */
export async function withNames(host: Host, value: unknown): Promise<unknown> {
  const indexes = new Set(everyIndex(value));
  return indexes.size === 0 ? value : named(value, await namesOf(host, indexes));
}
