import { setTimeout as sleep } from "node:timers/promises";
import type { Host, Link } from "../../src/index.js";

/** What links are like, by their names. */
export type State = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What differs from one run to the next, or is counted meanwhile, and says nothing of the work. */
const passing = new Set([
  ..."index address permAddress broadcast stats stats64 carrierChanges carrierUpCount carrierDownCount".split(" "),
  ..."promiscuity allmulti linkNetnsid newIfindex map event af afSpec xdp master link".split(" "),
  // Whether frames can pass is found out later, by the kernel.
  ..."operstate carrier".split(" "),
]);
const timers = /Timer|Id$|^no$|designated|Ack|addr/i;

/** Go's netlink gives every TAP an owner and a group, 0 unless told otherwise; the others give none. */
function withoutRoot({ linkInfo }: Link): object {
  const { owner, group, ...data } = (linkInfo?.data ?? {}) as Record<string, unknown>;
  return { ...linkInfo, data: { ...data, ...(owner ? { owner } : {}), ...(group ? { group } : {}) } };
}

/**
 * The links of a namespace by name, when they have settled, as far as whoever did the same work must have left the same.
 */
export async function stateOf(host: Pick<Host, "links">): Promise<State> {
  const links = await settledLinks(host);
  const names = new Map(links.map(({ index, name }) => [index, name]));
  return new Map(
    links.map((link) => [
      link.name,
      {
        ...(lasting({ ...link, linkInfo: withoutRoot(link) }, passing) as object),
        flags: link.flags.filter((flag) => flag !== "running" && flag !== "lowerUp"),
        master: (link.master === undefined ? undefined : names.get(link.master)) ?? "none",
      },
    ]),
  );
}

/** The kernel tells a bridge that a port has no carrier only after a while: a second, at most. */
async function settledLinks(host: Pick<Host, "links">): Promise<Link[]> {
  const portState = ({ linkInfo }: Link): unknown => (linkInfo?.slaveData as { state?: unknown } | undefined)?.state;
  const isSettled = (link: Link): boolean => Boolean(link.carrier) || (portState(link) ?? "disabled") === "disabled";
  const deadline = performance.now() + 5000;
  for (;;) {
    const links = await host.links();
    if (links.every(isSettled) || performance.now() > deadline) return links;
    await sleep(20);
  }
}

/** Drops what is passing, at any depth. */
function lasting(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value) || value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !names.has(key) && !timers.test(key))
      .map(([key, inner]) => [key, lasting(inner, names)]),
  );
}

/** In what a state that was found differs from the one that was expected, in words; undefined when in nothing. */
export function differenceOf(expected: State, found: State): string | undefined {
  for (const name of expected.keys()) if (!found.has(name)) return `${name} is not there`;
  for (const name of found.keys()) if (!expected.has(name)) return `${name} is there`;
  for (const [name, link] of expected) {
    const place = firstDifference(link, found.get(name), name);
    if (place !== undefined) return place;
  }
  return undefined;
}

function firstDifference(expected: unknown, found: unknown, path: string): string | undefined {
  if (!isPlain(expected) || !isPlain(found)) {
    const [wanted, seen] = [expected, found].map((value) => JSON.stringify(value) ?? "nothing");
    return wanted === seen ? undefined : `${path} is ${seen}, not ${wanted}`;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const place = firstDifference(expected[key], found[key], `${path}.${key}`);
    if (place !== undefined) return place;
  }
  return undefined;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
