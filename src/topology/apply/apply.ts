import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import { describeOperation, isOfSwitch, type Operation, perform } from "../steps/operation.js";
import { leavingTogether, type Refused, takeAtOnce } from "./batch.js";
import { type Check, heldIn, parseCheck } from "./checks.js";
import { type Hosts, hostsFrom } from "./hosts.js";
import { watchdogPlan } from "./watchdog-plan.js";
import {
  BusyError,
  isWaiting,
  type PlanFile,
  openPlanFile,
  type WrittenPlan,
  reportOf,
  waitingIn,
  wayBack,
} from "./plan-file.js";
import { takeFromManagers } from "../plan/managed.js";
import type { Around } from "../observation/around.js";
import { type Declared, plan, type Plan, remaining } from "../plan/plan.js";
import { dropAside } from "../steps/names.js";
import { describeDifference, type Difference, type Step } from "../steps/step.js";
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
    const found = differences.map((each) => `${each.name}: ${describeDifference(each)}`);
    const otherwise =
      cause === undefined
        ? `it was taken and is otherwise: ${found.join("; ")}`
        : `it could not be read back: ${messageOf(cause)}`;
    const reason = step === undefined ? otherwise : messageOf(cause);
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

/**
 * Takes back what operations say. What is as it was already is passed over. Gives what could not be taken back: what is refused, but
 * done by a later operation that says the same, is.
 */
async function takeBack(hosts: Hosts, groups: readonly (readonly Operation[])[]): Promise<string[]> {
  const standing = new Map<string, string>();
  const attempt = async (each: Operation): Promise<void> => {
    const words = describeOperation(each);
    try {
      await perform(await hosts.of(each), each);
      standing.delete(words);
    } catch (error) {
      // Of several links, none is removed when one is not there.
      if (each.call === "removeAll")
        for (const name of each.with[0] as readonly string[]) await attempt({ ...each, call: "remove", with: [name] });
      else if (!isSettled(error)) standing.set(words, messageOf(error));
    }
  };
  for (const group of groups) for (const each of together(group)) await attempt(each);
  return [...standing].map(([words, reason]) => `${words}: ${reason}`);
}

