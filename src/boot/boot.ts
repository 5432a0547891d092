import { InputError } from "../base/errors.js";
import { type Cancellation, eitherOf } from "../base/signal.js";
import type { Host } from "../host/host.js";
import { apply, ApplyError } from "../topology/apply/apply.js";
import type { ReadDeclaration } from "../topology/declaration/declaration.js";
import { type Enabled, enabledIn, type SystemOptions, togetherOf } from "./enabled.js";
import { type Possible, possibleOf } from "./possible.js";

/** What happens while what is enabled is applied. */
export type BootEvent =
  | { readonly event: "applied"; readonly steps: number }
  | { readonly event: "waiting"; readonly links: readonly string[] }
  | { readonly event: "failed"; readonly name?: string; readonly reason: string };

/** How what is enabled is applied. */
export interface BootOptions extends SystemOptions, Cancellation {
  /** How long links are waited for, milliseconds; 90,000 unless given. */
  readonly time?: number | undefined;
  /** Where the plan is kept while it is under way; /run/linkwright/topology unless given. */
  readonly journal?: string | undefined;
  readonly report?: ((event: BootEvent) => void) | undefined;
}

const USUAL_TIME = 90_000;

/** The names of the links that are there. */
export async function namesOf(host: Host): Promise<Set<string>> {
  return new Set((await host.links({ only: ["name"] })).map(({ name }) => name));
}

/** Resolves when one of some links is there; rejects with the signal's reason. */
export async function oneThere(host: Host, names: readonly string[], signal: AbortSignal): Promise<void> {
  const found = new AbortController();
  const either = eitherOf(found.signal, signal);
  const waits = names.map((each) => host.waitFor(each, ({ name }) => name === each, { signal: either }));
  try {
    await Promise.race(waits);
  } finally {
    found.abort();
    await Promise.allSettled(waits);
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof ApplyError || error instanceof InputError;
}

/** Applies what can be of a declaration. When a link goes or comes under way, it is looked at again. */
async function applyPossible(
  host: Host,
  declaration: ReadDeclaration,
  journal: string | undefined,
): Promise<Possible & { readonly steps: number }> {
  for (;;) {
    const there = await namesOf(host);
    const possible = possibleOf(declaration, there);
    try {
      const { steps } = await apply(host, possible.declaration, { journal });
      return { ...possible, steps: steps.length };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const left = possibleOf(declaration, await namesOf(host));
      if (left.missing.join() === possible.missing.join()) throw error;
    }
  }
}

/**
 * Makes a host as all that is enabled declares it: at once what the links that are there suffice for, and the rest as soon as its
 * links appear, of which the kernel tells. What fails leaves the others applied: where all together cannot be, each is by itself.
 * Resolves with what is not as it was to be, in words; with nothing when all stands. Throws BusyError while another declaration is
 * being applied, or waits to be confirmed.
 */
export async function boot(host: Host, options: BootOptions = {}): Promise<string[]> {
  const { time = USUAL_TIME, journal, report = () => undefined } = options;
  const deadline = AbortSignal.timeout(time);
  const enabled = enabledIn(options);
  const problems: string[] = [];
  const fail = (reason: string, name?: string): void => {
    problems.push(reason);
    report({ event: "failed", ...(name === undefined ? {} : { name }), reason });
  };
  for (const { name, problem } of enabled) if (problem !== undefined) fail(problem, name);

  /** Applies a declaration, and goes on as its links appear. */
  async function carryOut(declaration: ReadDeclaration): Promise<void> {
    for (;;) {
      const { missing, steps } = await applyPossible(host, declaration, journal);
      if (steps > 0) report({ event: "applied", steps });
      if (missing.length === 0) return;
      report({ event: "waiting", links: missing });
      try {
        await oneThere(host, missing, eitherOf(deadline, options.signal));
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!deadline.aborted) throw error;
        throw new InputError(`${missing.join(", ")} did not appear within ${time / 1000} s`, "links");
      }
    }
  }

  /** Whether what is possible of one by itself now can be applied. */
  async function isApplicable({ name, declaration }: Enabled): Promise<boolean> {
    try {
      if (declaration !== undefined) await applyPossible(host, declaration, journal);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      fail(`${name}: ${error.message}`, name);
      return false;
    }
  }

  async function applicableOf(some: readonly Enabled[]): Promise<Enabled[]> {
    const found: Enabled[] = [];
    for (const each of some) if (await isApplicable(each)) found.push(each);
    return found;
  }

  for (let left = enabled; ;) {
    try {
      await carryOut(togetherOf(left));
      return problems;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const alone = deadline.aborted || left.length < 2;
      let applicable = alone ? [] : await applicableOf(left);
      // Those that need what another makes have it now.
      if (applicable.length === left.length) applicable = await applicableOf(left);
      if (applicable.length === 0 || applicable.length === left.length) {
        fail(error.message);
        return problems;
      }
      left = applicable;
    }
  }
}
