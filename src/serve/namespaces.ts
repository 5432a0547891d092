import { builtin } from "../base/builtin.js";
import { type Ground, groundOf } from "../cni/index.js";
import { Host } from "../host/host.js";
import type { Resting } from "../kernel/resting.js";
import { foldersOf, type NetworkFolders } from "../networks/state-files.js";
import { networks } from "../networks/networks.js";
import type { History } from "../watch/history.js";
import { type KeptLeases, keptLeases } from "./kept-leases.js";
import { keepRules, type KeptRules } from "./kept-rules.js";
import { type Owner, openOwner } from "./ruleset-owner.js";
import type { SocketStore } from "./socket-store.js";
import { notify, type PassedDescriptor } from "./systemd.js";

/** A network whose guests get their addresses. */
interface ServedNetwork {
  readonly name: string;
  close(): Promise<void>;
}

/** A namespace in which the service does something. */
export interface ServedNamespace {
  readonly host: Host;
  /** The socket that owns the rules of its networks. */
  readonly owner: Owner;
  /** Whether the rules are this service's alone. */
  isOwner: boolean;
  /** What writes rules again that others take. */
  readonly rules: KeptRules;
  /** By folder and name. */
  readonly networks: Map<string, ServedNetwork>;
  /** Where networks are kept that are served, by the folder of what is up. */
  readonly folders: Map<string, NetworkFolders>;
  /** Where the sockets of a network rest while the service is started again. */
  restOf(network: string): Resting;
  /** Lets go of a network's sockets that rest there. */
  forgetSockets(network: string): Promise<void>;
  /** What happened there since the service knows it. */
  readonly history: History;
  readonly leases: KeptLeases;
  /** Where containers are attached; from then on the service keeps it. */
  ground(): Promise<Ground>;
  /** Something is done for whoever is there. */
  readonly isServed: boolean;
}

/** The namespaces that a service knows. */
export interface ServedNamespaces {
  readonly size: number;
  /** The one of a path, which the service knows from then on. */
  at(path: string): Promise<ServedNamespace>;
  /** The same, if the service knows it already. */
  knownAt(path: string): Promise<ServedNamespace | undefined>;
  all(): Promise<ServedNamespace[]>;
  /** Lets go of those in which nothing is done any more, and whose rules nobody needs; never of the service's own, if that is `kept`. */
  letGo(isHomeKept: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface NamespaceSettings {
  readonly folders: NetworkFolders;
  readonly env: NodeJS.ProcessEnv;
  readonly passed: readonly PassedDescriptor[];
  readonly sockets: SocketStore;
  readonly report: (event: object) => void;
}

/** The service's own namespace. */
export const HOME = "/proc/thread-self/ns/net";
/** The table that a network's rules are in. */
const TABLE = "linkwright";

/** What the service manager keeps a namespace's socket under. */
const storedAs = (key: string): string => `ruleset-${key}`;

/** Which namespace that is: the number of its file. */
async function keyOf(path: string): Promise<string> {
  return String((await builtin("node:fs/promises").stat(path)).ino);
}

/** Leases of another namespace than the service's own are kept apart: links there have the same names. */
async function leaseFolderOf(folders: NetworkFolders, key: string): Promise<string> {
  const suffix = key === (await keyOf("/proc/self/ns/net")) ? "" : `@${key}`;
  return builtin("node:path").join(foldersOf(folders).state, `../leases${suffix}`);
}

/** Writes again what others have taken of the rules of networks that are served. */
async function mend({ host, isOwner, owner: { committer }, folders }: ServedNamespace): Promise<boolean> {
  const owner = isOwner ? committer : undefined;
  const mended: boolean[] = [];
  for (const where of folders.values()) mended.push(await networks(host, where).mend({ owner }));
  return mended.includes(true);
}

async function openNamespace(path: string, key: string, settings: NamespaceSettings): Promise<ServedNamespace> {
  const { folders, env, passed, sockets, report } = settings;
  const host = await Host.open({ namespace: path });
  const kept = passed.find(({ name }) => name === storedAs(key))?.descriptor;
  const owner = await openOwner(path, kept);
  if (kept === undefined) notify(env, ["FDSTORE=1", `FDNAME=${storedAs(key)}`], [owner.descriptor]);
  const served = new Map<string, ServedNetwork>();
  const leases = keptLeases(host, await leaseFolderOf(folders, key), report);
  const attachments = builtin("node:path").join(foldersOf(folders).run, "..", "cni");
  let ground: Promise<Ground> | undefined;
  const namespace: ServedNamespace = {
    host,
    owner,
    isOwner: false,
    rules: await keepRules(host, () => mend(namespace), report),
    networks: served,
    folders: new Map(),
    restOf: (network) => sockets.restOf(key, network),
    forgetSockets: (network) => sockets.forget(key, network),
    leases,
    history: await host.history(),
    ground: () => (ground ??= groundOf(host, attachments, folders)),
    get isServed() {
      return served.size > 0 || leases.size > 0 || ground !== undefined;
    },
  };
  return namespace;
}

async function closeNamespace({ host, owner, networks: served, leases, rules }: ServedNamespace): Promise<void> {
  await rules.close();
  await leases.close();
  for (const network of served.values()) await network.close();
  await owner.close();
  await host.close();
}

/** Whether a network of linkwright's is up there: its rules are. */
async function hasRules({ host }: ServedNamespace): Promise<boolean> {
  const { tables } = await host.netfilter.ruleset();
  return tables.some(({ name }) => name === TABLE);
}

export async function servedNamespaces(settings: NamespaceSettings): Promise<ServedNamespaces> {
  const known = new Map<string, Promise<ServedNamespace>>();
  const home = await keyOf(HOME);
  return {
    get size() {
      return known.size;
    },
    async at(path) {
      const key = await keyOf(path);
      const found = known.get(key);
      if (found !== undefined) return found;
      const opening = openNamespace(path, key, settings);
      known.set(key, opening);
      opening.catch(() => known.delete(key));
      return opening;
    },
    knownAt: async (path) => known.get(await keyOf(path)),
    all: () => Promise.all(known.values()),
    async letGo(isHomeKept) {
      for (const [key, opening] of known) {
        const namespace = await opening;
        if (namespace.isServed || (isHomeKept && key === home) || (await hasRules(namespace))) continue;
        known.delete(key);
        await closeNamespace(namespace);
        notify(settings.env, ["FDSTOREREMOVE=1", `FDNAME=${storedAs(key)}`]);
      }
    },
    async close() {
      for (const [key, opening] of known) {
        known.delete(key);
        const namespace = await opening.catch(() => undefined);
        if (namespace !== undefined) await closeNamespace(namespace);
      }
    },
  };
}
