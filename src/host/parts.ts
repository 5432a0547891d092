import { builtin } from "../builtin.js";
import { errnoNumber, NetlinkError } from "../netlink/error.js";

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
  addresses: part(() => import("../rtnetlink/address-requests.js")),
  bondState: part(() => import("./bond-state.js")),
  bonds: part(() => import("./bonds.js")),
  bridgeVlans: part(() => import("./bridge-vlans.js")),
  causes: part(() => import("./causes.js")),
  classes: part(() => import("./classes.js")),
  fdb: part(() => import("./fdb.js")),
  filters: part(() => import("./filters.js")),
  hints: part(() => import("./hints.js")),
  joining: part(() => import("./joining.js")),
  macvtap: part(() => import("./macvtap.js")),
  mdb: part(() => import("./mdb.js")),
  neighbours: part(() => import("./neighbours.js")),
  nexthops: part(() => import("./nexthops.js")),
  port: part(() => import("./port.js")),
  portVlans: part(() => import("./port-vlans.js")),
  qdiscs: part(() => import("./qdiscs.js")),
  rateLimit: part(() => import("./rate-limit.js")),
  removal: part(() => import("./removal.js")),
  request: part(() => import("./request.js")),
  routes: part(() => import("./routes.js")),
  rules: part(() => import("./rules.js")),
  setting: part(() => import("./setting.js")),
  spanningTree: part(() => import("./spanning-tree.js")),
  virtualFunctions: part(() => import("./virtual-functions.js")),
};
