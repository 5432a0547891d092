/**
 * What a namespace has beside its links, and the messages for it all: loaded with the first host, for an import is paid by
 * every program that embeds the package, and this is the larger half of it.
 */
export { messageTypes } from "../rtnetlink/messages.js";
export { addBond, setBond } from "./bonds.js";
export { bondState } from "./bond-state.js";
export { bridgeVlansOf } from "./bridge-vlans.js";
export { classesOf } from "./classes.js";
export { forwardingTablesOf } from "./fdb.js";
export { filtersOf } from "./filters.js";
export { openMacvtap } from "./macvtap.js";
export { multicastTablesOf } from "./mdb.js";
export { neighboursOf } from "./neighbours.js";
export { nexthopsOf } from "./nexthops.js";
export { qdiscsOf } from "./qdiscs.js";
export { tapForQemu } from "./qemu-tap.js";
export { limitOf, limitPort } from "./rate-limit.js";
export { sendRequest } from "./request.js";
export { routesOf } from "./routes.js";
export { rulesOf } from "./rules.js";
export { readSpanningTree } from "./spanning-tree.js";
export { virtualFunctionsOf } from "./virtual-functions.js";
