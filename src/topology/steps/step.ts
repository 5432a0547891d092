import type { Codec } from "../../netlink/codecs/codec.js";
import { formatDuration } from "../../netlink/codecs/duration.js";
import { formatRate, formatSize } from "../../netlink/codecs/quantities.js";
import type { Operation } from "./operation.js";

/**
 * When a step is taken, in the order that the kernel demands and that costs least: nothing is removed before what takes its
 * place is there, ports join before they are up, and routes change before the addresses that they need go.
 */
export const phases = [
  "namespaces", // those that are made; before all else
  "rename",
  "clear", // what a new link replaces goes
  "switches", // bridges of Open vSwitch make links that others name
  "create",
  "change",
  "functions",
  "sysctls",
  "takeOver", // what takes a link's place is up before that becomes its port
  "vlans",
  "addresses",
  "join",
  "up",
  "rates",
  "neighbours",
  "fdb",
  "routes", // those on a link
  "nexthops",
  "gateways", // those by what the former lead to
  "rules",
  "leases",
  "withdraw", // entries that are not to be there
  "retire", // next hops, when nothing leads by them
  "leave",
  "remove",
  "unname", // namespaces that go
] as const;
/** When a step is done: the order that the kernel demands. */
export type Phase = (typeof phases)[number];

/** One property that is not as it is wanted. */
export interface Difference {
  readonly property: string;
  readonly wanted: unknown;
  readonly found: unknown;
  /** What its numbers count; undefined where they count nothing of that kind. */
  readonly unit?: "ms" | "bit/s" | "bytes";
}

const UNITS = { DURATION: "ms", RATE: "bit/s", SIZE: "bytes" } as const;

/** A difference in a property of a codec, whose unit its values have. */
export function difference(
  property: string,
  { words }: Pick<Codec<unknown>, "words">,
  wanted: unknown,
  found: unknown,
): Difference {
  const [quantity = ""] = words.split("|");
  const unit = Object.hasOwn(UNITS, quantity) ? { unit: UNITS[quantity as keyof typeof UNITS] } : {};
  return { property, wanted, found, ...unit };
}

const QUANTITIES = { ms: formatDuration, "bit/s": formatRate, bytes: formatSize } as const;

/** A value as a plan shows it, and a file has it. */
export function shown(value: unknown, unit: Difference["unit"]): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" && unit !== undefined) return QUANTITIES[unit](value);
  return typeof value === "string"
    ? value
    : JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}

/** "mtu 1500 → 9000", "ageingTime 300s → 600s". */
export function describeDifference({ property, wanted, found, unit }: Difference): string {
  return `${property} ${shown(found, unit)} → ${shown(wanted, unit)}`;
}

/** What a step is about. */
export type StepSubject =
  | "link"
  | "port"
  | "address"
  | "nexthop"
  | "route"
  | "rule"
  | "neighbour"
  | "fdb"
  | "rate"
  | "virtualFunction"
  | "sysctl"
  | "namespace"
  | "lease"
  | "switch"
  | "switchPort"
  | "check";

/** One step of a plan. */
export interface Step {
  readonly phase: Phase;
  /** Within its phase: steps of the lowest come first, and those of one together. */
  readonly order: number;
  readonly action: "add" | "change" | "remove";
  readonly subject: StepSubject;
  /** Of what: "br0", "10.0.0.1/24 on br0". */
  readonly name: string;
  /** The namespace that it is in, by its name; undefined for the host's own. */
  readonly namespace?: string;
  /** Why, in words. */
  readonly reason: string;
  readonly differences: readonly Difference[];
  readonly do: readonly Operation[];
  /** What takes it back. Each may be done although nothing is to be taken back. */
  readonly undo: readonly Operation[];
  /** What cannot be taken back. */
  readonly loss?: string;
}

/** A step with what most have no word about. */
export function step(
  phase: Phase,
  given: Omit<Step, "phase" | "order" | "differences"> & Partial<Pick<Step, "order" | "differences">>,
): Step {
  return { phase, order: 0, differences: [], ...given };
}

/** Steps in their order, those that may be taken together as one group. */
export function groupsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const groups = new Map<string, { readonly place: number; readonly order: number; readonly steps: Step[] }>();
  for (const each of steps) {
    const place = phases.indexOf(each.phase);
    const key = `${place}.${each.order}`;
    const group = groups.get(key) ?? { place, order: each.order, steps: [] };
    group.steps.push(each);
    groups.set(key, group);
  }
  const sorted = [...groups.values()].sort((one, other) => one.place - other.place || one.order - other.order);
  return sorted.map(({ steps: all }) => all);
}
