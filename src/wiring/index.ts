export { dotOf } from "./dot.js";
export { livePage, type LivePageOptions } from "./live-page.js";
export { mermaidOf } from "./mermaid.js";
export { metricsOf } from "./metrics.js";
export { type PageOptions, pageOf } from "./page.js";
export { svgOf } from "./svg.js";
export { type Branch, treeOf } from "./tree.js";
export { type Traffic, type Wiring, wiringOf, type WiringOptions } from "./wiring.js";
export { detailsOf, stateOf, whatIs } from "./link-text.js";