/** Removals that follow one another are one: the kernel waits once for all of them. */
function together(operations: readonly Operation[]): Operation[] {
  const merged: Operation[] = [];
  for (const each of operations) {
    const last = merged.at(-1);
    if (each.call !== "remove") merged.push(each);
    else if (last?.call === "removeAll" && last.namespace === each.namespace)
      merged[merged.length - 1] = { ...last, with: [[...(last.with[0] as string[]), each.with[0]]] };
    else merged.push({ ...each, call: "removeAll", with: [[each.with[0]]] });
  }
  return merged.map((each) => {
    const [names] = each.with as [readonly string[]];
    return each.call === "removeAll" && names.length === 1 ? { ...each, call: "remove", with: names } : each;
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
async function takeGroup(hosts: Hosts, group: readonly Step[]): Promise<Refused | undefined> {
  const [first] = group;
  const host = await hosts.of(first!);
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

/** Takes steps whose messages leave at once. */
async function takeTogether(hosts: Hosts, first: Step, steps: readonly Step[]): Promise<Refused | undefined> {
  return takeAtOnce(await hosts.of(first), steps);
}

/** What is not as it is wanted, now. */
async function unheeded(host: Host, { wanted }: Plan, around: Around): Promise<ApplyError["differences"]> {
  const { steps } = await remaining(host, wanted, around);
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

/** Takes the steps of a plan, and looks at everything again. Throws ApplyError when what was done is undone. */
async function carryOut(host: Host, hosts: Hosts, made: Plan, around: Around): Promise<void> {
  const { groups } = made;
  const begun: (readonly Step[])[] = [];
  const undo = (): Promise<string[]> => takeBack(hosts, wayBack(begun));
  for (let place = 0; place < groups.length;) {
    const count = leavingTogether(groups.slice(place));
    const taken = groups.slice(place, place + Math.max(count, 1));
    begun.push(...taken);
    const first = taken[0]![0]!;
    const work = count > 0 ? takeTogether(hosts, first, taken.flat()) : takeGroup(hosts, taken[0]!);
    // Whatever goes wrong, and be it no refusal, ends in undoing.
    const refused = await work.catch((reason: unknown): Refused => ({ step: first, reason }));
    place += taken.length;
    if (refused === undefined) continue;
    const standing = await undo();
    throw new ApplyError({ step: refused.step, differences: [], standing }, refused.reason);
  }
  const differences = await unheeded(host, made, around).catch(async (reason: unknown) => {
    throw new ApplyError({ step: undefined, differences: [], standing: await undo() }, reason);
  });
  if (differences.length > 0) throw new ApplyError({ step: undefined, differences, standing: await undo() });
}

/** How long what is checked may take to be so, milliseconds. */
const USUAL_TIME = 30_000;

/** Has checks decide: what does not hold takes all back. */
async function decide(
  host: Host,
  hosts: Hosts,
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
  throw new ApplyError({ step: undefined, differences, standing: await takeBack(hosts, wayBack(groups)) });
}

/** Starts who takes a plan back, before its first step. */
async function watched(host: Host, made: Plan, time: number, journal: PlanFile): Promise<Watchdog> {
  checkTime(time);
  const inverse = await watchdogPlan(host, made);
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
  const journal = await openPlanFile(host, options.journal);
  await using hosts = hostsFrom(host);
  try {
    if (journal.left !== undefined) {
      if (isWaiting(journal.left)) throw new BusyError(journal.left.confirm!.pid, journal.left.confirm!.until);
      await settle(host, journal);
    }
    let made = await plan(host, declared, options);
    if (made.steps.length === 0) return made;
    if (time !== undefined && made.losses.length > 0 && !acceptLoss)
      throw new InputError(`this could not be taken back: ${made.losses.join("; ")}`, "confirm");
    if (time !== undefined && made.steps.some((each) => [...each.do, ...each.undo].some(isOfSwitch)))
      throw new InputError("the watchdog does not take Open vSwitch back: apply that by itself", "confirm");
    if (options.unmanage === true && made.managed.length > 0) {
      await takeFromManagers(host, made.managed, options);
      // They took what they had set with them.
      made = { ...(await remaining(host, made.wanted, options)), managed: [] };
    }
    const watchdog = time === undefined ? undefined : await watched(host, made, time, journal);
    try {
      journal.begin(made.groups, watchdog, options.note);
      await carryOut(host, hosts, made, options);
      if (checks.length > 0) await decide(host, hosts, made, checks, time!);
    } catch (error) {
      watchdog?.stop();
      if (!(error instanceof ApplyError) || error.standing.length === 0) journal.end();
      throw error;
    }
    if (checks.length > 0) watchdog?.stop();
    if (watchdog === undefined || checks.length > 0) await keep(journal, made.groups);
    else watchdog.release();
    return made;
  } finally {
    journal.release();
  }
}

/** What was done stands: namespaces that were put aside go. */
async function keep(journal: PlanFile, groups: WrittenPlan["groups"]): Promise<void> {
  journal.end();
  for (const { subject, action, name } of groups.flat())
    if (subject === "namespace" && action === "remove") await dropAside(name);
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
  const journal = await openPlanFile(host, options.journal);
  try {
    const { left } = journal;
    if (left === undefined || !isWaiting(left)) return 0;
    journal.claim();
    await keep(journal, left.groups);
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

const isRename = ({ do: [first] }: Pick<Step, "do">): boolean => first?.call === "rename";

/** What may have been begun of a plan in one namespace: what calls links by their new names has not while one has its former name. */
async function reachedIn(host: Host, groups: WrittenPlan["groups"]): Promise<WrittenPlan["groups"]> {
  const renames = groups.flat().filter(isRename);
  const names = new Map(renames.map(({ do: [first] }) => first!.with as readonly [number, string]));
  const links = await host.links({ only: ["name"] });
  const areRenamed = links.every(({ index, name }) => (names.get(index) ?? name) === name);
  return areRenamed ? groups : groups.filter((group) => group.every(isRename));
}

/** What may have been begun of a plan. */
async function reached(hosts: Hosts, groups: WrittenPlan["groups"]): Promise<WrittenPlan["groups"]> {
  if (!groups.flat().some(isRename)) return groups;
  const places = [...new Set(groups.map(([first]) => first?.namespace))];
  const all = places.map(async (namespace) => {
    const own = groups.filter(([first]) => first?.namespace === namespace);
    return own.flat().some(isRename)
      ? reachedIn(await hosts.of(namespace === undefined ? {} : { namespace }), own)
      : own;
  });
  return (await Promise.all(all)).flat();
}

/** Takes back what was left. Throws ApplyError when something stands. */
async function settle(host: Host, journal: PlanFile): Promise<number> {
  const { groups: all, confirm } = journal.left!;
  if (isWaiting(journal.left!)) {
    journal.claim();
    wake(confirm!.pid);
  }
  await using hosts = hostsFrom(host);
  const standing = await takeBack(hosts, wayBack(await reached(hosts, all)));
  if (standing.length > 0) throw new ApplyError({ step: undefined, differences: [], standing });
  journal.end();
  return all.flat().length;
}

/**
 * Takes back the plan of an apply that died half-way: each step's inverse, the last first; what was not reached is as it was.
 * Resolves with the number of steps of that plan, 0 when there was none. Throws BusyError, and ApplyError, which says what stands.
 */
export async function recover(host: Host, options: ApplyOptions = {}): Promise<number> {
  const journal = await openPlanFile(host, options.journal);
  try {
    return journal.left === undefined ? 0 : await settle(host, journal);
  } finally {
    journal.release();
  }
}
