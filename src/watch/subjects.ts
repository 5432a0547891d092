import { once } from "../base/once.js";
import type { Subject, SubjectTable, Watched } from "./subject.js";
import { link } from "./subjects/link.js";

/** Who watches a few subjects does not load the others. */
const late = {
  address: once(() => require("./subjects/address.js") as typeof import("./subjects/address.js")),
  route: once(() => require("./subjects/route.js") as typeof import("./subjects/route.js")),
  rule: once(() => require("./subjects/rule.js") as typeof import("./subjects/rule.js")),
  neighbour: once(() => require("./subjects/neighbour.js") as typeof import("./subjects/neighbour.js")),
  fdb: once(() => require("./subjects/fdb.js") as typeof import("./subjects/fdb.js")),
  mdb: once(() => require("./subjects/mdb.js") as typeof import("./subjects/mdb.js")),
  vlan: once(() => require("./subjects/vlan.js") as typeof import("./subjects/vlan.js")),
  nexthop: once(() => require("./subjects/nexthop.js") as typeof import("./subjects/nexthop.js")),
  namespace: once(() => require("./subjects/namespace.js") as typeof import("./subjects/namespace.js")),
};

/** How the kernel tells of each subject. */
export const subjects: { readonly [S in Subject]: SubjectTable<Watched[S]> } = {
  link,
  get address() {
    return late.address().address;
  },
  get route() {
    return late.route().route;
  },
  get rule() {
    return late.rule().rule;
  },
  get neighbour() {
    return late.neighbour().neighbour;
  },
  get fdb() {
    return late.fdb().fdb;
  },
  get mdb() {
    return late.mdb().mdb;
  },
  get vlan() {
    return late.vlan().vlan;
  },
  get nexthop() {
    return late.nexthop().nexthop;
  },
  get namespace() {
    return late.namespace().namespace;
  },
};

export const allSubjects = Object.keys(subjects) as Subject[];

/** A subject's table, for entries of whatever subject: whoever has an entry has its subject, too. */
export function tableOf(subject: Subject): SubjectTable<Watched[Subject]> {
  return subjects[subject];
}
