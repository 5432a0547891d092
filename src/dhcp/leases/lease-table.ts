import type { Clock } from "../clock.js";
import type { Lease } from "./lease.js";
import { leaseLine, readLeaseLines } from "./lease-lines.js";
import type { LeaseFile } from "./lease-file.js";

/** A file is written anew when it has this many lines more than twice the leases. */
const SPARE_LINES = 1000;

/** Leases by address and by client; each change is in the file before it is told as done. */
export interface LeaseTable {
  /** The lease of an address, which may have ended. */
  at(address: string): Lease | undefined;
  /** The latest lease of a client, which may have ended. */
  of(client: string): Lease | undefined;
  /** How many leases that have not ended a port has, other than those of this client. */
  countOf(port: string, exceptClient: string): number;
  all(): Iterable<Lease>;
  /** Takes a lease in place of what the address and the client had; resolved when it is on disk. */
  commit(lease: Lease): Promise<void>;
  /** Ends a lease now; who had it gets the address again, if nobody else did. */
  end(lease: Lease): Promise<void>;
  /** Lines of the file that were torn or damaged when it was read. */
  readonly damaged: number;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/** Reads the leases. Where the file was damaged, or counts by the clock of another boot, it is written anew first. */
export async function openLeaseTable(file: LeaseFile, clock: Clock): Promise<LeaseTable> {
  const found = readLeaseLines(await file.read(), clock);
  const byAddress = new Map<string, Lease>();
  const byClient = new Map<string, Lease>();
  const byPort = new Map<string, Set<Lease>>();
  let lines = found.lines;
  let pending: { line: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;
  let tornByFailure = false;

  function remember(lease: Lease): void {
    const before = byAddress.get(lease.address);
    if (before !== undefined) {
      byPort.get(before.port ?? before.mac)?.delete(before);
      if (byClient.get(before.client) === before) byClient.delete(before.client);
    }
    byAddress.set(lease.address, lease);
    byClient.set(lease.client, lease);
    const port = lease.port ?? lease.mac;
    const leases = byPort.get(port);
    if (leases === undefined) byPort.set(port, new Set([lease]));
    else leases.add(lease);
  }

  function rewrite(): Promise<void> {
    lines = byAddress.size;
    return file.replace(Array.from(byAddress.values(), (lease) => leaseLine(lease, clock)).join(""));
  }

  /** Whatever was asked for while one write was under way goes with the next: one wait for the disk for all of them. */
  async function writePending(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        await file.append((tornByFailure ? "\n" : "") + batch.map(({ line }) => line).join(""));
        tornByFailure = false;
        lines += batch.length;
        for (const { done } of batch) done();
      } catch (error) {
        tornByFailure = true;
        for (const { failed } of batch) failed(error);
      }
      // What cannot be written anew now stays as it is, long but right, and is tried again later.
      if (lines > 2 * byAddress.size + SPARE_LINES) await rewrite().catch(() => undefined);
    }
    writing = undefined;
  }

  function write(lease: Lease): Promise<void> {
    return new Promise((done, failed) => {
      pending.push({ line: leaseLine(lease, clock), done, failed });
      writing ??= Promise.resolve().then(writePending);
    });
  }

  for (const lease of found.leases.values()) remember(lease);
  if (found.damaged > 0 || found.fromAnotherBoot) await rewrite();

  const table: LeaseTable = {
    damaged: found.damaged,
    at: (address) => byAddress.get(address),
    of: (client) => byClient.get(client),
    countOf(port, exceptClient) {
      let count = 0;
      const now = clock.now();
      for (const lease of byPort.get(port) ?? []) if (lease.until > now && lease.client !== exceptClient) count++;
      return count;
    },
    all: () => byAddress.values(),
    commit(lease) {
      const before = byClient.get(lease.client);
      if (before !== undefined && before.address !== lease.address && before.until > clock.now())
        void table.end(before).catch(() => undefined);
      remember(lease);
      return write(lease);
    },
    end(lease) {
      const ended = { ...lease, until: Math.min(lease.until, clock.now()) };
      remember(ended);
      return write(ended);
    },
    async close() {
      await writing;
      await file.close();
    },
  };
  return table;
}
