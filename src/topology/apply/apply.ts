import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import { call, describeOperation, type Operation, perform } from "../steps/operation.js";
import { leavingTogether, type Refused, takeAtOnce } from "./at-once.js";
import { type Check, heldIn, parseCheck } from "./checks.js";
import { inverseOf } from "./inverse.js";
import {
  BusyError,
  isWaiting,
  type Journal,
  openJournal,
  type Record,
  reportOf,
  waitingIn,
  wayBack,
} from "./journal.js";
import { type Around, takeFromManagers } from "../plan/managed.js";
import { observe, withDefaults } from "../observation/observe.js";
import { type Declared, describeDifference, plan, type Plan, planFrom } from "../plan/plan.js";
import type { Difference, Step } from "../steps/step.js";
import { checkTime, startWatchdog, type Watchdog } from "./watchdog.js";

/** How a declaration is applied. */
export interface ApplyOptions extends Around {
  /** Where the plan is kept while it is under way; /run/linkwright/topology unless given. */
  readonly journal?: string | undefined;
}

/** How a declaration is applied that may take itself back. */
export interface ConfirmOptions extends ApplyOptions {
  /**
   * Has NetworkManager and systemd-networkd leave the links alone that are declared, and waits until they do. What they are told
   * stays, whatever becomes of the rest.
   */
  readonly unmanage?: boolean | undefined;
  /** Milliseconds within which it is to be confirmed; it is taken back then by a process of its own, whatever becomes of this one. */
  readonly confirm?: number | undefined;
  /**
   * What decides in a person's place: "ping:10.0.0.1", "tcp:10.0.0.1:22", "neighbour" (the gateway of a default route answers for
   * its MAC). When all hold in the time of `confirm`, 30 seconds unless given, it is kept; else it is taken back at once.
   */
  readonly checks?: readonly string[] | undefined;
  /** Apply with `confirm` what cannot be taken back whole. */
  readonly acceptLoss?: boolean | undefined;
  /** What `waiting` gives back while it waits to be confirmed; JSON can have it. */
  readonly note?: unknown;
}

/** A step that was refused, or a host that is not as it was to be: what was done is undone, and `standing` says what is not. */
export class ApplyError extends Error {
  readonly code: "ERR_LINKWRIGHT_APPLY" | "ERR_LINKWRIGHT_VERIFY";
  /** The step that failed; undefined when all were taken and something is otherwise all the same. */
  readonly step: Step | undefined;
  /** What was not as it was to be when it was read back. */
  readonly differences: readonly (Difference & Pick<Step, "subject" | "name">)[];
  /** What could not be taken back, in words; empty when the host is as it was. */
  readonly standing: readonly string[];

