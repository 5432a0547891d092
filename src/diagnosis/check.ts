import type { Observation } from "./observation.js";

/** "error": traffic is lost; "warning": it will be, or some of it is; "note": worth knowing, and wrong only where something else was meant. */
export type Severity = "error" | "warning" | "note";

/** What is found of one thing. */
export interface Found {
  /** The links that it is about, by name; none for what concerns the whole host. */
  readonly links?: readonly string[] | undefined;
  /** What is wrong, in one sentence. */
  readonly summary: string;
  /** What was seen that says so. */
  readonly evidence: readonly string[];
  /** What to do here, where that is more than the check's own remedy. */
  readonly remedy?: string | undefined;
  /** Where it is more or less than the check's own. */
  readonly severity?: Severity | undefined;
}

/** A fault that the doctor knows: what people notice of it, why it is so, what to do, and how it is found. */
export interface Check {
  /** What programs know it by, such as "port-blocked". */
  readonly code: string;
  readonly severity: Severity;
  /** What people notice. */
  readonly symptom: string;
  readonly cause: string;
  readonly remedy: string;
  /** What is found, with its evidence; nothing on a host that is right. */
  readonly find: (observation: Observation) => readonly Found[] | Promise<readonly Found[]>;
}

/** A fault that was found. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly links: readonly string[];
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
}
