export { findCause } from "./causes.js";
export { explain } from "./hints.js";
