export { addTap } from "./add-tap.js";
export { openTap } from "./tap.js";
