import { InputError } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";

/** A VLAN (IEEE 802.1Q), 1 to 4094, or with `to` a range of them: `{ id: 10 }`, `{ id: 20, to: 30 }`. */
export interface VlanRange {
  readonly id: number;
  /** The last of the range. */
  readonly to?: number | undefined;
}

const LEAST_VLAN = 1;
const MOST_VLAN = 4094;

function checkId(id: unknown, name: string): void {
  if (!Number.isInteger(id) || (id as number) < LEAST_VLAN || (id as number) > MOST_VLAN)
    throw new InputError(`${String(id)} is not a VLAN from ${LEAST_VLAN} to ${MOST_VLAN}`, name);
}

/** Throws InputError for what is no range of VLANs. */
export function checkRange(range: VlanRange): void {
  checkObject(range, "");
  const { id, to } = range;
  checkId(id, "id");
  if (to === undefined) return;
  checkId(to, "to");
  if (to < id) throw new InputError(`${to} is below ${id}, where the range starts`, "to");
}

type Mapped = VlanRange & { readonly tunnel?: number | undefined };

/** What makes two neighbours parts of one range: all but their ids; mapped to tunnels that are neighbours, too. */
function likeness(vlan: Mapped): string {
  const { id } = vlan;
  const properties = Object.entries<unknown>({ ...vlan, id: undefined, to: undefined }).filter(
    ([, value]) => value !== undefined && value !== false,
  );
  const relative = properties.map(([name, value]) => [name, name === "tunnel" ? Number(value) - id : value] as const);
  return JSON.stringify(relative.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Whether two VLANs are the same in all their properties. */
export function areAlike(one: Mapped, other: Mapped): boolean {
  return one.id === other.id && likeness(one) === likeness(other);
}

/** Each VLAN of ranges by itself; `tunnel`, where there is one, counts up with them. */
export function expandVlans<T extends Mapped>(vlans: readonly T[]): Omit<T, "to">[] {
  return vlans.flatMap(({ to, ...vlan }) => {
    const { id, tunnel } = vlan;
    return Array.from({ length: (to ?? id) - id + 1 }, (_, place) => ({
      ...vlan,
      id: id + place,
      ...(tunnel === undefined ? {} : { tunnel: tunnel + place }),
    }));
  });
}

/** VLANs in their order, neighbours that are alike as one range; a `pvid` stands by itself. */
export function compressVlans<T extends Mapped & { readonly pvid?: boolean | undefined }>(vlans: readonly T[]): T[] {
  const ranges: T[] = [];
  for (const vlan of (expandVlans(vlans) as T[]).sort((one, other) => one.id - other.id)) {
    const last = ranges.at(-1);
    const follows = last !== undefined && (last.to ?? last.id) + 1 === vlan.id;
    if (follows && !vlan.pvid && likeness(last) === likeness(vlan))
      ranges[ranges.length - 1] = { ...last, to: vlan.id };
    else ranges.push(vlan);
  }
  return ranges;
}

/** The VLANs that are in none of these ranges. */
export function otherVlans(vlans: readonly VlanRange[]): VlanRange[] {
  const others: VlanRange[] = [];
  let next = LEAST_VLAN;
  const end = { id: MOST_VLAN + 1, to: undefined };
  for (const { id, to = id } of [...vlans].sort((one, other) => one.id - other.id).concat(end)) {
    if (next < id) others.push(next === id - 1 ? { id: next } : { id: next, to: id - 1 });
    next = Math.max(next, to + 1);
  }
  return others;
}

/** VLANs as they are typed: "10,20-30". Throws InputError. */
export function parseVlans(text: string): VlanRange[] {
  return text.split(",").map((part) => {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (found === null) throw new InputError(`${JSON.stringify(text)} is no list of VLANs such as 10,20-30`);
    const [id, to] = [Number(found[1]), found[2] === undefined ? undefined : Number(found[2])];
    const range = to === undefined || to === id ? { id } : { id, to };
    try {
      checkRange(range);
    } catch (error) {
      throw error instanceof InputError ? new InputError(error.problem) : error;
    }
    return range;
  });
}

/** The reverse of parseVlans. */
export function formatVlans(vlans: readonly VlanRange[]): string {
  return vlans.map(({ id, to = id }) => (to === id ? String(id) : `${id}-${to}`)).join(",");
}
