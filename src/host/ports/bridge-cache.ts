import type { Connection } from "../../netlink/connection.js";
import { type Glance, glanceAt } from "../../rtnetlink/link/link-summary.js";
import { indexIn, type LinkReference } from "../../rtnetlink/link/link-requests.js";

/** What is known of the bridges that ports are attached to. */
export interface BridgeMemory {
  /** A glance at a bridge, made now: those who ask for what leaves together share it. */
  glance(bridge: LinkReference): Promise<Glance>;
  /** What a bridge, given by its index, was when it was looked at last, if that is known: to be verified. */
  recall(bridge: LinkReference): Glance | undefined;
  /** To be told of what may change a bridge: who asks from then on wants a glance of his own. */
  forget(): void;
}

export function rememberBridges(connection: Connection): BridgeMemory {
  const shared = new Map<string | number, Promise<Glance>>();
  /** The trip that those who share go on. */
  let trip = connection.sent;
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
      return typeof bridge === "string" || last?.index !== indexIn(bridge) ? undefined : last;
    },
    forget() {
      shared.clear();
    },
  };
}