  constructor(what: Pick<ApplyError, "step" | "differences" | "standing">, cause?: unknown) {
    const { step, differences, standing } = what;
    const found = differences.map(
      ({ name, property, wanted, found: has }) => `${name}: ${describeDifference({ property, wanted, found: has })}`,
    );
    const reason = step === undefined ? `it was taken and is otherwise: ${found.join("; ")}` : messageOf(cause);
    const about = step === undefined ? "" : `${step.subject} ${step.name}: `;
    const left = standing.length === 0 ? "what was done is undone" : `this stands: ${standing.join("; ")}`;
    super(`${about}${reason}; ${left}`, { cause });
    this.name = "ApplyError";
    this.code = step === undefined ? "ERR_LINKWRIGHT_VERIFY" : "ERR_LINKWRIGHT_APPLY";
    this.step = step;
    this.differences = differences;
    this.standing = standing;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the kernel says where what is to be taken back is not there, or is already there. */
const SETTLED: readonly string[] = ["ENODEV", "ENOENT", "ESRCH", "EEXIST", "EADDRNOTAVAIL"];

function isSettled(error: unknown): boolean {
  return error instanceof NetlinkError && SETTLED.includes(error.code);
}

/** Takes back what operations say. What is as it was already is passed over. Gives what could not be taken back. */
export async function takeBack(host: Host, groups: readonly (readonly Operation[])[]): Promise<string[]> {
  const standing: string[] = [];
  const attempt = async (each: Operation): Promise<void> => {
    try {
      await perform(host, each);
    } catch (error) {
      // Of several links, none is removed when one is not there.
      if (each.call === "removeAll")
        for (const name of each.with[0] as readonly string[]) await attempt(call("remove", name));
      else if (!isSettled(error)) standing.push(`${describeOperation(each)}: ${messageOf(error)}`);
    }
  };
  for (const group of groups) for (const each of together(group)) await attempt(each);
  return standing;
}

/** Removals that follow one another are one: the kernel waits once for all of them. */
function together(operations: readonly Operation[]): Operation[] {
  const merged: Operation[] = [];
  for (const each of operations) {
    const last = merged.at(-1);
    if (each.call === "remove" && last?.call === "removeAll")
      merged[merged.length - 1] = call("removeAll", [...(last.with[0] as string[]), each.with[0]]);
    else merged.push(each.call === "remove" ? call("removeAll", [each.with[0]]) : each);
  }
  return merged.map((each) => {
    const [names] = each.with as [readonly string[]];
    return each.call === "removeAll" && names.length === 1 ? call("remove", names[0]) : each;
  });
}

/** What a step removes may have gone along with something else. Whether it is so, all is read back for. */
async function take(host: Host, { do: operations, action }: Step): Promise<void> {
  for (const each of operations)
    try {
      await perform(host, each);
    } catch (error) {
      const isDone = each.optional === true ? error instanceof NetlinkError : action === "remove" && isSettled(error);
      if (!isDone) throw error;
    }
}

/** Takes the steps of a group together; removals are one request. */
async function takeGroup(host: Host, group: readonly Step[]): Promise<Refused | undefined> {
  const [first] = group;
  const isRemoval = group.length > 1 && group.every(({ do: [each] }) => each?.call === "remove");
  if (isRemoval) {
    const names = group.map(({ name }) => name);
    try {
      await host.removeAll(names);
      return undefined;
    } catch (reason) {
      return { step: first!, reason };
    }
  }
  const results = await Promise.allSettled(group.map((each) => take(host, each)));
  const place = results.findIndex(({ status }) => status === "rejected");
  return place < 0 ? undefined : { step: group[place]!, reason: (results[place] as PromiseRejectedResult).reason };
}

/** What is not as it is wanted, now. */
async function unheeded(host: Host, { wanted }: Plan): Promise<ApplyError["differences"]> {
  const { steps } = planFrom(wanted, await observe(host, wanted));
  return steps.flatMap(({ subject, name, action, differences }) =>
    differences.length > 0
      ? differences.map((each) => ({ ...each, subject, name }))
      : [
          {
            subject,
            name,
            property: subject,
            wanted: action === "remove" ? undefined : "there",
            found: action === "remove" ? "there" : undefined,
          },
        ],
  );
}

async function carryOut(
  host: Host,
  made: Plan,
  journal: Journal,
  watchdog: Watchdog | undefined,
  note: unknown,
): Promise<void> {
  const { groups } = made;
  journal.begin(groups, watchdog, note);
  const begun: (readonly Step[])[] = [];
  const undo = (): Promise<string[]> => takeBack(host, wayBack(begun));
  for (let place = 0; place < groups.length;) {
    const count = leavingTogether(groups.slice(place));
    const taken = groups.slice(place, place + Math.max(count, 1));
    begun.push(...taken);
    const refused = await (count > 0 ? takeAtOnce(host, taken.flat()) : takeGroup(host, taken[0]!));
    place += taken.length;
    if (refused === undefined) continue;
    const standing = await undo();
    throw new ApplyError({ step: refused.step, differences: [], standing }, refused.reason);
  }
  const differences = await unheeded(host, made);
  if (differences.length > 0) throw new ApplyError({ step: undefined, differences, standing: await undo() });
}

/** How long what is checked may take to be so, milliseconds. */
const USUAL_TIME = 30_000;

/** Has checks decide: what does not hold takes all back. */
async function decide(
  host: Host,
  { groups }: Plan,
  checks: readonly { readonly spelled: string; readonly check: Check }[],
  time: number,
): Promise<void> {
  const held = await Promise.all(checks.map(({ check }) => heldIn(host, check, time)));
  const failed = checks.filter((_, place) => held[place] === false);
  if (failed.length === 0) return;
  const differences = failed.map(({ spelled }) => ({
    subject: "check" as const,
    name: spelled,
    property: "check",
    wanted: "an answer",
    found: "none",
  }));
  throw new ApplyError({ step: undefined, differences, standing: await takeBack(host, wayBack(groups)) });
}

/** Starts who takes a plan back, before its first step. */
async function watched(host: Host, made: Plan, time: number, journal: Journal): Promise<Watchdog> {
  checkTime(time);
  const picture = await withDefaults(await observe(host, made.wanted));
  const inverse = await inverseOf(host, made.groups, picture);
  journal.wait();
  try {
    return await startWatchdog(host, time, journal.folder, inverse);
  } catch (error) {
    journal.end();
    throw error;
  }
}

/**
 * Makes a host as it is declared: looks, plans, keeps the plan and what takes it back on disk, takes the steps, those that do
 * not depend on each other together, and reads everything back. What fails is undone in reverse. A plan that somebody left who
 * died over it is taken back first. Resolves with what was done: a plan without steps when there was nothing to do.
 *
 * With `confirm` it is taken back unless `confirm()` is called in time, in whatever process.
 *
 * Throws InputError before anything is changed for what cannot be, BusyError when another process applies a declaration in
 * this namespace or one waits to be confirmed, and ApplyError, which says what stands.
 */
export async function apply(host: Host, declared: Declared, options: ConfirmOptions = {}): Promise<Plan> {
  const { acceptLoss = false } = options;
  const checks = (options.checks ?? []).map((spelled) => ({ spelled, check: parseCheck(spelled) }));
  const time = options.confirm ?? (checks.length === 0 ? undefined : USUAL_TIME);
  const journal = await openJournal(host, options.journal);
  try {
    if (journal.left !== undefined) {
      if (isWaiting(journal.left)) throw new BusyError(journal.left.confirm!.pid, journal.left.confirm!.until);
      await settle(host, journal);
    }
    let made = await plan(host, declared, options);
    if (made.steps.length === 0) return made;
    if (time !== undefined && made.losses.length > 0 && !acceptLoss)
      throw new InputError(`this could not be taken back: ${made.losses.join("; ")}`, "confirm");
    if (options.unmanage === true && made.managed.length > 0) {
      await takeFromManagers(host, made.managed, options);
      // They took what they had set with them.
      made = { ...planFrom(made.wanted, await observe(host, made.wanted)), managed: [] };
    }
    const watchdog = time === undefined ? undefined : await watched(host, made, time, journal);
    try {
      await carryOut(host, made, journal, watchdog, options.note);
      if (checks.length > 0) await decide(host, made, checks, time!);
    } catch (error) {
      watchdog?.stop();
      if (!(error instanceof ApplyError) || error.standing.length === 0) journal.end();
      throw error;
    }
    if (checks.length > 0) watchdog?.stop();
    if (watchdog === undefined || checks.length > 0) journal.end();
    else watchdog.release();
    return made;
  } finally {
    journal.release();
  }
}

/** What waits to be confirmed, until when, and what was noted of it; undefined when nothing does. */
export async function waiting(
  host: Host,
  options: ApplyOptions = {},
): Promise<{ readonly until: string; readonly note: unknown } | undefined> {
  const record = await waitingIn(host, options.journal);
  return record === undefined ? undefined : { until: record.confirm!.until, note: record.note };
}

/**
 * Lets what was applied with `confirm` stand. Resolves with the number of its steps, 0 when nothing waits. Throws BusyError
 * while it is being applied or taken back.
 */
export async function confirm(host: Host, options: ApplyOptions = {}): Promise<number> {
  const journal = await openJournal(host, options.journal);
  try {
    const { left } = journal;
    if (left === undefined || !isWaiting(left)) return 0;
    journal.claim();
    journal.end();
    wake(left.confirm!.pid);
    return left.groups.flat().length;
  } finally {
    journal.release();
  }
}

/** Has the watchdog look whether it is still waited for. */
function wake(pid: number): void {
  try {
    process.kill(pid, "SIGUSR1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** What was said of the last plan that was not confirmed, when it was taken back: what others have changed meanwhile, and stays. */
export function report(host: Host, options: ApplyOptions = {}): Promise<string[]> {
  return reportOf(host, options.journal);
}

/** What may have been begun of a plan: what calls links by their new names has not while one has its former name. */
async function reached(host: Host, groups: Record["groups"]): Promise<Record["groups"]> {
  const isRename = ({ do: [first] }: Pick<Step, "do">): boolean => first?.call === "rename";
  const names = new Map(
    groups
      .flat()
      .filter(isRename)
      .map(({ do: [first] }) => first!.with as readonly [number, string]),
  );
  if (names.size === 0) return groups;
  const links = await host.links({ only: ["name"] });
  const areRenamed = links.every(({ index, name }) => (names.get(index) ?? name) === name);
  return areRenamed ? groups : groups.filter((group) => group.every(isRename));
}

/** Takes back what was left. Throws ApplyError when something stands. */
async function settle(host: Host, journal: Journal): Promise<number> {
  const { groups: all, confirm } = journal.left!;
  if (isWaiting(journal.left!)) {
    journal.claim();
    wake(confirm!.pid);
  }
  const standing = await takeBack(host, wayBack(await reached(host, all)));
  if (standing.length > 0) throw new ApplyError({ step: undefined, differences: [], standing });
  journal.end();
  return all.flat().length;
}

/**
 * Takes back the plan of an apply that died half-way: each step's inverse, the last first; what was not reached is as it was.
 * Resolves with the number of steps of that plan, 0 when there was none. Throws BusyError, and ApplyError, which says what stands.
 */
export async function recover(host: Host, options: ApplyOptions = {}): Promise<number> {
  const journal = await openJournal(host, options.journal);
  try {
    return journal.left === undefined ? 0 : await settle(host, journal);
  } finally {
    journal.release();
  }
}
