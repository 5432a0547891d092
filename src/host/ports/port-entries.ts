import { together } from "../../base/together.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Connection } from "../../netlink/connection.js";
import type { FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import { unless } from "../../netlink/recording.js";
import { dumpFdb, putFdbEntry } from "../../rtnetlink/bridge/fdb-requests.js";
import { changeMulticast, dumpMulticast, type MulticastEntry } from "../../rtnetlink/bridge/mdb-requests.js";

/** What somebody put into the tables of a port's bridge for the port, which goes when the port leaves it. */
export interface PortEntries {
  readonly fdb: readonly FdbEntry[];
  readonly mdb: readonly MulticastEntry[];
}

interface Port {
  readonly index: number;
  readonly master: number;
}

async function multicastOf(connection: Connection, port: Port): Promise<MulticastEntry[]> {
  try {
    const { entries } = await dumpMulticast(connection);
    return entries.filter((each) => each.index === port.index && each.master === port.master);
  } catch (error) {
    // A kernel without CONFIG_BRIDGE_IGMP_SNOOPING has no such table.
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  }
}

/** Whether somebody put an entry there. What was learned is learned again. */
function isPut({ state, flags }: FdbEntry): boolean {
  return state === "static" || state === "permanent" || flags.includes("sticky") || flags.includes("extLearned");
}

/** The entries of a bridge's port; those for its own MAC, which the kernel makes, among them. */
export async function entriesOfPort(connection: Connection, port: Port): Promise<PortEntries> {
  const [fdb, mdb] = await together([dumpFdb(connection, { index: port.index }), multicastOf(connection, port)]);
  return {
    fdb: fdb.filter((each) => each.master === port.master && isPut(each)),
    mdb: mdb.filter(({ state }) => state === "permanent"),
  };
}

/** Puts those back that are not there. */
export async function addEntriesBack(connection: Connection, port: Port, { fdb, mdb }: PortEntries): Promise<void> {
  const present = await entriesOfPort(connection, port);
  for (const { address, vlan, state, flags, protocol } of fdb) {
    if (present.fdb.some((each) => each.address === address && each.vlan === vlan)) continue;
    const kept = flags.filter((flag) => flag === "sticky" || flag === "extLearned");
    const words = { vlan, state: state === "stale" ? "dynamic" : state, protocol, flags: ["master", ...kept] } as const;
    await putFdbEntry(connection, "replace", port.index, address, words);
  }
  for (const { group, vlan, source, groupMode, srcList = [] } of mdb) {
    if (present.mdb.some((each) => each.group === group && each.vlan === vlan && each.source === source)) continue;
    const sources = srcList.flatMap(({ address }) => address ?? []);
    const extended = sources.length > 0 ? { groupMode, srcList: sources } : {};
    // With the sources of a group come entries of their own.
    await changeMulticast(unless(connection, ["EEXIST"]), "add", port, group, {
      vlan,
      source,
      state: "permanent",
      ...extended,
    });
  }
}
