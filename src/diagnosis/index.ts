export { diagnose, type DiagnosisOptions } from "./diagnose.js";
export type { Check, Finding, Severity } from "./check.js";
export { checks } from "./checks/index.js";
export { followPath, type Hop, type Path, type PathOptions } from "./path/follow-path.js";
