import type { Descriptor } from "../kernel/descriptor.js";
import type { Resting } from "../kernel/resting.js";
import type { Thread } from "../kernel/thread.js";
import { adoptDescriptor } from "../kernel/descriptor.js";
import { notify, type PassedDescriptor } from "./systemd.js";

/** Sockets that rest with the service manager, so that what comes to them while the service is started again waits there. */
export interface SocketStore {
  /** Where the sockets of something rest, by the words of its name. */
  restOf(...owner: readonly string[]): Resting;
  /** Lets go of all that something has there. */
  forget(...owner: readonly string[]): Promise<void>;
  /** Lets go of what rested and nobody has asked for. */
  forgetUnclaimed(): Promise<void>;
}

const KIND = "socket";
/** In no name of what has sockets; the manager allows it. */
const BETWEEN = "/";
const nameOf = (...words: readonly string[]): string => [KIND, ...words].join(BETWEEN);

/** The store of the service manager that passed these descriptors; without one, nothing rests. */
export function socketStore(thread: Thread, env: NodeJS.ProcessEnv, passed: readonly PassedDescriptor[]): SocketStore {
  const held = new Map<string, Descriptor>(
    passed.filter(({ name }) => name.startsWith(nameOf(""))).map(({ name, descriptor }) => [name, descriptor]),
  );
  const unclaimed = new Set(held.keys());

  async function forgetAll(names: readonly string[]): Promise<void> {
    for (const name of names) {
      notify(env, ["FDSTOREREMOVE=1", `FDNAME=${name}`]);
      await held.get(name)?.close();
      held.delete(name);
    }
  }

  return {
    restOf:
      (...owner) =>
      async (word, open) => {
        const name = nameOf(...owner, word);
        const kept = held.get(name);
        unclaimed.delete(name);
        if (kept !== undefined) return adoptDescriptor(thread, kept.fd);
        const fresh = await open();
        if (notify(env, ["FDSTORE=1", `FDNAME=${name}`], [fresh])) held.set(name, adoptDescriptor(thread, fresh.fd));
        return fresh;
      },
    forget: (...owner) => forgetAll([...held.keys()].filter((name) => name.startsWith(nameOf(...owner, "")))),
    forgetUnclaimed: () => forgetAll([...unclaimed]),
  };
}
