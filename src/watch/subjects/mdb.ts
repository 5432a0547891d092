import { dumpMulticast, type MulticastEntry, multicastEntriesOf } from "../../rtnetlink/bridge/mdb-requests.js";
import { RTM_DELMDB, RTM_GETMDB, RTM_NEWMDB } from "../../rtnetlink/bridge/mdb.js";
import { message, type SubjectTable } from "../subject.js";

export const mdb: SubjectTable<MulticastEntry> = {
  groups: [26],
  // What is told is laid out as what a dump says, not as what is asked for.
  told: message({ ...RTM_GETMDB, type: RTM_NEWMDB.type, name: RTM_NEWMDB.name }),
  gone: message({ ...RTM_GETMDB, type: RTM_DELMDB.type, name: RTM_DELMDB.name }),
  onLink: false,
  entriesOf: multicastEntriesOf,
  keyOf: ({ master, index, group, vlan, source }) => `${master} ${index} ${group} ${vlan ?? ""} ${source ?? ""}`,
  nameOf: ({ group }) => group,
  linkOf: ({ index }) => index,
  list: async (connection) => (await dumpMulticast(connection)).entries,
  silent: ["timer", "srcList"],
};
