export { addAddress, listAddresses, removeAddress, replaceAddress } from "./addresses.js";
export { neighboursOf } from "./neighbours.js";
export { nexthopsOf } from "./nexthops.js";
export { routesOf } from "./routes.js";
export { rulesOf } from "./rules.js";
