import type { Descriptor } from "./descriptor.js";

/**
 * Opens a socket, or goes on with that which rests under its name where sockets outlive a process, such as a service manager's store:
 * what came to it meanwhile is in it.
 */
export type Resting = (name: string, open: () => Promise<Descriptor>) => Promise<Descriptor>;

/** Where none rests. */
export const opened: Resting = (_, open) => open();
