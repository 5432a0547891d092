export { addAddress, listAddresses, removeAddress, replaceAddress } from "../../rtnetlink/address/address-requests.js";
export { neighboursOf } from "./neighbours.js";
export { nexthopsOf } from "./nexthops.js";
export { routesOf } from "./routes.js";
export { rulesOf } from "./rules.js";
