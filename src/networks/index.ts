export type { NetworkDefinition, NetworkDhcp, NetworkMode, PortForward } from "./definition.js";
export type { NetworkFolders } from "./files.js";
export type { ForeignDrop } from "./firewall.js";
export { type NetworkInfo, type Networks, networks } from "./networks.js";
export { type GuardedPort, guardedPorts, guardPort, releasePort } from "./port-guard.js";
export type { GuestTap, GuestTapOptions } from "./guest-ports.js";
export { networkLeases } from "./leases.js";
export { type NetworkPort, networkPorts } from "./ports.js";
export { type NetworkService, serveNetwork, type ServeOptions } from "./serve.js";
