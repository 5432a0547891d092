import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import type { foldersOf, NetworkFolders } from "../../networks/state-files.js";
import { networks } from "../../networks/networks.js";
import { serveNetwork } from "../../networks/serve-addresses.js";
import type { Asked } from "../messages/questions.js";
import type { ServedNamespace } from "../namespaces.js";
import type { Answer } from "./answer.js";

/** What kernels refuse to let a socket own a table with: those before 6.9 do not know it, and one may have an owner. */
const NOT_OWNED: readonly string[] = ["EOPNOTSUPP", "EINVAL", "EPERM"];

/** The name of each table of the networks. */
const TABLE = "linkwright";

/** One network is told from another by its folder, too. */
const keyOf = ({ name, run }: Pick<Asked<"serve">, "name" | "run">): string => `${run} ${name}`;

/** Whether the networks' tables have an owner, and one of them is there. */
async function areOwned(host: Host): Promise<boolean> {
  const own = (await host.netfilter.tables()).filter(({ name }) => name === TABLE);
  return own.length > 0 && own.every(({ flags = [] }) => flags.includes("owner"));
}

/** Makes the tables of a namespace's networks this service's, where the kernel and their owner let it. */
async function own(
  namespace: ServedNamespace,
  folders: NetworkFolders,
  report: (event: object) => void,
): Promise<void> {
  const { host, owner, rules } = namespace;
  if (namespace.isOwner && (await areOwned(host))) return;
  try {
    await networks(host, folders).reload({ owner: owner.committer });
    namespace.isOwner = true;
  } catch (error) {
    const isKnown = error instanceof NetlinkError && NOT_OWNED.includes(error.code);
    if (!isKnown && !(error instanceof InputError)) throw error;
    report({ event: "notOwner", reason: error.message });
    await rules.look();
  }
}

/** Gives the guests of a network that is up their addresses, in place of whatever did so here. */
async function serveIn(
  namespace: ServedNamespace,
  network: Asked<"serve">,
  report: (event: object) => void,
): Promise<void> {
  const { name, state, run } = network;
  const key = keyOf(network);
  const told = (event: object): void => {
    report({ network: name, ...event });
  };
  namespace.folders.set(run, { state, run });
  await namespace.networks.get(key)?.close();
  namespace.networks.delete(key);
  const service = await serveNetwork(namespace.host, name, { state, run, report: told, rest: namespace.restOf(name) });
  namespace.networks.set(key, { name, close: () => service.close() });
  await own(namespace, { state, run }, report);
  told({ event: "serving" });
}

/** Starts the networks of a namespace that are to be up, and serves those that are. What one does not do, keeps no other from it. */
export async function resumeNetworks(
  namespace: ServedNamespace,
  folders: ReturnType<typeof foldersOf>,
  report: (event: object) => void,
): Promise<void> {
  const { state, run } = folders;
  const all = networks(namespace.host, folders);
  for (const { definition, active } of await all.list())
    if (!active && definition.autostart === true)
      await all.start(definition.name).catch((error: Error) => {
        report({ network: definition.name, event: "notStarted", reason: error.message });
      });
  for (const { definition, active } of await all.list())
    if (active)
      await serveIn(namespace, { name: definition.name, state, run }, report).catch((error: Error) => {
        report({ network: definition.name, event: "notServed", reason: error.message });
      });
}

export const serve: Answer<"serve"> = {
  async answer(network, { namespace, report, reply }) {
    await serveIn(await namespace(), network, report);
    await reply({});
  },
};

export const release: Answer<"release"> = {
  async answer(network, { knownNamespace, report, reply }) {
    const namespace = await knownNamespace();
    const served = namespace?.networks.get(keyOf(network));
    if (namespace !== undefined && served !== undefined) {
      namespace.networks.delete(keyOf(network));
      await served.close();
      await namespace.forgetSockets(network.name);
      report({ network: network.name, event: "released" });
    }
    await reply({});
  },
};
