import { InputError } from "../base/errors.js";
import type { ClientLease } from "../dhcp/client/client-lease.js";
import { leaseLeft } from "../dhcp/links/foreign-lease.js";
import { keepLease, type KeptLease } from "../dhcp/links/keep-lease.js";
import type { Host } from "../host/host.js";
import { records } from "../networks/state-files.js";

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
   * confirmed in place of asking for another; so is one that is given. Rejects with InputError while another client is at work on the
   * link.
   */
  keep(settings: LeaseRecord): Promise<ClientLease>;
  /** Keeps the lease of a link no more: gives it back, or leaves the address until its lifetime is over. */
  end(link: string, how: "release" | "close"): Promise<void>;
  /** Goes on with what was kept: servers are waited for, links that are not there are told. */
  resume(): Promise<void>;
  list(): Promise<LeaseRecord[]>;
  /** Stops; addresses stay until their lifetimes are over. */
  close(): Promise<void>;
}

/** The leases of links of a host's namespace, kept in a folder. */
export function keptLeases(host: Host, folder: string, report: (event: object) => void): KeptLeases {
  const kept = records<LeaseRecord>(folder);
  const running = new Map<string, Promise<KeptLease>>();
  const stop = new AbortController();
  let writes = Promise.resolve();

  function start(record: LeaseRecord): Promise<KeptLease> {
    const { link } = record;
    const write = (lease: ClientLease | undefined): void => {
      writes = writes
        .then(() => kept.write(link, { ...record, lease }))
        .catch((error: Error) => {
          report({ link, event: "failed", reason: error.message });
        });
    };
    const { clientId, hostname, lease } = record;
    const starting = keepLease(host, link, {
      ...{ clientId, hostname, lease, signal: stop.signal },
      report(event) {
        if (event.event === "lease") write(event.lease);
        else if (event.event === "lost") write(undefined);
        report({ link, ...event });
      },
    });
    running.set(link, starting);
    starting.catch(() => running.delete(link));
    return starting;
  }

  async function end(link: string, how: "release" | "close"): Promise<void> {
    const one = await running.get(link)?.catch(() => undefined);
    running.delete(link);
    await one?.[how]();
  }

  return {
    get size() {
      return running.size;
    },
    async keep(settings) {
      const { link } = settings;
      if (running.has(link)) throw new InputError(`the lease of ${link} is kept already`, "link");
      const lease = settings.lease ?? (await kept.read(link))?.lease ?? (await leaseLeft(host, link));
      const started = await start({ ...settings, lease });
      await writes;
      return started.lease!;
    },
    async end(link, how) {
      if ((await kept.read(link)) === undefined) throw new InputError(`no lease of ${link} is kept`, "link");
      await end(link, how);
      await writes;
      await kept.remove(link);
    },
    async resume() {
      for (const link of await kept.names()) {
        const record = await kept.read(link);
        if (record === undefined) continue;
        start(record).catch((error: Error) => {
          if (!stop.signal.aborted) report({ link, event: "notKept", reason: error.message });
        });
      }
    },
    async list() {
      const all = await Promise.all((await kept.names()).map((name) => kept.read(name)));
      return all.filter((each) => each !== undefined);
    },
    async close() {
      stop.abort();
      for (const link of [...running.keys()]) await end(link, "close");
      await writes;
    },
  };
}
