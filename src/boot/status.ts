import type { Host } from "../host/host.js";
import { plan } from "../topology/plan/plan.js";
import { namesOf } from "./boot.js";
import { type Enabled, enabledIn, type SystemOptions } from "./enabled.js";
import { possibleOf } from "./possible.js";

/** How an enabled declaration and the host stand to each other. */
export interface EnabledStatus extends Pick<Enabled, "name" | "file" | "keep"> {
  /** "waiting": for links that are not there; "unreadable": its file is no declaration, or is not to be trusted. */
  readonly state: "applied" | "drifted" | "waiting" | "unreadable";
  /** How many steps would make it as it is declared, so far as the links are there. */
  readonly steps: number;
  readonly missing: readonly string[];
  readonly problem?: string;
}

/** Whether the host is as each enabled declaration says. */
export async function statusOf(host: Host, options: SystemOptions = {}): Promise<EnabledStatus[]> {
  const there = await namesOf(host);
  const all: EnabledStatus[] = [];
  for (const { name, file, keep, declaration, problem } of enabledIn(options)) {
    const about = { name, file, keep };
    if (declaration === undefined) {
      all.push({ ...about, state: "unreadable", steps: 0, missing: [], problem: problem! });
      continue;
    }
    const { declaration: part, missing } = possibleOf(declaration, there);
    const { steps } = await plan(host, part);
    const state = missing.length > 0 ? "waiting" : steps.length > 0 ? "drifted" : "applied";
    all.push({ ...about, state, steps: steps.length, missing });
  }
  return all;
}
