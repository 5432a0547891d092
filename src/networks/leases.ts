import { builtin } from "../base/builtin.js";
import { readLeaseLines } from "../dhcp/leases/lease-lines.js";
import type { CurrentLease } from "../dhcp/links/serve-dhcp.js";
import { thisBootsClock } from "../dhcp/links/system-clock.js";
import { checkNetworkName } from "./definition.js";
import { foldersOf, type NetworkFolders } from "./files.js";

const LEASES = ".leases";

/** The file in which a network's leases are kept. */
export function leaseFileOf(folders: NetworkFolders, name: string): string {
  checkNetworkName(name);
  return builtin("node:path").join(foldersOf(folders).state, name + LEASES);
}

/** The leases of a network that have not ended, as they are on disk: whether anybody serves it now or not. */
export async function networkLeases(name: string, folders: NetworkFolders = {}): Promise<CurrentLease[]> {
  const file = leaseFileOf(folders, name);
  const clock = await thisBootsClock();
  let bytes: Uint8Array;
  try {
    bytes = await builtin("node:fs/promises").readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const now = clock.now();
  const current = [...readLeaseLines(bytes, clock).leases.values()].filter(({ until }) => until > now);
  return current.map(({ until, ...lease }) => ({ ...lease, remaining: until - now }));
}
