import type { FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import type { Neighbour, NeighbourSettings } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { FdbDeclaration, NeighbourEntry, ReadLink, Some } from "../declaration/declaration.js";
import { call, type Operation } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { type Difference, type Step, step } from "./step.js";
import { except } from "../../base/except.js";

type Values = Readonly<Record<string, unknown>>;

/** Entries of a list that a link has: neighbours, or those of its forwarding table. */
interface Sort<Entry, Found> {
  readonly subject: "neighbour" | "fdb";
  entriesOf(link: ReadLink): Some<Entry> | undefined;
  foundOn(index: number, picture: Picture): readonly Found[];
  keyOf(entry: Entry): string;
  keyOfFound(found: Found): string;
  isKernelMade(found: Found): boolean;
  differences(entry: Entry, found: Found): Difference[];
  put(link: string, entry: Entry): Operation;
  remove(link: string, entry: Entry): Operation;
  former(found: Found): Entry;
}

type Listed = { readonly address: string; readonly absent?: true | undefined };

function compare<E extends Listed, F>(
  sort: Sort<E, F>,
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
): Step[] {
  const { subject } = sort;
  const removal = (name: string, found: F, reason: string): Step => {
    const former = sort.former(found);
    return step("withdraw", {
      action: "remove",
      subject,
      name: `${former.address} on ${name}`,
      reason,
      do: [sort.remove(name, former)],
      undo: [sort.put(name, former)],
    });
  };
  return Object.entries(links).flatMap(([name, link]) => {
    const wanted = sort.entriesOf(link);
    if (wanted === undefined) return [];
    const index = picture.links.get(name)?.index;
    const found = index === undefined ? [] : sort.foundOn(index, picture);
    const byKey = new Map(found.map((each) => [sort.keyOfFound(each), each]));
    const meant = new Set(wanted.entries.map(sort.keyOf));
    const steps: Step[] = [];
    for (const entry of wanted.entries) {
      const present = byKey.get(sort.keyOf(entry));
      const about = { subject, name: `${entry.address} on ${name}` };
      if (entry.absent === true) {
        if (present !== undefined) steps.push(removal(name, present, "it is not to be there"));
      } else if (present === undefined)
        steps.push(
          step(subject === "fdb" ? "fdb" : "neighbours", {
            ...about,
            action: "add",
            reason: `${name} has no such entry`,
            do: [sort.put(name, entry)],
            undo: [sort.remove(name, entry)],
          }),
        );
      else {
        const differences = sort.differences(entry, present);
        if (differences.length > 0)
          steps.push(
            step(subject === "fdb" ? "fdb" : "neighbours", {
              ...about,
              action: "change",
              reason: `${differences.map(({ property }) => property).join(", ")} differ`,
              differences,
              do: [sort.put(name, entry)],
              undo: [sort.put(name, sort.former(present))],
            }),
          );
      }
    }
    if (wanted.only)
      for (const each of found)
        if (!meant.has(sort.keyOfFound(each)) && !sort.isKernelMade(each))
          steps.push(removal(name, each, `only other entries are declared for ${name}`));
    return steps;
  });
}

function differing(wanted: Values, found: Values, properties: readonly string[]): Difference[] {
  return properties
    .filter((property) => wanted[property] !== undefined)
    .filter((property) => JSON.stringify(wanted[property]) !== JSON.stringify(found[property]))
    .map((property) => ({ property, wanted: wanted[property], found: found[property] }));
}

const LASTING: readonly unknown[] = ["permanent", "noarp"];

/** A neighbour as it can be given again. */
export function neighbourSettings({ lladdr, state, flags, protocol }: Neighbour): NeighbourSettings & { proxy?: true } {
  const proxy = flags.includes("proxy");
  const others = flags.filter((flag) => flag !== "proxy");
  return {
    ...(proxy ? { proxy } : { lladdr, state }),
    ...(others.length === 0 ? {} : { flags: others }),
    ...(protocol === undefined || protocol === "unspec" ? {} : { protocol }),
  };
}

const neighbours: Sort<NeighbourEntry, Neighbour> = {
  subject: "neighbour",
  entriesOf: (link) => link.neighbours,
  foundOn: (index, picture) =>
    picture.neighbours.filter(
      ({ link, state, flags }) => link === index && (LASTING.includes(state) || flags.includes("proxy")),
    ),
  keyOf: ({ address, proxy = false }) => `${address} ${proxy}`,
  keyOfFound: ({ address, flags }) => `${address} ${flags.includes("proxy")}`,
  isKernelMade: ({ state }) => state === "noarp",
  differences: (wanted, found) =>
    differing(
      {
        ...wanted,
        state: wanted.proxy === true ? undefined : (wanted.state ?? "permanent"),
        lladdr: wanted.lladdr?.toLowerCase(),
      },
      { ...found },
      ["lladdr", "state", "protocol"],
    ),
  put: (link, entry) => call("neighbours.replace", link, entry.address, except(entry, "address", "absent")),
  remove: (link, { address, proxy }) => call("neighbours.remove", link, address, proxy === true ? { proxy } : {}),
  former: (found) => ({ address: found.address, ...neighbourSettings(found) }),
};

/** What tells an entry of a forwarding table from others of its MAC. */
function placeOf({ vlan, dst, vni, srcVni }: Pick<FdbDeclaration, "vlan" | "dst" | "vni" | "srcVni">): object {
  return {
    ...(vlan ? { vlan } : {}),
    ...(dst === undefined ? {} : { dst }),
    ...(vni === undefined ? {} : { vni }),
    ...(srcVni === undefined ? {} : { srcVni }),
  };
}

function fdbSettings({ vlan, state, flags, dst, port, vni, srcVni }: FdbEntry): Omit<FdbDeclaration, "address"> {
  const said = flags.filter((flag) => ["self", "sticky", "extLearned"].includes(flag));
  return {
    ...placeOf({ vlan, dst, vni, srcVni }),
    ...(state === "stale" ? {} : { state }),
    ...(said.length === 0 ? {} : { flags: said }),
    ...(port === undefined ? {} : { port }),
  };
}

/** Several far ends of one MAC are added one by one. */
const ANY = "00:00:00:00:00:00";

const forwarding: Sort<FdbDeclaration, FdbEntry> = {
  subject: "fdb",
  entriesOf: (link) => link.fdb,
  foundOn: (index, { fdb }) => fdb.filter((entry) => entry.index === index && !entry.local),
  keyOf: (entry) => JSON.stringify([entry.address.toLowerCase(), placeOf(entry)]),
  keyOfFound: ({ address, ...entry }) => JSON.stringify([address, placeOf(entry)]),
  // A device's own filters are no entries of anybody's.
  isKernelMade: ({ master, dst, flags }) => master === undefined && dst === undefined && flags.includes("self"),
  differences: (wanted, found) => differing({ ...wanted }, { ...found }, ["state", "port"]),
  put: (link, entry) =>
    call(
      entry.address === ANY && entry.dst !== undefined ? "fdb.append" : "fdb.replace",
      link,
      entry.address,
      except(entry, "address", "absent"),
    ),
  remove: (link, entry) =>
    call("fdb.remove", link, entry.address, {
      ...placeOf(entry),
      ...(entry.flags === undefined
        ? {}
        : { flags: entry.flags.filter((flag) => flag === "self" || flag === "master") }),
    }),
  former: (found) => ({ address: found.address, ...fdbSettings(found) }),
};

/** The neighbours of links: those that somebody set. */
export function compareNeighbours(links: Readonly<Record<string, ReadLink>>, picture: Picture): Step[] {
  return compare(neighbours, links, picture);
}

/** The entries of links in forwarding tables: those that somebody set. */
export function compareFdb(links: Readonly<Record<string, ReadLink>>, picture: Picture): Step[] {
  return compare(forwarding, links, picture);
}

export function captureNeighbours(index: number, picture: Picture): NeighbourEntry[] {
  return neighbours
    .foundOn(index, picture)
    .filter((each) => !neighbours.isKernelMade(each))
    .map(neighbours.former);
}

/** Puts neighbours there that are not. */
export function neighboursBack(link: string, entries: readonly NeighbourEntry[]): Operation[] {
  return entries.map((entry) => neighbours.put(link, entry));
}

/** What a link is to have of neighbours, of those that it has. */
export function lastingNeighbours(wanted: ReadLink, index: number, picture: Picture): NeighbourEntry[] {
  const said = new Set((wanted.neighbours?.entries ?? []).map(neighbours.keyOf));
  const found = captureNeighbours(index, picture);
  const unsaid = wanted.neighbours?.only === true ? [] : found.filter((each) => !said.has(neighbours.keyOf(each)));
  return [...unsaid, ...(wanted.neighbours?.entries ?? []).filter(({ absent }) => absent !== true)];
}

export function captureFdb(index: number, picture: Picture): FdbDeclaration[] {
  return forwarding
    .foundOn(index, picture)
    .filter((each) => !forwarding.isKernelMade(each))
    .map(forwarding.former);
}
