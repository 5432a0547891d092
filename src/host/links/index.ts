export { setAnywhere } from "./set-link.js";
export { removeLinks } from "./removal.js";
