export { dotOf } from "./dot.js";
export { mermaidOf } from "./mermaid.js";
export { type PageOptions, pageOf } from "./page.js";
export { svgOf } from "./svg.js";
export { type Branch, treeOf } from "./tree.js";
export { type Traffic, type Wiring, wiringOf, type WiringOptions } from "./wiring.js";
export { detailsOf, stateOf, whatIs } from "./words.js";
