import type { Qdisc } from "../../rtnetlink/traffic/traffic-requests.js";
import type { Filter } from "./filters.js";

/** A qdisc or a filter of somebody else that limits a port, or may. */
export interface OtherLimit {
  readonly direction: "ingress" | "egress";
  readonly what: "qdisc" | "filter";
  /** Such as "htb" or "u32". */
  readonly kind: string;
  /** Such as "1:" or "800::800". */
  readonly handle: string | number;
}

/** Qdiscs that send as fast as the link does: they only put in order what waits. */
const UNLIMITED: readonly string[] = [
  ...["bfifo", "pfifo", "pfifo_fast", "pfifo_head_drop", "noqueue"],
  ...["codel", "fq_codel", "fq_pie", "pie", "sfq"],
];

/** What a root qdisc that somebody has put there means for what goes out. A tbf is a limit of ours. */
export function qdiscLimits(root: Qdisc | undefined): OtherLimit[] {
  if (root === undefined || root.kind === "tbf" || UNLIMITED.includes(root.kind)) return [];
  return [{ direction: "egress", what: "qdisc", kind: root.kind, handle: root.handle }];
}

/** Whether a filter polices. In options of a kind that no table is known for, an action's kind is readable all the same. */
function polices({ options }: Filter): boolean {
  if (options instanceof Uint8Array) return Buffer.from(options).includes("police\0");
  const { actions = [], police } = (options ?? {}) as { actions?: readonly { kind: string }[]; police?: unknown };
  return police !== undefined || actions.some(({ kind }) => kind === "police");
}

/** What a filter of somebody else means for a direction. */
export function filterLimits(filter: Filter, direction: OtherLimit["direction"]): OtherLimit[] {
  return polices(filter) ? [{ direction, what: "filter", kind: filter.kind, handle: filter.handle }] : [];
}

/** What is there, in words. */
export function describeOther({ direction, what, kind, handle }: OtherLimit): string {
  if (what === "qdisc") return `its root qdisc is a ${kind} that somebody has put there`;
  return `${kind} filter ${handle}, which somebody has put there, polices ${direction === "ingress" ? "what comes in" : "what goes out"}`;
}
