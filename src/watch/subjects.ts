import { once } from "../base/once.js";
import type { Subject, SubjectTable, Watched } from "./subject.js";
import { link } from "./subjects/link.js";

/** Most programs watch links, and perhaps addresses: those do not load the others. */
const addresses = once(() => require("./subjects/address.js") as typeof import("./subjects/address.js"));
const others = once(() => require("./subjects/index.js") as typeof import("./subjects/index.js"));

/** How the kernel tells of each subject. */
export const subjects: { readonly [S in Subject]: SubjectTable<Watched[S]> } = {
  link,
  get address() {
    return addresses().address;
  },
  get route() {
    return others().route;
  },
  get rule() {
    return others().rule;
  },
  get neighbour() {
    return others().neighbour;
  },
  get fdb() {
    return others().fdb;
  },
  get mdb() {
    return others().mdb;
  },
  get vlan() {
    return others().vlan;
  },
  get nexthop() {
    return others().nexthop;
  },
  get namespace() {
    return others().namespace;
  },
};

export const allSubjects = Object.keys(subjects) as Subject[];

/** A subject's table, for entries of whatever subject: whoever has an entry has its subject, too. */
export function tableOf(subject: Subject): SubjectTable<Watched[Subject]> {
  return subjects[subject];
}
