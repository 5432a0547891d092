import type { Host } from "../host/host.js";
import type { NetfilterTables } from "../host/netfilter.js";
import { NetlinkError } from "../kernel/error.js";
import { threadOf } from "../kernel/namespace-descriptor.js";
import { type Committer, committer } from "../netfilter/messages/batch.js";
import { askService } from "../serve/messages/ask.js";

/** NETLINK_NETFILTER (linux/netlink.h). */
const NETLINK_NETFILTER = 12;
const TRIES = 10;
/** The name of each table that a service owns. */
const OWN_TABLE = "linkwright";

function has(error: unknown, ...codes: string[]): boolean {
  return error instanceof NetlinkError && codes.includes(error.code);
}

/** Commits by the socket that owns the tables, which the service at a path lends; false where there is none. */
async function commitAsOwner(host: Host, service: string, ...what: Parameters<Committer["commit"]>): Promise<boolean> {
  const answer = await askService(host, service, { method: "ruleset" });
  const [owner] = answer?.descriptors ?? [];
  try {
    if (owner === undefined) return false;
    const socket = await threadOf(host).openSocket(NETLINK_NETFILTER, owner.handle);
    try {
      await committer(socket).commit(...what);
    } finally {
      await socket.close();
    }
    return true;
  } finally {
    await answer?.close();
  }
}

/**
 * A host's ruleset, whose tables a service may own: what the kernel lets nobody but their owner do is done by the owner's socket, which
 * the service at `service` lends.
 */
export function ownedRuleset(host: Host, service: string | undefined): { readonly netfilter: NetfilterTables } {
  const { netfilter } = host;
  if (service === undefined) return { netfilter };

  async function isOwned(): Promise<boolean> {
    return (await netfilter.tables()).some(({ name, flags = [] }) => name === OWN_TABLE && flags.includes("owner"));
  }

  /** Whose the tables are is asked before, for a change that is refused takes the kernel a grace period. */
  async function commit(...what: Parameters<Committer["commit"]>): Promise<void> {
    const owned = await isOwned();
    if (owned && (await commitAsOwner(host, service!, ...what))) return;
    try {
      await netfilter.commit(...what);
    } catch (error) {
      if (owned || !has(error, "EPERM") || !(await commitAsOwner(host, service!, ...what))) throw error;
    }
  }

  return {
    netfilter: {
      ...netfilter,
      commit,
      async transact(make, filter) {
        for (let attempt = 1; ; attempt++) {
          const ruleset = await netfilter.ruleset(filter);
          try {
            await commit(await make(ruleset), ruleset.generation);
            return;
          } catch (error) {
            if (attempt === TRIES || !has(error, "ERESTART", "EAGAIN")) throw error;
          }
        }
      },
    },
  };
}
