export { diagnose, type DiagnosisOptions } from "./diagnose.js";
export type { Check, Finding, Severity } from "./check.js";
export { checks } from "./checks/index.js";
export { followPath, type Hop, type Path, type PathOptions } from "./path/follow-path.js";
export { probePath, type Probe, type ProbeOptions } from "./path/probe.js";
export { type DropMonitor, monitorDrops, type PacketDrop } from "../genetlink/drop-monitor.js";
