import { builtin } from "../base/builtin.js";
import { type Ground, groundOf, keptRules } from "../cni/index.js";
import { Host } from "../host/host.js";
import type { Descriptor } from "../kernel/descriptor.js";
import type { Resting } from "../kernel/resting.js";
import type { Caller } from "../kernel/unix-socket.js";
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
  /** The one of a path, which the service knows from then on, and lets go of not before the caller has left. */
  at(path: string, caller?: Caller): Promise<ServedNamespace>;
  /** The same, if the service knows it already. */
  knownAt(path: string, caller?: Caller): Promise<ServedNamespace | undefined>;
  /** Who called is answered. */
  leave(caller: Caller): void;
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

/** Writes again what others have taken of the rules of networks that are served, and of containers that are attached. */
async function mend(
  { host, isOwner, owner: { committer }, folders }: Pick<ServedNamespace, "host" | "isOwner" | "owner" | "folders">,
  ofContainers: ReturnType<typeof keptRules> | undefined,
): Promise<boolean> {
  const owner = isOwner ? committer : undefined;
  const mended: boolean[] = [];
  for (const where of folders.values()) mended.push(await networks(host, where).mend({ owner }));
  if (ofContainers !== undefined) mended.push(await ofContainers(mended.includes(true), owner));
  return mended.includes(true);
}

/** What rested with the service manager is gone on with once; what is opened afresh rests there from then on. */
async function openNamespace(
  path: string,
  key: string,
  resting: Map<string, Descriptor>,
  settings: NamespaceSettings,
): Promise<ServedNamespace> {
  const { folders, env, sockets, report } = settings;
  const host = await Host.open({ namespace: path });
  const name = storedAs(key);
  const kept = resting.get(name);
  resting.delete(name);
  let owner: Owner | undefined;
  try {
    owner = await openOwner(path, kept);
    const served = new Map<string, ServedNetwork>();
    const leases = keptLeases(host, await leaseFolderOf(folders, key), report);
    const attachments = builtin("node:path").join(foldersOf(folders).run, "..", "cni");
    let ground: Promise<Ground> | undefined;
    let ofContainers: ReturnType<typeof keptRules> | undefined;
    const attach = async (): Promise<Ground> => {
      const attaching = await groundOf(host, attachments, folders);
      ofContainers = keptRules(attaching);
      return attaching;
    };
    const history = await host.history();
    const namespace: Omit<ServedNamespace, "rules"> = {
      host,
      owner,
      isOwner: false,
      networks: served,
      folders: new Map(),
      restOf: (network) => sockets.restOf(key, network),
      forgetSockets: (network) => sockets.forget(key, network),
      leases,
      history,
      ground: () => (ground ??= attach()),
      get isServed() {
        return served.size > 0 || leases.size > 0 || ground !== undefined;
      },
    };
    const rules = await keepRules(host, () => mend(namespace, ofContainers), report);
    if (kept === undefined) notify(env, ["FDSTORE=1", `FDNAME=${name}`], [owner.descriptor]);
    return Object.assign(namespace, { rules });
  } catch (error) {
    await owner?.close();
    await host.close();
    throw error;
  }
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
  return (await host.netfilter.tables()).some(({ name }) => name === TABLE);
}

/** A namespace that the service knows, and those who are calling about it. */
interface Known {
  readonly opening: Promise<ServedNamespace>;
  readonly callers: Set<Caller>;
}

export async function servedNamespaces(settings: NamespaceSettings): Promise<ServedNamespaces> {
  const known = new Map<string, Known>();
  const resting = new Map(settings.passed.map(({ name, descriptor }) => [name, descriptor]));
  const home = await keyOf(HOME);
  let lettingGo: Promise<void> = Promise.resolve();

  function knownFor(key: string, caller: Caller | undefined): Promise<ServedNamespace> | undefined {
    const found = known.get(key);
    if (found !== undefined && caller !== undefined) found.callers.add(caller);
    return found?.opening;
  }

  function open(path: string, key: string): void {
    const one: Known = { opening: openNamespace(path, key, resting, settings), callers: new Set() };
    known.set(key, one);
    one.opening.catch(() => known.delete(key));
  }

  async function letGoOf(key: string, { opening, callers }: Known): Promise<void> {
    const namespace = await opening.catch(() => undefined);
    if (namespace === undefined) return;
    const isUsed = (): boolean => callers.size > 0 || namespace.isServed;
    // Somebody may call while the kernel is asked.
    if (isUsed() || (await hasRules(namespace)) || isUsed()) return;
    notify(settings.env, ["FDSTOREREMOVE=1", `FDNAME=${storedAs(key)}`]);
    known.delete(key);
    await closeNamespace(namespace);
  }

  async function letGo(isHomeKept: boolean): Promise<void> {
    for (const [key, one] of known) if (!isHomeKept || key !== home) await letGoOf(key, one);
  }

  return {
    get size() {
      return known.size;
    },
    async at(path, caller) {
      const key = await keyOf(path);
      if (!known.has(key)) open(path, key);
      return knownFor(key, caller)!;
    },
    knownAt: async (path, caller) => knownFor(await keyOf(path), caller),
    leave(caller) {
      for (const { callers } of known.values()) callers.delete(caller);
    },
    all: () => Promise.all([...known.values()].map(({ opening }) => opening)),
    letGo(isHomeKept) {
      const mine = lettingGo.then(() => letGo(isHomeKept));
      lettingGo = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await lettingGo;
      for (const [key, { opening }] of known) {
        known.delete(key);
        const namespace = await opening.catch(() => undefined);
        if (namespace !== undefined) await closeNamespace(namespace);
      }
    },
  };
}
