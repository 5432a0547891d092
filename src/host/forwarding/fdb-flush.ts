import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import type { FdbEntry, FdbWords } from "../../rtnetlink/bridge/fdb.js";
import { choosing, deleteFdbEntry, dumpFdb, type FdbChoice, putFdbEntry } from "../../rtnetlink/bridge/fdb-requests.js";
import { inBridge, type FdbLink } from "./fdb-table.js";

function tableOf({ index }: FdbEntry, place: FdbLink): "self" | "master" {
  return index === place.index ? place.table : "master";
}

/** Takes one entry out of a table, a tunnel's with just this far end. */
export function removeEntry(connection: Connection, place: FdbLink, entry: FdbEntry): Promise<void> {
  const { index, address, vlan, dst, port, vni, via, srcVni, nhId } = entry;
  const key = nhId === undefined ? { dst, port, vni, via, srcVni } : { srcVni };
  return deleteFdbEntry(connection, index, address, { ...key, vlan, flags: [tableOf(entry, place)] });
}

const SETTABLE_FLAGS = ["extLearned", "sticky"];

/** Makes an entry of a bridge's table what it was, but for its age. */
async function putBack(connection: Connection, place: FdbLink, entry: FdbEntry): Promise<void> {
  const { index, address, vlan, state, flags, activityNotify } = entry;
  const words = {
    vlan,
    state: state === "stale" ? "dynamic" : state,
    flags: [tableOf(entry, place), ...flags.filter((flag) => SETTABLE_FLAGS.includes(flag))],
    activityNotify: activityNotify as FdbWords["activityNotify"],
  } as const;
  try {
    await putFdbEntry(connection, "replace", index, address, words);
  } catch (error) {
    throw error instanceof NetlinkError
      ? error.with({ hint: "it went with the entry of its MAC without VLAN" })
      : error;
  }
}

/** Throws what requests were refused with, but for the codes that say that there is nothing to do. Gives how many were not. */
async function settled(requests: readonly Promise<void>[], harmless: readonly string[]): Promise<number> {
  const results = await Promise.allSettled(requests);
  for (const result of results)
    if (result.status === "rejected")
      if (!(result.reason instanceof NetlinkError && harmless.includes(result.reason.code))) throw result.reason;
  return results.filter(({ status }) => status === "fulfilled").length;
}

/** Somebody else removed the entry, or its link. */
const GONE = ["ENOENT", "ENODEV"];
/** The port is not in that VLAN any more: its entry was not taken. */
const NOT_TAKEN = ["EINVAL", "ENODEV"];

/**
 * Removes the entries of a choice one after the other, and gives how many there were. A bridge removes with an entry without
 * VLAN those of the same MAC in every VLAN of the port (net/bridge/br_fdb.c): those that are not meant are put back in the
 * same message.
 */
export async function removeEach(connection: Connection, place: FdbLink, choice: FdbChoice): Promise<number> {
  const where = place.kind === "bridge" ? { bridge: place.index } : { index: place.index };
  const all = (await dumpFdb(connection, where)).filter((entry) => (entry.master !== undefined) === inBridge(place));
  const meant = all.filter(choosing(choice));
  const plain = inBridge(place) ? meant.filter(({ vlan }) => vlan === undefined) : [];
  const takers = new Set(plain.map(({ index, address }) => `${index} ${address}`));
  const taken = all.filter((entry) => !meant.includes(entry) && takers.has(`${entry.index} ${entry.address}`));
  const inOrder = [...meant.filter((entry) => !plain.includes(entry)), ...plain];
  const removals = inOrder.map((entry) => removeEntry(connection, place, entry));
  const returns = taken.map((entry) => putBack(connection, place, entry));
  const [removed] = await Promise.all([settled(removals, GONE), settled(returns, NOT_TAKEN)]);
  return removed;
}
