import type { Connection } from "../netlink/connection.js";
import { type Glance, glanceAt } from "../rtnetlink/glance.js";
import { indexIn, type LinkReference } from "../rtnetlink/link-requests.js";

/** What is known of the bridges that ports are attached to. */
export interface BridgeMemory {
  /** A glance at a bridge, made now: those who ask for what leaves together share it. */
  glance(bridge: LinkReference): Promise<Glance>;
  /**
   * What a bridge, given by its index, was when it was looked at last: to be verified in the same trip. Undefined when it is
   * not known, or for all but the first who ask before the next trip: they are many, and better share a glance.
   */
  recall(bridge: LinkReference): Glance | undefined;
  /** Something is being changed: who asks from now on wants a glance of his own. */
  forget(): void;
}

export function rememberBridges(connection: Connection): BridgeMemory {
  const shared = new Map<string | number, Promise<Glance>>();
  /** The trip that those who share go on, and the last for which something was recalled. */
  let trip = connection.sent;
  let recalled: number | undefined;
  let last: Glance | undefined;

  function look(bridge: LinkReference): Promise<Glance> {
    const glance = glanceAt(connection, bridge);
    glance.then(
      (seen) => (last = seen),
      () => (last = undefined),
    );
    return glance;
  }

  return {
    glance(bridge) {
      if (trip !== connection.sent) shared.clear();
      trip = connection.sent;
      const key = typeof bridge === "string" ? bridge : indexIn(bridge);
      const found = shared.get(key);
      if (found !== undefined) return found;
      const glance = look(bridge);
      shared.set(key, glance);
      return glance;
    },
    recall(bridge) {
      if (typeof bridge === "string" || last?.index !== indexIn(bridge) || recalled === connection.sent)
        return undefined;
      recalled = connection.sent;
      return last;
    },
    forget() {
      shared.clear();
    },
  };
}
