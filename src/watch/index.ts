export { watch } from "./watch.js";
export { mirror } from "./mirror.js";
