import { once } from "../base/once.js";

/** What is loaded by its first use, at once: an import of the package pays for a host and the protocol alone. */
export const late = {
  attach: once(() => require("./ports/attach.js") as typeof import("./ports/attach.js")),
  forwarding: once(() => require("./forwarding/index.js") as typeof import("./forwarding/index.js")),
  frames: once(() => require("../kernel/frame-socket.js") as typeof import("../kernel/frame-socket.js")),
  functions: once(
    () => require("./functions/virtual-functions.js") as typeof import("./functions/virtual-functions.js"),
  ),
  journal: once(() => require("./work/journal.js") as typeof import("./work/journal.js")),
  links: once(() => require("./links/index.js") as typeof import("./links/index.js")),
  macvtap: once(() => require("./taps/macvtap.js") as typeof import("./taps/macvtap.js")),
  netfilter: once(() => require("./netfilter.js") as typeof import("./netfilter.js")),
  newLinks: once(() => require("./links/add-link.js") as typeof import("./links/add-link.js")),
  ports: once(() => require("./ports/index.js") as typeof import("./ports/index.js")),
  qemu: once(() => require("./taps/qemu-tap.js") as typeof import("./taps/qemu-tap.js")),
  recording: once(() => require("../netlink/recording.js") as typeof import("../netlink/recording.js")),
  replay: once(() => require("./replay.js") as typeof import("./replay.js")),
  request: once(() => require("./raw-request.js") as typeof import("./raw-request.js")),
  routing: once(() => require("./routing/index.js") as typeof import("./routing/index.js")),
  internet: once(() => require("../kernel/internet-socket.js") as typeof import("../kernel/internet-socket.js")),
  sockets: once(() => require("../kernel/unix-socket.js") as typeof import("../kernel/unix-socket.js")),
  sysctl: once(() => require("../kernel/sysctl.js") as typeof import("../kernel/sysctl.js")),
  taps: once(() => require("./taps/index.js") as typeof import("./taps/index.js")),
  traffic: once(() => require("./traffic/index.js") as typeof import("./traffic/index.js")),
  watch: once(() => require("../watch/index.js") as typeof import("../watch/index.js")),
};
