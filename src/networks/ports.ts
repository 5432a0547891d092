import { builtin } from "../base/builtin.js";
import { readLeaseLog } from "../dhcp/leases/lease-log.js";
import { thisBootsClock } from "../dhcp/links/system-clock.js";
import type { CurrentLease } from "../dhcp/links/serve-dhcp.js";
import type { Host } from "../host/host.js";
import type { NetworkFolders } from "./files.js";
import { planOf } from "./definition.js";
import { leaseFileOf, networks } from "./networks.js";

/** A port of a network, and what is known of who is behind it. */
export interface NetworkPort {
  readonly link: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  /** MACs that have sent something by it. */
  readonly macs: readonly string[];
  /** Their addresses: those of their leases, and those that this machine has seen them use. */
  readonly addresses: readonly string[];
  readonly hostnames: readonly string[];
  /** Bytes that the guest has sent, and that it was sent. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Frames to and from it that were dropped. */
  readonly drops: number;
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
  const current = [...readLeaseLog(bytes, clock).leases.values()].filter(({ until }) => until > now);
  return current.map(({ until, ...lease }) => ({ ...lease, remaining: until - now }));
}

/** The ports of a network that is up, with their guests: none for one that is not. Rejects with InputError. */
export async function networkPorts(host: Host, name: string, folders: NetworkFolders = {}): Promise<NetworkPort[]> {
  const { active, definition } = await networks(host, folders).info(name);
  if (!active) return [];
  const { bridge } = planOf(definition);
  const { index } = await host.link(bridge);
  const [links, entries, neighbours, leases] = await Promise.all([
    host.links({ master: bridge }),
    host.fdb.list({ bridge }),
    host.neighbours.list({ link: bridge }),
    networkLeases(name, folders),
  ]);
  const counters = await host.counters();
  return links
    .filter(({ master }) => master === index)
    .map((link) => {
      const learned = entries.filter((entry) => entry.index === link.index && entry.state !== "permanent");
      const macs = [...new Set(learned.map(({ address }) => address))];
      const own = leases.filter(({ mac }) => macs.includes(mac));
      const seen = neighbours.filter(({ lladdr }) => lladdr !== undefined && macs.includes(lladdr));
      const counted = counters.find((each) => each.index === link.index)?.link;
      return {
        link: link.name,
        kind: link.kind,
        up: link.up,
        macs,
        addresses: [...new Set([...own.map(({ address }) => address), ...seen.map(({ address }) => address)])],
        hostnames: own.flatMap(({ hostname }) => hostname ?? []),
        sentBytes: counted?.rxBytes ?? 0,
        receivedBytes: counted?.txBytes ?? 0,
        drops: (counted?.rxDropped ?? 0) + (counted?.txDropped ?? 0),
      };
    });
}
