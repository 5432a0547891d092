import type { Connection } from "../netlink/connection.js";
import { type Glance, glanceAt } from "../rtnetlink/glance.js";
import { indexIn, type LinkReference } from "../rtnetlink/link-requests.js";

/** What is known of the bridges that ports are attached to. */
export interface BridgeMemory {
  /** A glance at a bridge, made now: those who ask in the same turn of the event loop share it. */
  glance(bridge: LinkReference): Promise<Glance>;
  /**
   * What a bridge, given by its index, was when it was looked at last: to be verified by a glance in the same trip.
   * Undefined when it is not known, or when a glance in this turn will tell.
   */
  recall(bridge: LinkReference): Glance | undefined;
  /** Something is being changed: who asks from now on wants a glance of his own. */
  forget(): void;
}

export function rememberBridges(connection: Connection): BridgeMemory {
  const shared = new Map<string | number, Promise<Glance>>();
  let last: Glance | undefined;

  function share(key: string | number, glance: Promise<Glance>): void {
    shared.set(key, glance);
    // The requests of a turn have left by then.
    process.nextTick(() => {
      if (shared.get(key) === glance) shared.delete(key);
    });
    glance.then(
      (seen) => (last = seen),
      () => (last = undefined),
    );
  }

  return {
    glance(bridge) {
      const key = typeof bridge === "string" ? bridge : indexIn(bridge);
      const found = shared.get(key);
      if (found !== undefined) return found;
      const glance = glanceAt(connection, bridge);
      share(key, glance);
      return glance;
    },
    recall(bridge) {
      const index = typeof bridge === "string" ? undefined : indexIn(bridge);
      return last !== undefined && last.index === index && !shared.has(index) ? last : undefined;
    },
    forget() {
      shared.clear();
    },
  };
}
