import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../base/whole-file.js";
import type { Host } from "../../host/host.js";
import type { Operation } from "../steps/operation.js";
import type { Step } from "../steps/step.js";

/** Where the plans under way are kept, a folder for each namespace: gone with a restart, as what they are about is. */
export const PLANS = "/run/linkwright/topology";

/** What native/watchdog knows by these names. */
const PLAN = "plan.json";
const WAITING = "waiting";
export const REPORT = "report";

/** Nobody else has to read them. */
const OWN = 0o600;

/** What is on disk of a plan before its first message. */
export interface WrittenPlan {
  /** The process that applies it, and when that started, in ticks since the machine did. */
  readonly pid: number;
  readonly started: string;
  readonly begun: string;
  /** Until when it is to be confirmed, and the process that takes it back otherwise. */
  readonly confirm?: { readonly pid: number; readonly started: string; readonly until: string };
  /** What whoever applies it wants to know when it is confirmed. */
  readonly note?: unknown;
  /** What takes it back, the steps in the order in which they are taken. */
  readonly groups: readonly (readonly Pick<Step, "action" | "subject" | "name" | "namespace" | "do" | "undo">[])[];
}

/** A plan is under way in this namespace, by another process, or waits to be confirmed. */
export class BusyError extends Error {
  readonly code = "ERR_LINKWRIGHT_BUSY";
  readonly pid: number;

  constructor(pid: number, until?: string) {
    super(
      until === undefined
        ? `process ${pid} is applying a declaration in this namespace`
        : `a declaration waits to be confirmed until ${until}, or is taken back then`,
    );
    this.name = "BusyError";
    this.pid = pid;
  }
}

/** When a process started, which tells it from another that has got its number; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** JSON has no 64-bit numbers and no bytes. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return { $bigint: String(each) };
    return each;
  });
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    const big = typeof each === "object" && each !== null ? (each as { $bigint?: string }).$bigint : undefined;
    return big === undefined ? each : BigInt(big);
  });
}

/** The journal of one namespace, held by its lock. */
export interface PlanFile {
  /** The plan that somebody left who died over it. */
  readonly left: WrittenPlan | undefined;
  /** Its folder, in which the watchdog says what stays. */
  readonly folder: string;
  begin(
    groups: WrittenPlan["groups"],
    confirm?: Omit<NonNullable<WrittenPlan["confirm"]>, "started">,
    note?: unknown,
  ): void;
  /** Says that a plan is to wait: whoever takes that away first, has the right to say what becomes of it. */
  wait(): void;
  /** Takes away what a plan waits by. Throws BusyError when the watchdog has done so. */
  claim(): void;
  /** Nothing is to be taken back any more. */
  end(): void;
  release(): void;
}

function readPlan(path: string): WrittenPlan | undefined {
  try {
    return fromJson(readFileSync(path, "utf8")) as WrittenPlan;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Who holds the lock; undefined when nobody does, or who did has died. */
function holderOf(lock: string): number | undefined {
  const [pid = "", started] = (() => {
    try {
      return readFileSync(lock, "utf8").split(" ");
    } catch {
      return [];
    }
  })();
  return pid !== "" && startOf(Number(pid)) === started ? Number(pid) : undefined;
}

/** Takes the lock, in place of one whose holder has died. Throws BusyError. */
function takeLock(lock: string): void {
  const own = `${lock}.${process.pid}`;
  writeWhole(own, `${process.pid} ${startOf(process.pid)}`, OWN);
  for (let attempt = 0; attempt < 8; attempt++) {
    try {
      linkSync(own, lock);
      rmSync(own, { force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = holderOf(lock);
      if (holder !== undefined) {
        rmSync(own, { force: true });
        throw new BusyError(holder);
      }
      // Whoever renames it away has the right to remove it: only one can.
      const dead = `${lock}.dead.${process.pid}`;
      try {
        renameSync(lock, dead);
        if (holderOf(dead) === undefined) rmSync(dead, { force: true });
        else renameSync(dead, lock);
      } catch (failure) {
        if ((failure as NodeJS.ErrnoException).code !== "ENOENT") throw failure;
      }
    }
  }
  throw new BusyError(holderOf(lock) ?? 0);
}

/** Whether a plan waits to be confirmed, and there is who takes it back otherwise. */
export function isWaiting({ confirm }: WrittenPlan): boolean {
  return confirm !== undefined && startOf(confirm.pid) === confirm.started;
}

/** The plan that waits to be confirmed, as it is now, without the lock. */
export async function waitingIn(host: Host, base = PLANS): Promise<WrittenPlan | undefined> {
  const record = readPlan(join(await folderOf(host, base), PLAN));
  return record !== undefined && isWaiting(record) ? record : undefined;
}

/** The folder of a namespace's journal. */
async function folderOf(host: Host, base: string): Promise<string> {
  await using descriptor = await host.namespaceDescriptor();
  const { ino } = statSync(`/proc/self/fd/${descriptor.fd}`);
  return join(base, String(ino));
}

/** Opens the journal of a host's namespace and takes its lock. Throws BusyError when another process has it. */
export async function openPlanFile(host: Host, base = PLANS): Promise<PlanFile> {
  const folder = await folderOf(host, base);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, "lock");
  const file = join(folder, PLAN);
  takeLock(lock);
  const waiting = join(folder, WAITING);
  const left = readPlan(file);
  return {
    left,
    folder,
    wait() {
      writeWhole(waiting, "", OWN);
    },
    claim() {
      try {
        renameSync(waiting, join(folder, "claimed"));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        throw new BusyError(left?.confirm?.pid ?? 0, left?.confirm?.until);
      }
    },
    begin(groups, confirm, note) {
      const record: WrittenPlan = {
        pid: process.pid,
        started: startOf(process.pid) ?? "",
        begun: new Date().toISOString(),
        ...(confirm === undefined ? {} : { confirm: { ...confirm, started: startOf(confirm.pid) ?? "" } }),
        ...(note === undefined ? {} : { note }),
        groups,
      };
      writeWhole(file, toJson(record), OWN);
    },
    end() {
      for (const each of [file, waiting, join(folder, "claimed"), join(folder, "reverting")])
        rmSync(each, { force: true });
    },
    release() {
      rmSync(lock, { force: true });
    },
  };
}

/** What the watchdog said of the last plan that it took back: what was not ours any more and stays, and what stands. */
export async function reportOf(host: Host, base = PLANS): Promise<string[]> {
  try {
    const text = readFileSync(join(await folderOf(host, base), REPORT), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^linkwright-watchdog: /, ""));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** What takes a plan back: the operations of its steps, the last first, each in its namespace. */
export function wayBack(groups: WrittenPlan["groups"]): readonly (readonly Operation[])[] {
  return [...groups]
    .reverse()
    .map((group) =>
      [...group]
        .reverse()
        .flatMap(({ undo, namespace }) =>
          namespace === undefined ? undo : undo.map((each) => ({ ...each, namespace })),
        ),
    );
}
