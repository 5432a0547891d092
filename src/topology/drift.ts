import type { Cancellation } from "../base/signal.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Mirror } from "../watch/mirror.js";
import { type Declared, plan, type Plan, read } from "./plan.js";

/** How a host is watched for what is not as it is declared. */
export interface DriftOptions extends Cancellation {
  /** Milliseconds of quiet after a change before the host is looked at; 50 unless given. */
  readonly quiet?: number | undefined;
}

const QUIET = 50;

/** Resolves when something has changed and then nothing for a while. False when the signal aborted, or the mirror ended. */
function changed(mirror: Mirror, quiet: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (value: boolean): void => {
      clearTimeout(timer);
      mirror.off("changed", again).off("overrun", again).off("ended", end);
      signal?.removeEventListener("abort", end);
      resolve(value);
    };
    const again = (): void => {
      clearTimeout(timer);
      timer = setTimeout(settle, quiet, true);
    };
    const end = (): void => {
      settle(false);
    };
    mirror.on("changed", again).on("overrun", again).on("ended", end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true || mirror.ended) end();
  });
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
  try {
    let last: string | undefined;
    do {
      const made = await plan(host, declaration);
      const shown = JSON.stringify(
        made.steps.map(({ name, subject, action, differences }) => [name, subject, action, differences]),
      );
      if (shown !== last) yield made;
      last = shown;
    } while (await changed(mirror, quiet, signal));
  } finally {
    await mirror.close();
  }
}
