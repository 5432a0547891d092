import type { Connection } from "../../netlink/connection.js";
import { checkList } from "../../base/input.js";
import { NLM_F_APPEND, NLM_F_BULK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { AF_BRIDGE } from "../protocol/families.js";
import {
  checkState,
  entryOf,
  type FdbEntry,
  type FdbFlag,
  fdbMessage,
  type FdbState,
  type FdbWords,
  type TunnelEnd,
} from "./fdb.js";
import { neighbourKey } from "../neighbour/neighbour-requests.js";
import { only } from "../link/link-requests.js";
import {
  type NeighbourHeader,
  type NeighbourValues,
  RTM_DELNEIGH,
  RTM_GETNEIGH,
  RTM_NEWNEIGH,
} from "../neighbour/neighbour.js";

/** Which entries, of those that a dump gives. */
export interface FdbChoice extends TunnelEnd {
  /** Entries for this MAC. */
  readonly address?: string | undefined;
  readonly vlan?: number | undefined;
  /** One state or several; "dynamic" has "stale" in it. */
  readonly state?: FdbState | readonly FdbState[] | undefined;
  /** Entries that have all of these. */
  readonly flags?: readonly FdbFlag[] | undefined;
  /** Index of the link that leads to a tunnel's far end. */
  readonly via?: number | undefined;
}

const LISTED: readonly FdbState[] = ["permanent", "static", "dynamic", "stale"];

/** The states that are meant by a choice. */
export function statesOf(state: FdbChoice["state"]): readonly FdbState[] {
  const states = state === undefined ? [] : typeof state === "string" ? [state] : state;
  checkList(states, "state");
  for (const each of states) checkState(each, LISTED);
  return states.includes("dynamic") ? [...states, "stale"] : states;
}

/** Says of entries whether they are among those that are meant. */
export function choosing({ address, state, flags = [], ...rest }: FdbChoice): (entry: FdbEntry) => boolean {
  const states = statesOf(state);
  const mac = address?.toLowerCase();
  const given = (Object.entries(rest) as [keyof typeof rest, unknown][]).filter(([, value]) => value !== undefined);
  return (entry) =>
    (mac === undefined || entry.address === mac) &&
    (states.length === 0 || states.includes(entry.state)) &&
    flags.every((flag) => entry.flags.includes(flag)) &&
    given.every(([name, value]) => entry[name] === value);
}

/** Entries of a bridge with its ports, of one link, or of all; the kernel leaves the others out. */
export async function dumpFdb(
  connection: Connection,
  { bridge, index }: { bridge?: number | undefined; index?: number | undefined },
): Promise<FdbEntry[]> {
  const header = { family: AF_BRIDGE, index: index ?? 0 };
  const replies = await connection.dump(
    RTM_GETNEIGH,
    { header, attributes: { master: bridge } },
    { identity: neighbourKey },
  );
  const entries: FdbEntry[] = [];
  // A kernel before 5.0 does not filter by the link.
  for (const reply of replies) if (index === undefined || reply.header.index === index) entries.push(entryOf(reply));
  return entries;
}

/** One entry, from the table of a bridge, or from that which a link's flags name. */
export async function getFdbEntry(
  connection: Connection,
  table: { readonly bridge: number } | { readonly index: number; readonly flags: readonly FdbFlag[] },
  address: string,
  { vlan, srcVni }: { readonly vlan?: number | undefined; readonly srcVni?: number | undefined },
): Promise<FdbEntry> {
  const place =
    "bridge" in table
      ? { header: {}, attributes: { master: table.bridge } }
      : fdbMessage(table.index, undefined, { flags: table.flags });
  const header = { ...place.header, family: AF_BRIDGE };
  const attributes = { ...place.attributes, lladdr: address, vlan, vni: srcVni };
  const replies = await connection.request(RTM_GETNEIGH, { header, attributes }, { subject: address });
  return entryOf(only(replies, address));
}

const CREATION = {
  /** EEXIST when it is there already. */
  add: NLM_F_CREATE | NLM_F_EXCL,
  /** Whether it is there or not. */
  replace: NLM_F_CREATE | NLM_F_REPLACE,
  /** One more far end for the same MAC. */
  append: NLM_F_CREATE | NLM_F_APPEND,
} as const;

/** How an entry is put into a table. */
export type Creation = keyof typeof CREATION;

/** Puts an entry into a table. */
export async function putFdbEntry(
  connection: Connection,
  how: Creation,
  index: number,
  address: string,
  words: FdbWords,
): Promise<void> {
  const content = fdbMessage(index, address, words);
  await connection.request(RTM_NEWNEIGH, { ...content, flags: CREATION[how] }, { subject: address });
}

/** Takes an entry out of a table. */
export async function deleteFdbEntry(
  connection: Connection,
  index: number,
  address: string,
  words: FdbWords,
): Promise<void> {
  // A device's own table wants to hear that the entry is permanent: no other can be in it.
  const content = fdbMessage(index, address, { ...words, state: "permanent" });
  await connection.request(RTM_DELNEIGH, content, { subject: address });
}

interface StateTest {
  readonly state: NeighbourHeader["state"];
  readonly mask: NeighbourValues["ndmStateMask"];
}

/** What the kernel compares to find entries of these states: one message for each. */
export function stateTests(states: readonly FdbState[]): StateTest[] {
  const [permanent, fixed, dynamic] = (["permanent", "static", "dynamic"] as const).map((each) =>
    states.includes(each),
  );
  if (permanent && fixed && dynamic) return [{ state: [], mask: undefined }];
  const tests: StateTest[] = permanent ? [{ state: ["permanent"], mask: ["permanent"] }] : [];
  if (fixed && dynamic) tests.push({ state: [], mask: ["permanent"] });
  else if (fixed) tests.push({ state: ["noarp"], mask: ["noarp", "permanent"] });
  else if (dynamic) tests.push({ state: [], mask: ["noarp", "permanent"] });
  return tests;
}

/** Deletes many entries with a message or two (NLM_F_BULK, Linux 6.0; a VXLAN's, 6.7). */
export async function deleteFdbEntries(
  connection: Connection,
  index: number,
  table: "self" | "master",
  subject: string,
  { state, flags = [], ...rest }: Omit<FdbChoice, "address">,
): Promise<void> {
  const place = fdbMessage(index, undefined, { ...rest, flags: [table, ...flags] });
  const ndmFlagsMask = flags.length === 0 ? undefined : (flags as NeighbourHeader["flags"]);
  const requests = stateTests(statesOf(state)).map(({ state: wanted, mask }) =>
    connection.request(
      RTM_DELNEIGH,
      {
        flags: NLM_F_BULK,
        header: { ...place.header, state: wanted },
        attributes: { ...place.attributes, ndmStateMask: mask, ndmFlagsMask },
      },
      { subject },
    ),
  );
  await Promise.all(requests);
}
