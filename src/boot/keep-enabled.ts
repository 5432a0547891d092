import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cancellation, eitherOf, onAbort } from "../base/signal.js";
import type { Host } from "../host/host.js";
import { apply } from "../topology/apply/apply.js";
import type { ReadDeclaration } from "../topology/declaration/declaration.js";
import { drift } from "../topology/drift.js";
import { describeStep } from "../topology/plan/plan.js";
import { namesOf, oneThere } from "./boot.js";
import { enabledFolder, enabledIn, type SystemOptions, togetherOf } from "./enabled.js";
import { possibleOf } from "./possible.js";

/** What happens while a host is kept as it is declared. `times` counts, and only each doubling of it is told. */
export type KeepEvent =
  | { readonly event: "repaired"; readonly steps: readonly string[]; readonly times: number }
  | { readonly event: "notRepaired"; readonly reason: string; readonly times: number };

export interface KeepOptions extends SystemOptions, Cancellation {
  /** Where the plan is kept while it is under way; /run/linkwright/topology unless given. */
  readonly journal?: string | undefined;
  readonly report?: ((event: KeepEvent) => void) | undefined;
  /** The least and the most that a repair waits after another, milliseconds; 1,000 and 60,000 unless given. */
  readonly delays?: readonly [number, number] | undefined;
}

const DELAYS = [1000, 60_000] as const;

/** How long the next repair waits, and whether it is told of: the first at once, each further one twice as long as the one before. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt, at a moment. */
  next(now: number): number;
  /** Counts an attempt; the count when it is one, two, four, eight … of a row, else undefined. */
  count(now: number): number | undefined;
}

/** A back-off that is forgotten when nothing was to be repaired for as long as it waits at most. */
export function backoff([least, most]: readonly [number, number] = DELAYS): Backoff {
  let times = 0;
  let last = -Infinity;
  return {
    next(now) {
      if (now - last > most) times = 0;
      return times === 0 ? 0 : Math.max(0, Math.min(least * 2 ** (times - 1), most) - (now - last));
    },
    count(now) {
      times++;
      last = now;
      return Number.isInteger(Math.log2(times)) ? times : undefined;
    },
  };
}

/** Calls back when what is enabled, or the folder of it, becomes something else; what is returned ends that. */
function onEnabledChange(options: SystemOptions, tell: () => void): () => void {
  let folder = enabledFolder(options);
  while (!existsSync(folder)) folder = dirname(folder);
  const watcher = watch(folder, tell);
  return () => {
    watcher.close();
  };
}

/** Something to do something about: a declaration of nothing is none. */
function says({ links, nexthops, routes, rules, sysctls, namespaces = {} }: ReadDeclaration): boolean {
  const lists = [nexthops, routes, rules];
  const named = [links, sysctls, namespaces].map((each) => Object.keys(each));
  return (
    lists.some(({ only }) => only) || [...named, ...lists.map(({ entries }) => entries)].some((each) => each.length > 0)
  );
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<unknown>((resolve) => onAbort(signal, resolve));
}

/**
 * Keeps a host as those enabled declarations say that are to be kept: whatever is otherwise is made so again, at once the first
 * time, and with longer and longer pauses when somebody else keeps changing it. While a declaration waits to be confirmed, nothing
 * is done. Files that are enabled or disabled meanwhile, and links that appear, are heeded. Resolves when the signal aborts.
 */
export async function keepEnabled(host: Host, options: KeepOptions & { readonly signal: AbortSignal }): Promise<void> {
  const { signal, report = () => undefined, delays, journal } = options;
  const pace = backoff(delays);
  const tell = (event: object): void => {
    const times = pace.count(Date.now());
    if (times !== undefined) report({ ...event, times } as KeepEvent);
  };

  /** Waits until something is not as it is declared, and makes it so. */
  async function repair(declaration: ReadDeclaration, until: AbortSignal): Promise<void> {
    for await (const found of drift(host, declaration, { signal: until })) {
      if (found.steps.length === 0) continue;
      await sleep(pace.next(Date.now()), undefined, { signal: until });
      const { steps } = await apply(host, declaration, { journal });
      if (steps.length > 0) tell({ event: "repaired", steps: steps.map(describeStep) });
      // It may be so again before it is looked at: that is drift anew.
      return;
    }
  }

  while (!signal.aborted) {
    const round = new AbortController();
    const until = eitherOf(round.signal, signal);
    const again = (): void => {
      round.abort();
    };
    const forget = onEnabledChange(options, again);
    try {
      const kept = enabledIn(options).filter((each) => each.keep);
      const { declaration, missing } = possibleOf(togetherOf(kept), await namesOf(host));
      if (missing.length > 0) oneThere(host, missing, until).then(again, again);
      if (!says(declaration)) await aborted(until);
      while (!until.aborted) await repair(declaration, until);
    } catch (error) {
      if (until.aborted) continue;
      tell({ event: "notRepaired", reason: (error as Error).message });
      await sleep(pace.next(Date.now()), undefined, { signal: until }).catch(() => undefined);
    } finally {
      forget();
      again();
    }
  }
}
