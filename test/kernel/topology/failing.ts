import type { Host } from "../../../src/index.js";

const CHANGES = /^((add|open|set|remove|replace)(?=[A-Z]|$)|attach|detach|limitRate|append)/;

/** Counts what is changed, and tells before each change. Listings pass. */
function watched<T extends object>(target: T, before: (name: string) => void): T {
  return new Proxy(target, {
    get(object, property) {
      const value = Reflect.get(object, property, object) as unknown;
      const name = String(property);
      if (typeof value === "function")
        return (...given: unknown[]) => {
          if (CHANGES.test(name)) before(name);
          return (value as (...given: unknown[]) => unknown).apply(object, given);
        };
      const isGroup = ["routes", "rules", "neighbours", "fdb", "bridgeVlans"].includes(name);
      return isGroup ? watched(value as object, before) : value;
    },
  });
}

/** A host of which one change, counted from 0, is refused; those that come later are done. */
export function failing(host: Host, at: number): Host {
  return counting(host, (count) => {
    if (count === at) throw new Error(`injected at change ${at}`);
  });
}

/** A host that calls back before each change. */
export function counting(host: Host, before: (count: number) => void): Host {
  let count = 0;
  return watched(host, () => {
    before(count++);
  });
}
