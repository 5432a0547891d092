import type { Result, Row } from "../../result.js";
import type { Colour } from "./theme.js";

const families = {
  floor: ["static-nothing", "static-nothing-musl"],
  compiled: ["libmnl", "go", "rust", "qemu-bridge-helper"],
  scripted: ["pyroute2", "npm-netlink", "node-netlink"],
};

/** Who is ours in a row, and who the floor, where they are not linkwright and the floor. */
export interface Roles {
  readonly ours?: string | undefined;
  readonly floor?: string | undefined;
}

/** The key of a contender's colour: linkwright's own, the floor's, or that of its family. */
export function colourOf(id: string, { ours = "linkwright", floor = "floor" }: Roles = {}): Colour {
  if (id === ours) return "linkwright";
  if (id === floor) return "floor";
  const family = (Object.keys(families) as (keyof typeof families)[]).find((name) => families[name].includes(id));
  return family ?? "programs";
}

/** Whoever is drawn: what a row sets aside has its line in the tables alone. */
export const drawn = (rows: readonly (Row | undefined)[], ids: readonly string[]): string[] =>
  ids.filter((id) => !rows.some((row) => row?.aside?.includes(id)));

/** What a contender is called. */
export const titleOf = ({ contenders }: Pick<Result, "contenders">, id: string): string => contenders[id]?.title ?? id;

/** Whoever has samples, in the order of the result's contenders. */
export function inOrder({ contenders }: Result, samples: Readonly<Record<string, readonly number[]>>): string[] {
  const order = Object.keys(contenders);
  const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return Object.keys(samples)
    .filter((id) => samples[id]!.length > 0)
    .sort((a, b) => place(a) - place(b));
}
