import type { Session } from "./session.js";
import { late } from "./late-code.js";
import { read } from "./work/reading.js";

/** Methods that change nothing. */
const ASKING: ReadonlySet<string> = new Set([
  ...["list", "get", "routers", "buckets", "globalOptions", "count", "devices"],
  ...["ruleset", "baseChains", "droppingElsewhere", "legacyTables", "connections"],
]);

/** What makes each group of a host's methods: functions that explain their refusals themselves. Its code is loaded with it. */
const makers = {
  bridgeVlans: ({ connection }: Session) => late.ports().bridgeVlansOf(connection),
  classes: ({ connection }: Session) => late.traffic().classesOf(connection),
  fdb: ({ connection }: Session) => late.forwarding().fdbTablesOf(connection),
  filters: ({ connection }: Session) => late.traffic().filtersOf(connection),
  mdb: ({ connection }: Session) => late.forwarding().multicastTablesOf(connection),
  netfilter: ({ namespace }: Session) => late.netfilter().netfilterOf(namespace.thread),
  neighbours: ({ connection }: Session) => late.routing().neighboursOf(connection),
  nexthops: ({ connection }: Session) => late.routing().nexthopsOf(connection),
  qdiscs: ({ connection }: Session) => late.traffic().qdiscsOf(connection),
  routes: ({ connection }: Session) => late.routing().routesOf(connection),
  rules: ({ connection }: Session) => late.routing().rulesOf(connection),
  virtualFunctions: ({ namespace }: Session) => late.functions().virtualFunctionsOf(namespace),
};

type Makers = typeof makers;

/** The groups of a host's methods, each made when it is first asked for. */
export interface Groups {
  get<N extends keyof Makers>(name: N): ReturnType<Makers[N]>;
  /** The same for another session of the host, over the sockets that this one has. */
  over(session: Session): Groups;
}

/** A group's functions, each a piece of work; those that change nothing can be given up. */
function asWork<G extends object>({ work }: Session, functions: G): G {
  const each = Object.entries(functions as Record<string, (...given: unknown[]) => Promise<unknown>>);
  const group = each.map(([name, method]) => [
    name,
    (...given: unknown[]) => (ASKING.has(name) ? read(work, method, ...given) : work.run(() => method(...given))),
  ]);
  return Object.fromEntries(group) as G;
}

export function groupsOf(session: Session, functions = new Map<string, object>()): Groups {
  const groups = new Map<string, object>();

  function functionsOf(name: keyof Makers): object {
    const made = functions.get(name) ?? makers[name](session);
    functions.set(name, made);
    return made;
  }

  return {
    get<N extends keyof Makers>(name: N) {
      const group = groups.get(name) ?? asWork(session, functionsOf(name));
      groups.set(name, group);
      return group as ReturnType<Makers[N]>;
    },
    over: (other) => groupsOf(other, functions),
  };
}
