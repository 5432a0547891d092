import type { Host } from "../../../src/index.js";

const CHANGES = /^((add|open|set|remove|replace)(?=[A-Z]|$)|attach|detach|limitRate|append|sendRecorded)/;

/** Tells before each call of a host that is one of those; unless given, of those that change something. */
function watched<T extends object>(target: T, before: (name: string) => void, calls = CHANGES): T {
  return new Proxy(target, {
    get(object, property) {
      const value = Reflect.get(object, property, object) as unknown;
      const name = String(property);
      if (typeof value === "function")
        return (...given: unknown[]) => {
          if (calls.test(name)) before(name);
          return (value as (...given: unknown[]) => unknown).apply(object, given);
        };
      const isGroup = ["routes", "rules", "nexthops", "neighbours", "fdb", "bridgeVlans"].includes(name);
      return isGroup ? watched(value as object, before, calls) : value;
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

/** A host that calls back before each listing of its links. */
export function listing(host: Host, before: () => void): Host {
  return watched(host, before, /^links$/);
}
