import { listNexthops, type Nexthop, nexthopOf } from "../../rtnetlink/nexthop/nexthop-requests.js";
import { RTM_DELNEXTHOP, RTM_NEWNEXTHOP } from "../../rtnetlink/nexthop/nexthop.js";
import { message, one, type SubjectTable } from "../subject.js";

export const nexthop: SubjectTable<Nexthop> = {
  groups: [32],
  told: message(RTM_NEWNEXTHOP),
  gone: message(RTM_DELNEXTHOP),
  onLink: false,
  entriesOf: one(nexthopOf),
  keyOf: ({ id }) => id,
  nameOf: ({ id }) => id,
  linkOf: ({ link }) => link,
  list: (connection) => listNexthops(connection, {}),
  silent: ["flags"],
};
