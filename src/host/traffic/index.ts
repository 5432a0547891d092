export { classesOf } from "./classes.js";
export { filtersOf } from "./filters.js";
export { qdiscsOf } from "./qdiscs.js";
export { limitOf, limitPort } from "./rate-limit.js";
