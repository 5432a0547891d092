import type { Connection } from "../../netlink/connection.js";
import { type LinkSummary, getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { indexIn, type LinkReference } from "../../rtnetlink/link/link-requests.js";

/** What is known of the bridges that ports are attached to. */
export interface BridgeCache {
  /** A summary of a bridge, asked for now: those who ask for what leaves together share it. */
  summary(bridge: LinkReference): Promise<LinkSummary>;
  /** What a bridge, given by its index, was when it was looked at last, if that is known: to be verified. */
  recall(bridge: LinkReference): LinkSummary | undefined;
  /** To be told of what may change a bridge: who asks from then on wants a summary of his own. */
  forget(): void;
}

/**
 * The bridges of which is known that they keep their MAC, whatever joins or leaves them (bridge-mac.ts), until something may change
 * them: another link may get the index of one that is removed.
 */
const keepers = new WeakMap<Connection, Set<number>>();

/** Their indexes, as far as a connection knows. */
export function macKeepers(connection: Connection): Set<number> {
  const known = keepers.get(connection) ?? new Set<number>();
  keepers.set(connection, known);
  return known;
}

export function cacheBridges(connection: Connection): BridgeCache {
  const shared = new Map<string | number, Promise<LinkSummary>>();
  /** How many messages had been sent when those who share asked. */
  let sentBefore = connection.sent;
  let last: LinkSummary | undefined;

  function ask(bridge: LinkReference): Promise<LinkSummary> {
    const summary = getLinkSummary(connection, bridge);
    summary.then(
      (seen) => (last = seen),
      () => (last = undefined),
    );
    return summary;
  }

  return {
    summary(bridge) {
      if (sentBefore !== connection.sent) shared.clear();
      sentBefore = connection.sent;
      const key = typeof bridge === "string" ? bridge : indexIn(bridge);
      const found = shared.get(key);
      if (found !== undefined) return found;
      const summary = ask(bridge);
      shared.set(key, summary);
      return summary;
    },
    recall(bridge) {
      return typeof bridge === "string" || last?.index !== indexIn(bridge) ? undefined : last;
    },
    forget() {
      shared.clear();
      keepers.delete(connection);
    },
  };
}
