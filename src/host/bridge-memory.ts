import type { Connection } from "../netlink/connection.js";
import { type Glance, glanceAt } from "../rtnetlink/glance.js";
import type { LinkReference } from "../rtnetlink/link-requests.js";

/** How long, in milliseconds, what was read of a bridge is taken for true. */
const FRESH = 100;

/** What is known of the bridges that ports have lately been attached to. */
export interface BridgeMemory {
  /** A glance at a bridge, a tenth of a second old at most: thousands of ports that join one read it once. */
  glance(bridge: LinkReference): Promise<Glance>;
  /** Something was changed: nothing is known any more. */
  forget(): void;
}

export function rememberBridges(connection: Connection): BridgeMemory {
  const known = new Map<string | number, { readonly at: number; readonly glance: Promise<Glance> }>();
  return {
    glance(bridge) {
      const key = typeof bridge === "object" ? bridge.index : bridge;
      const now = performance.now();
      const found = known.get(key);
      if (found !== undefined && now - found.at < FRESH) return found.glance;
      const glance = glanceAt(connection, bridge);
      known.clear();
      known.set(key, { at: now, glance });
      glance.catch(() => known.delete(key));
      return glance;
    },
    forget() {
      known.clear();
    },
  };
}
