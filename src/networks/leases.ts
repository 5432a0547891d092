import { builtin } from "../base/builtin.js";
import { readLeaseLines } from "../dhcp/leases/lease-lines.js";
import type { CurrentLease } from "../dhcp/links/serve-dhcp.js";
import { thisBootsClock } from "../dhcp/links/system-clock.js";
import { checkNetworkName } from "./definition.js";
import { dnsmasqFiles } from "./dnsmasq/serve-dnsmasq.js";
import { foldersOf, type NetworkFolders } from "./state-files.js";

const LEASES = ".leases";

/** The file in which a network's leases are kept. */
export function leaseFileOf(folders: NetworkFolders, name: string): string {
  checkNetworkName(name);
  return builtin("node:path").join(foldersOf(folders).state, name + LEASES);
}

/** A lease of a network's guest; dnsmasq does not keep for how long it gave it. */
export type NetworkLease = Omit<CurrentLease, "client" | "duration"> & Partial<CurrentLease>;

/** Leases as dnsmasq keeps them: the second of their end, MAC, address, name and client identifier, "*" for none. */
function dnsmasqLeases(text: string): NetworkLease[] {
  return text.split("\n").flatMap((line) => {
    const [, until = "", mac = "", address = "", hostname = "*"] =
      /^(\d+) ([\da-f:]{17}) ([\d.]+) (\S+)/.exec(line) ?? [];
    const remaining = until === "0" ? Infinity : Number(until) * 1000 - Date.now();
    if (until === "" || remaining <= 0) return [];
    return [{ address, mac, remaining, ...(hostname === "*" ? {} : { hostname }) }];
  });
}

async function fileIn(path: string): Promise<Buffer | undefined> {
  try {
    return await builtin("node:fs/promises").readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The leases of a network that have not ended, as they are on disk: whether anybody serves it now or not. */
export async function networkLeases(name: string, folders: NetworkFolders = {}): Promise<NetworkLease[]> {
  const clock = await thisBootsClock();
  const own = await fileIn(leaseFileOf(folders, name));
  const dnsmasq = await fileIn(dnsmasqFiles(folders, name).leases);
  const now = clock.now();
  const kept = own === undefined ? [] : [...readLeaseLines(own, clock).leases.values()];
  const current = kept
    .filter(({ until }) => until > now)
    .map(({ until, ...lease }) => ({ ...lease, remaining: until - now }));
  return [...current, ...dnsmasqLeases(dnsmasq?.toString("utf8") ?? "")];
}
