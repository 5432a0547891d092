import type { Message } from "../../netlink/message.js";
import { entryOf, type FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import { dumpFdb } from "../../rtnetlink/bridge/fdb-requests.js";
import {
  type NeighbourHeader,
  type NeighbourValues,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from "../../rtnetlink/neighbour/neighbour.js";
import { AF_BRIDGE } from "../../rtnetlink/protocol/families.js";
import { message, one, type SubjectTable, which } from "../subject.js";

const FDB_KEY = ["index", "vlan", "dst", "vni", "srcVni", "port", "via"] as const;

/** Whether entries of a table are told of: a device's own list of addresses is not. */
function isTold({ master, dst, nhId }: FdbEntry): boolean {
  return master !== undefined || dst !== undefined || nhId !== undefined;
}

export const fdb: SubjectTable<FdbEntry> = {
  groups: [3],
  told: message(RTM_NEWNEIGH),
  gone: message(RTM_DELNEIGH),
  onLink: true,
  entriesOf: one((message: Message<NeighbourHeader, NeighbourValues>) =>
    message.header.family === AF_BRIDGE ? which(entryOf(message), isTold) : undefined,
  ),
  keyOf: (entry) =>
    entry.master !== undefined
      ? `${entry.master} ${entry.address} ${entry.vlan ?? ""}`
      : `self ${entry.address} ${FDB_KEY.map((name) => entry[name] ?? "").join(" ")}`,
  nameOf: ({ address }) => address,
  linkOf: ({ index }) => index,
  list: async (connection) => (await dumpFdb(connection, {})).filter(isTold),
  silent: ["used", "updated"],
};
