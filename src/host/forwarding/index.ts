export { forwardingTablesOf } from "./fdb.js";
export { multicastTablesOf } from "./mdb.js";
