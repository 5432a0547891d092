import type { Link } from "../rtnetlink/link/link.js";
import type { Wiring } from "./wiring.js";

/**
 * A link in the tree. Each has one place of its own, with what belongs to it: below the bridge, bond, team or VRF that it is a port
 * of; else below what it stands on; else at the top. A port that stands on another link is mentioned there, too.
 */
export interface Branch {
  readonly link: Link;
  /** Why it stands where it does. */
  readonly as: "top" | "port" | "above" | "mention";
  readonly branches: readonly Branch[];
}

function byName(one: Link, other: Link): number {
  return one.name.localeCompare(other.name, "en", { numeric: true });
}

/** Bridges first, for they are what people look for; the loopback last. */
function rank({ kind, flags }: Link): number {
  if (kind === "bridge") return 0;
  if (kind === "bond" || kind === "team" || kind === "vrf") return 1;
  return flags.includes("loopback") ? 3 : 2;
}

/** The whole wiring as trees, a link's ports first, then what stands on it; by name, with numbers in their order. */
export function treeOf(wiring: Wiring): readonly Branch[] {
  const placed = new Set<number>();
  function place(link: Link, as: Branch["as"]): Branch {
    placed.add(link.index);
    const ports = [...wiring.portsOf(link)].sort(byName).filter(({ index }) => !placed.has(index));
    const above = [...wiring.above(link)].sort(byName);
    return {
      link,
      as,
      branches: [
        ...ports.map((port) => place(port, "port")),
        ...above.map((each): Branch =>
          wiring.link(each.master) === undefined && !placed.has(each.index)
            ? place(each, "above")
            : { link: each, as: "mention", branches: [] },
        ),
      ],
    };
  }
  const sorted = [...wiring.links].sort((one, other) => rank(one) - rank(other) || byName(one, other));
  const isTop = (link: Link): boolean => wiring.link(link.master) === undefined && wiring.below(link) === undefined;
  const trees = sorted.filter(isTop).map((link) => place(link, "top"));
  // Links that stand in a circle have no top.
  const rest = sorted
    .filter(({ index }) => !placed.has(index))
    .flatMap((link) => (placed.has(link.index) ? [] : [place(link, "top")]));
  return [...trees, ...rest];
}
