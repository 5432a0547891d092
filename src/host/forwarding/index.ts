export { fdbTablesOf } from "./fdb.js";
export { multicastTablesOf } from "./mdb.js";
