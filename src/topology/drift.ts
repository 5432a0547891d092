import type { Cancellation } from "../base/signal.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Mirror } from "../watch/mirror.js";
import { type Declared, plan, type Plan, read } from "./plan/plan.js";

/** How a host is watched for what is not as it is declared. */
export interface DriftOptions extends Cancellation {
  /** Milliseconds of quiet after a change before the host is looked at; 50 unless given. */
  readonly quiet?: number | undefined;
}

const QUIET = 50;

/** What a mirror tells of, from now on, until the signal aborts or the mirror ends. */
interface Changes {
  /** What has changed until now is known. */
  known(): void;
  /** Resolves when something has changed that is not known, and then nothing for a while; with false when there is no more to come. */
  next(): Promise<boolean>;
  stop(): void;
}

function changesOf(mirror: Mirror, quiet: number, signal: AbortSignal | undefined): Changes {
  let isNew = false;
  let noticed: (() => void) | undefined;
  const notice = (): void => {
    isNew = true;
    noticed?.();
  };
  const isOver = (): boolean => signal?.aborted === true || mirror.ended;
  mirror.on("changed", notice).on("overrun", notice).on("ended", notice);
  signal?.addEventListener("abort", notice);
  return {
    known: () => void (isNew = false),
    async next() {
      if (!isNew && !isOver()) await new Promise<void>((resolve) => (noticed = resolve));
      while (isNew && !isOver()) {
        isNew = false;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, quiet);
          noticed = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return !isOver();
    },
    stop() {
      mirror.off("changed", notice).off("overrun", notice).off("ended", notice);
      signal?.removeEventListener("abort", notice);
    },
  };
}

/** A mirror of all that can be declared, where the kernel has all of it. */
async function wholeMirror(host: Host): Promise<Mirror> {
  const parts = { addresses: true, routes: true, neighbours: true, fdb: true };
  try {
    return await host.mirror({ ...parts, vlans: true });
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return host.mirror(parts);
    throw error;
  }
}

/**
 * Watches a host: what would have to be done for it to be as declared, now, and again whenever that becomes something else. A
 * plan without steps says that it is as declared. Ends when the signal aborts.
 */
export async function* drift(host: Host, declared: Declared, options: DriftOptions = {}): AsyncGenerator<Plan, void> {
  const { signal, quiet = QUIET } = options;
  const declaration = read(declared);
  const mirror = await wholeMirror(host);
  const changes = changesOf(mirror, quiet, signal);
  try {
    let last: string | undefined;
    do {
      changes.known();
      const made = await plan(host, declaration);
      const shown = JSON.stringify(
        made.steps.map(({ name, subject, action, differences }) => [name, subject, action, differences]),
      );
      if (shown !== last) yield made;
      last = shown;
    } while (await changes.next());
  } finally {
    changes.stop();
    await mirror.close();
  }
}
