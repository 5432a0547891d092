import { connect, type Connection } from "../netlink/connection.js";
import { NetlinkError } from "../kernel/error.js";
import type { NetlinkSocket } from "../kernel/netlink-socket.js";
import { type Committer, committer } from "./messages/batch.js";
import type { Changes } from "./messages/change.js";
import { netfilterMessageTypes } from "./messages/nfnetlink.js";
import { NFT_MSG_GETGEN } from "./messages/nf-tables.js";

/** How often changes are made anew that others' changes came before. */
const TRIES = 10;

/** A namespace's netfilter: what it is asked, and changes of its ruleset. */
export interface Netfilter extends Committer {
  readonly connection: Connection;
  /** The ruleset's generation: another one after each change by anybody. */
  generation(): Promise<number>;
  /**
   * Makes the changes that `make` says for the ruleset as it is, all or none. If somebody else changes it between, `make` is
   * called anew, up to ten times. Rejects as `commit` does, and with ERESTART when others' changes never end.
   */
  transact(make: (generation: number) => Changes | Promise<Changes>): Promise<void>;
}

/** Speaks NETLINK_NETFILTER over a socket. */
export function netfilter(socket: NetlinkSocket): Netfilter {
  const connection = connect(socket, netfilterMessageTypes);
  const { commit } = committer(socket);

  async function generation(): Promise<number> {
    const [reply] = await connection.request(NFT_MSG_GETGEN, {}, { subject: "the ruleset's generation" });
    return (reply?.attributes as { id?: number } | undefined)?.id ?? 0;
  }

  return {
    connection,
    commit,
    generation,
    async transact(make) {
      for (let attempt = 1; ; attempt++) {
        const made = await generation();
        try {
          await commit(await make(made), made);
          return;
        } catch (error) {
          if (attempt === TRIES || !isOutdated(error)) throw error;
        }
      }
    },
  };
}

function isOutdated(error: unknown): boolean {
  return error instanceof NetlinkError && (error.code === "ERESTART" || error.code === "EAGAIN");
}
