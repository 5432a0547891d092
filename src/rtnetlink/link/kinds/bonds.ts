export { bond } from "./bond.js";
export { bondPort } from "./bond-port.js";
