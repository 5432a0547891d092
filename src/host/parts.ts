import { builtin } from "../base/builtin.js";
import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "../kernel/error.js";

/** Code that is loaded when it is first wanted. */
export interface Part<M> {
  /** Undefined until it is loaded. */
  readonly module: M | undefined;
  load(): Promise<M>;
}

/** More files than any part consists of. */
const FILES = 16;

/** Throws NetlinkError when the process has few descriptors left: what Node could not read once, it never reads again. */
function checkDescriptors(): void {
  const { closeSync, openSync } = builtin("node:fs");
  const opened: number[] = [];
  try {
    while (opened.length < FILES) opened.push(openSync("/", "r"));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EMFILE" || code === "ENFILE") throw new NetlinkError({ errno: errnoNumber(code), syscall: "open" });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Code behind an import() of it. That a process was short of descriptors is no reason not to try again. */
export function part<M>(load: () => Promise<M>): Part<M> {
  let loading: Promise<M> | undefined;
  let module: M | undefined;
  return {
    get module() {
      return module;
    },
    load() {
      loading ??= new Promise<M>((resolve) => {
        checkDescriptors();
        resolve(load());
      }).then(
        (loaded) => (module = loaded),
        (error: unknown) => {
          loading = undefined;
          throw error;
        },
      );
      return loading;
    },
  };
}

/** What a host does less often than to wire up a machine: who imports the package does not pay for it before it is used. */
export const parts = {
  addresses: part(() => import("./addresses.js")),
  bondState: part(() => import("./ports/bond-state.js")),
  bonds: part(() => import("./ports/bond.js")),
  bridgeVlans: part(() => import("./ports/bridge-vlans.js")),
  causes: part(() => import("./hints/causes.js")),
  classes: part(() => import("./traffic/classes.js")),
  fdb: part(() => import("./forwarding/fdb.js")),
  filters: part(() => import("./traffic/filters.js")),
  hints: part(() => import("./hints/hints.js")),
  joining: part(() => import("./ports/join.js")),
  macvtap: part(() => import("./taps/macvtap.js")),
  mdb: part(() => import("./forwarding/mdb.js")),
  neighbours: part(() => import("./routing/neighbours.js")),
  nexthops: part(() => import("./routing/nexthops.js")),
  port: part(() => import("./ports/port.js")),
  portVlans: part(() => import("./ports/port-vlans.js")),
  qdiscs: part(() => import("./traffic/qdiscs.js")),
  rateLimit: part(() => import("./traffic/rate-limit.js")),
  removal: part(() => import("./links/removal.js")),
  request: part(() => import("./request.js")),
  routes: part(() => import("./routing/routes.js")),
  rules: part(() => import("./routing/rules.js")),
  setting: part(() => import("./links/set-link.js")),
  spanningTree: part(() => import("./ports/spanning-tree.js")),
  virtualFunctions: part(() => import("./functions/virtual-functions.js")),
};
