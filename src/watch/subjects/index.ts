export { fdb } from "./fdb.js";
export { mdb } from "./mdb.js";
export { namespace } from "./namespace.js";
export { neighbour } from "./neighbour.js";
export { nexthop } from "./nexthop.js";
export { route } from "./route.js";
export { rule } from "./rule.js";
export { vlan } from "./vlan.js";
