import { InputError } from "../base/errors.js";
import { onAbort, unlessAborted } from "../base/signal.js";
import type { ClientLease } from "../dhcp/client/client-lease.js";
import { leaseLeft } from "../dhcp/links/foreign-lease.js";
import { keepLease, type KeptLease } from "../dhcp/links/keep-lease.js";
import type { Host } from "../host/host.js";
import { lastingRecords } from "../networks/state-files.js";

/** A link whose address the service gets by DHCP and keeps. */
export interface LeaseRecord {
  readonly link: string;
  /** What the server is to know the client by. Undefined: that of the lease that was there, or else the MAC. */
  readonly clientId?: string | undefined;
  readonly hostname?: string | undefined;
  /** As it was last told. */
  readonly lease?: ClientLease | undefined;
}

/** The leases that a service keeps for links of a namespace. */
export interface KeptLeases {
  readonly size: number;
  /**
   * Gets a link its lease, and keeps it from then on, also when the service starts again. A lease that another client has left is
   * confirmed in place of asking for another; so is one that is given. A server is waited for until the signal aborts: then nothing is
   * kept. Rejects with InputError while another client is at work on the link, and where its lease is kept or asked for.
   */
  keep(settings: LeaseRecord, signal: AbortSignal): Promise<ClientLease>;
  /** Keeps the lease of a link no more, or asks for none: gives it back, or leaves the address until its lifetime is over. */
  end(link: string, how: "release" | "close"): Promise<void>;
  /** Goes on with what was kept: servers are waited for, links that are not there are told. */
  resume(): Promise<void>;
  /** Those that are on their links. */
  list(): LeaseRecord[];
  /** Stops; addresses stay until their lifetimes are over. */
  close(): Promise<void>;
}

/** A link whose lease is asked for, or kept. */
interface Running {
  readonly stop: AbortController;
  /** It goes on from before the service was started. */
  readonly isResumed: boolean;
  /** Resolved when the first lease is on the link. */
  readonly kept: Promise<KeptLease>;
  /** What is kept; undefined until the first lease is on the link. */
  record?: LeaseRecord;
}

/** The leases of links of a host's namespace, kept in a folder. */
export function keptLeases(host: Host, folder: string, report: (event: object) => void): KeptLeases {
  const kept = lastingRecords<LeaseRecord>(folder);
  const running = new Map<string, Running>();
  let writes = Promise.resolve();

  function write(one: Running, record: LeaseRecord): void {
    const { link } = record;
    one.record = record;
    writes = writes
      .then(() => kept.write(link, record))
      .catch((error: Error) => {
        report({ link, event: "failed", reason: error.message });
      });
  }

  function forget(link: string, one: Running): void {
    if (running.get(link) === one) running.delete(link);
  }

  function start(link: string, isResumed: boolean, read: () => Promise<LeaseRecord>): Running {
    const stop = new AbortController();

    async function begin(): Promise<KeptLease> {
      const record = await read();
      const { clientId, hostname, lease } = record;
      const first = await keepLease(host, link, {
        ...{ clientId, hostname, lease, signal: stop.signal },
        report(event) {
          if (one.record !== undefined && event.event === "lease") write(one, { ...record, lease: event.lease });
          if (one.record !== undefined && event.event === "lost") write(one, { ...record, lease: undefined });
          report({ link, ...event });
        },
      });
      write(one, { ...record, lease: first.lease });
      return first;
    }

    const one: Running = { stop, isResumed, kept: begin() };
    running.set(link, one);
    one.kept.catch(() => {
      forget(link, one);
    });
    return one;
  }

  async function end(link: string, one: Running, how: "release" | "close"): Promise<void> {
    one.stop.abort(new InputError(`the lease of ${link} is asked for no more`, "link"));
    try {
      const lease = await one.kept.catch(() => undefined);
      await lease?.[how]();
    } finally {
      forget(link, one);
    }
  }

  return {
    get size() {
      return running.size;
    },
    async keep(settings, signal) {
      signal.throwIfAborted();
      const { link, clientId, hostname } = settings;
      const found = running.get(link);
      if (found?.record !== undefined) throw new InputError(`the lease of ${link} is kept already`, "link");
      // What goes on from before is waited for; one who calls for it waits for that.
      const isJoined = found?.isResumed === true && clientId === undefined && hostname === undefined;
      if (found !== undefined && !isJoined) throw new InputError(`a lease of ${link} is asked for already`, "link");
      const read = async (): Promise<LeaseRecord> => ({
        ...settings,
        lease: settings.lease ?? (await kept.read(link))?.lease ?? (await leaseLeft(host, link)),
      });
      const one = found ?? start(link, false, read);
      const takeBack = onAbort(found === undefined ? signal : undefined, (reason) => {
        one.stop.abort(reason);
      });
      try {
        const first = await (found === undefined ? one.kept : unlessAborted(signal, one.kept));
        await writes;
        return first.lease!;
      } finally {
        takeBack();
      }
    },
    async end(link, how) {
      const one = running.get(link);
      if (one === undefined && (await kept.read(link)) === undefined)
        throw new InputError(`no lease of ${link} is kept`, "link");
      if (one !== undefined) await end(link, one, how);
      await writes;
      await kept.remove(link);
    },
    async resume() {
      for (const link of await kept.names()) {
        const record = await kept.read(link);
        if (record === undefined || running.has(link)) continue;
        const one = start(link, true, () => Promise.resolve(record));
        one.kept.catch((error: Error) => {
          if (!one.stop.signal.aborted) report({ link, event: "notKept", reason: error.message });
        });
      }
    },
    list: () => [...running.values()].flatMap(({ record }) => record ?? []),
    async close() {
      for (const [link, one] of running) await end(link, one, "close");
      await writes;
    },
  };
}
