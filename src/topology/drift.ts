import { type FSWatcher, statSync, watch } from "node:fs";
import type { Cancellation } from "../base/signal.js";
import { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import { NAMED } from "../kernel/namespace.js";
import { pathOfName } from "../kernel/namespace-names.js";
import type { Mirror } from "../watch/mirror.js";
import { type Declared, plan, type Plan, read } from "./plan/plan.js";
import { isThere } from "./steps/names.js";

/** How a host is watched for what is not as it is declared. */
export interface DriftOptions extends Cancellation {
  /** Milliseconds of quiet after a change before the host is looked at; 50 unless given. */
  readonly quiet?: number | undefined;
}

const QUIET = 50;

/** What is told of, from now on, until it is over. */
interface Changes {
  /** Something has changed. */
  notice(): void;
  /** There is no more to come. */
  end(): void;
  /** What has changed until now is known. */
  known(): void;
  /** Resolves when something has changed that is not known, and then nothing for a while; with false when there is no more to come. */
  next(): Promise<boolean>;
}

function changesWith(quiet: number): Changes {
  let isNew = false;
  let isOver = false;
  let noticed: (() => void) | undefined;
  return {
    notice() {
      isNew = true;
      noticed?.();
    },
    end() {
      isOver = true;
      noticed?.();
    },
    known: () => void (isNew = false),
    async next() {
      if (!isNew && !isOver) await new Promise<void>((resolve) => (noticed = resolve));
      while (isNew && !isOver) {
        isNew = false;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, quiet);
          noticed = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return !isOver;
    },
  };
}

/** A mirror of all that can be declared, where the kernel has all of it. */
async function wholeMirror(host: Host): Promise<Mirror> {
  const parts = { addresses: true, routes: true, rules: true, neighbours: true, fdb: true };
  try {
    return await host.mirror({ ...parts, nexthops: true, vlans: true });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return host.mirror(parts);
    throw error;
  }
}

/** Tells of what changes in a namespace; gives what stops that. */
async function told(host: Host, { notice }: Changes, ended: () => void): Promise<() => Promise<void>> {
  const mirror = await wholeMirror(host);
  mirror.on("changed", notice).on("overrun", notice).on("ended", ended);
  return async () => {
    mirror.off("ended", ended);
    await mirror.close();
  };
}

/** Tells of namespaces that get names, and lose them. */
function toldOfNames({ notice }: Changes): FSWatcher | undefined {
  try {
    return watch(NAMED, { persistent: false }, notice);
  } catch {
    // Where there is no such folder, there are no names.
    return undefined;
  }
}

/** The namespaces that are declared, each told of for as long as it has its name. */
interface Inside {
  follow(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** By what a namespace is told from another that had its name before; undefined where there is none. */
function inodeOf(name: string): number | undefined {
  return isThere(name) ? statSync(pathOfName(name), { throwIfNoEntry: false })?.ino : undefined;
}

function insideWith(changes: Changes): Inside {
  const followed = new Map<string, { readonly inode: number; stop(): Promise<void> }>();
  const leave = async (name: string): Promise<void> => {
    const one = followed.get(name);
    followed.delete(name);
    await one?.stop();
  };
  return {
    async follow(names) {
      for (const name of names) {
        const inode = inodeOf(name);
        if (followed.get(name)?.inode !== inode) await leave(name);
        if (inode === undefined || followed.has(name)) continue;
        const host = await Host.open({ namespace: { name } });
        const stop = await told(host, changes, changes.notice);
        followed.set(name, {
          inode,
          async stop() {
            await stop();
            await host.close();
          },
        });
      }
    },
    async close() {
      for (const name of [...followed.keys()]) await leave(name);
    },
  };
}

/**
 * Watches a host: what would have to be done for it to be as declared, now, and again whenever that becomes something else. A
 * plan without steps says that it is as declared. Ends when the signal aborts.
 */
export async function* drift(host: Host, declared: Declared, options: DriftOptions = {}): AsyncGenerator<Plan, void> {
  const { signal, quiet = QUIET } = options;
  const declaration = read(declared);
  const names = Object.keys(declaration.namespaces ?? {});
  const changes = changesWith(quiet);
  const inside = insideWith(changes);
  const naming = names.length === 0 ? undefined : toldOfNames(changes);
  const stop = await told(host, changes, changes.end);
  signal?.addEventListener("abort", changes.end);
  if (signal?.aborted === true) changes.end();
  try {
    let last: string | undefined;
    do {
      await inside.follow(names);
      changes.known();
      const made = await plan(host, declaration);
      const shown = JSON.stringify(
        made.steps.map(({ name, namespace, subject, action, differences }) => [
          name,
          namespace,
          subject,
          action,
          differences,
        ]),
      );
      if (shown !== last) yield made;
      last = shown;
    } while (await changes.next());
  } finally {
    signal?.removeEventListener("abort", changes.end);
    naming?.close();
    await inside.close();
    await stop();
  }
}
