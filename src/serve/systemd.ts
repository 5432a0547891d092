import { NetlinkError } from "../kernel/error.js";
import { adoptDescriptor, type Descriptor } from "../kernel/descriptor.js";
import type { Thread } from "../kernel/thread.js";
import { sendDatagram } from "../kernel/unix-socket.js";

/** A descriptor that the service manager has passed. */
export interface PassedDescriptor {
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** The first number of a passed descriptor (SD_LISTEN_FDS_START). */
const FIRST = 3;

/** The descriptors that a service manager has passed to this process: sockets that it listens at, and what it has stored (sd_listen_fds(3)). */
export function passedDescriptors(thread: Thread, env: NodeJS.ProcessEnv): PassedDescriptor[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count = "0", LISTEN_FDNAMES: names = "" } = env;
  if (pid !== String(process.pid)) return [];
  const each = names.split(":");
  return Array.from({ length: Number(count) }, (_, place) => ({
    name: each[place] ?? "unknown",
    descriptor: adoptDescriptor(thread, FIRST + place),
  }));
}

/** Tells the service manager what is so, such as "READY=1" (sd_notify(3)); false where there is none. */
export function notify(
  env: NodeJS.ProcessEnv,
  state: readonly string[],
  descriptors: readonly Descriptor[] = [],
): boolean {
  const { NOTIFY_SOCKET: path } = env;
  if (path === undefined || path === "") return false;
  try {
    sendDatagram(path, Buffer.from(state.join("\n")), descriptors);
    return true;
  } catch (error) {
    // A manager that is gone has nothing to be told.
    if (error instanceof NetlinkError) return false;
    throw error;
  }
}
