export { defaultSocket, openvswitch, OpenVswitch, OpenVswitchBridge, type OpenVswitchOptions } from "./open-vswitch.js";
export type { BridgeSettings } from "./bridges.js";
export type { MirrorSettings } from "./mirrors.js";
export type { BondSettings, InterfaceSettings, PortOnlySettings, PortSettings } from "./port-columns.js";
export type { BondInterface, NewPort, SwitchedPort } from "./ports.js";
export { type SeenOpenVswitch, seeOpenVswitch } from "./seen.js";
export type { SwitchPortSettings } from "./switch-port.js";
export type { QueueSettings, RateSettings } from "./rates.js";
export type { ShownBridge, ShownInterface, ShownPort } from "./show.js";
