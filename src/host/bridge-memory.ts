import type { Connection } from "../netlink/connection.js";
import { type Glance, glanceAt } from "../rtnetlink/glance.js";
import type { LinkReference } from "../rtnetlink/link-requests.js";

/** How long, in milliseconds, what was read of a bridge with a certain index is taken for true. */
const FRESH = 100;

/** What is known of the bridges that ports have lately been attached to. */
export interface BridgeMemory {
  /**
   * A glance at a bridge: by index a tenth of a second old at most, by name just being made. Thousands of ports that join a
   * bridge in one turn read it once.
   */
  glance(bridge: LinkReference): Promise<Glance>;
  /** Something was changed: nothing is known any more. */
  forget(): void;
}

export function rememberBridges(connection: Connection): BridgeMemory {
  const known = new Map<string | number, { readonly at: number; readonly glance: Promise<Glance> }>();

  function read(bridge: LinkReference, key: string | number, at: number): Promise<Glance> {
    const glance = glanceAt(connection, bridge);
    const entry = { at, glance };
    const drop = (): void => {
      if (known.get(key) === entry) known.delete(key);
    };
    known.clear();
    known.set(key, entry);
    // Another link may have a name in the next moment, but never an index.
    glance.then(typeof key === "string" ? drop : undefined, drop);
    return glance;
  }

  return {
    glance(bridge) {
      const key = typeof bridge === "object" ? bridge.index : bridge;
      const now = performance.now();
      const found = known.get(key);
      return found !== undefined && now - found.at < FRESH ? found.glance : read(bridge, key, now);
    },
    forget() {
      known.clear();
    },
  };
}
