/**
 * Whose code an import of the package does not load: each is loaded by its first use, at once, and kept by Node. What could
 * not be read, such as for want of descriptors, is tried again by the next use.
 */
export const late = {
  forwarding: () => require("./forwarding/index.js") as typeof import("./forwarding/index.js"),
  functions: () => require("./functions/virtual-functions.js") as typeof import("./functions/virtual-functions.js"),
  hints: () => require("./hints/hints.js") as typeof import("./hints/hints.js"),
  join: () => require("./ports/join.js") as typeof import("./ports/join.js"),
  links: () => require("./links/index.js") as typeof import("./links/index.js"),
  netfilter: () => require("./netfilter.js") as typeof import("./netfilter.js"),
  replay: () => require("./replay.js") as typeof import("./replay.js"),
  macvtap: () => require("./taps/macvtap.js") as typeof import("./taps/macvtap.js"),
  ports: () => require("./ports/index.js") as typeof import("./ports/index.js"),
  request: () => require("./raw-request.js") as typeof import("./raw-request.js"),
  routing: () => require("./routing/index.js") as typeof import("./routing/index.js"),
  traffic: () => require("./traffic/index.js") as typeof import("./traffic/index.js"),
  watch: () => require("../watch/index.js") as typeof import("../watch/index.js"),
};
