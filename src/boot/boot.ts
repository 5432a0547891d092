import { InputError } from "../base/errors.js";
import { type Cancellation, eitherOf } from "../base/signal.js";
import type { Host } from "../host/host.js";
import { apply, ApplyError } from "../topology/apply/apply.js";
import type { ReadDeclaration } from "../topology/declaration/declaration.js";
import { enabledIn, type SystemOptions, togetherOf } from "./enabled.js";
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

  try {
    await carryOut(togetherOf(enabled));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (deadline.aborted || enabled.length < 2) {
      fail(error.message);
      return problems;
    }
    for (const { name, declaration } of enabled)
      if (declaration !== undefined)
        await carryOut(declaration).catch((refusal: unknown) => {
          if (!isRefusal(refusal)) throw refusal;
          fail(`${name}: ${refusal.message}`, name);
        });
  }
  return problems;
}
