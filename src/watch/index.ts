export { counters, rates } from "./rates.js";
export { history } from "./history.js";
export { mirror } from "./mirror.js";
export { waitFor } from "./wait-for.js";
export { watch } from "./watch.js";
