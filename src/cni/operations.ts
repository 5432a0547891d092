import { builtin } from "../base/builtin.js";
import { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { OpenNamespace } from "../kernel/namespace-descriptor.js";
import { foldersOf, type NetworkFolders } from "../networks/state-files.js";
import { ownedRuleset } from "../networks/owned-ruleset.js";
import type { Link } from "../rtnetlink/link/link.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import { aliasOf, allAttachments, type Attachment, type Attachments, attachmentsIn, linkOf } from "./attachment.js";
import { type Attached, type Call, callOf, type Command, type Invocation } from "./call.js";
import { allOf, CniError, cniErrorOf } from "./error.js";
import { ipamOf } from "./ipam/choose.js";
import type { Ipam } from "./ipam/ipam.js";
import { bridge } from "./plugins/bridge-or-network.js";
import { macvtap } from "./plugins/macvtap.js";
import { ovs } from "./plugins/ovs.js";
import type { Plugin, Where } from "./plugins/plugin.js";
import { tap } from "./plugins/tap.js";
import { vlan } from "./plugins/vlan.js";
import { linkNamed } from "./plugins/interface.js";
import { resultIn } from "./result.js";
import { sweep, takeDown, unbind } from "./firewall-rules.js";
import { type Version, versionResult, versions } from "./versions.js";

/** The plugins, by the names that they are started under. */
export const plugins: Readonly<Record<string, Plugin>> = {
  "linkwright-bridge": bridge,
  "linkwright-tap": tap,
  "linkwright-vlan": vlan,
  "linkwright-macvtap": macvtap,
  "linkwright-ovs": ovs,
};

/** Where attachments are written down unless another folder is given: one that is empty when the machine starts. */
export const ATTACHMENTS = "/run/linkwright/cni";

/** The namespace in which the work is done, the folder of its attachments, and where linkwright's own networks are kept. */
export interface Ground extends Where {
  readonly folder: string;
  /** The number of the namespace's file. */
  readonly inode: number;
}

/** What a plugin is started for. */
export interface Order extends Invocation {
  /** The name that it was started under. */
  readonly program: string;
  /** The container's namespace, by a path that can be opened here; undefined where there is none. */
  readonly namespace?: string | undefined;
}

/** What a plugin prints, and the code that it ends with. */
export interface Outcome {
  readonly code: 0 | 1;
  readonly text: string;
}

/** Of statfs(2), for a namespace's file (linux/magic.h). */
const NSFS_MAGIC = 0x6e736673;

interface Work {
  readonly ground: Ground;
  readonly plugin: Plugin;
  readonly call: Call;
  readonly ipam: Ipam | undefined;
  readonly attachments: Attachments;
  readonly namespace: string | undefined;
  /** Gives the caller what is to be printed; rejects when nobody takes it any more. */
  readonly tell: (text: string) => Promise<void>;
}

/** The ground that a host stands on, whose attachments are in a folder of its own below the given one. */
export async function groundOf(host: Host, folder = ATTACHMENTS, networks: NetworkFolders = {}): Promise<Ground> {
  const namespace = await host.namespaceDescriptor();
  try {
    const { ino: inode } = builtin("node:fs").fstatSync(namespace.fd);
    const rules = ownedRuleset(host, foldersOf(networks).service);
    return { host, folder: builtin("node:path").join(folder, String(inode)), inode, networks, rules };
  } finally {
    await namespace.close();
  }
}

/** A container's namespace, open, and a host that is entering it. */
interface Container extends OpenNamespace, AsyncDisposable {
  readonly host: Promise<Host>;
}

function openContainer({ ground, namespace, call: { netns } }: Work): Container {
  const { closeSync, fstatSync, openSync } = builtin("node:fs");
  if (namespace === undefined || !isNamespace(namespace))
    throw new CniError("unknownContainer", `CNI_NETNS: ${netns} is no namespace that there is`);
  const fd = openSync(namespace, "r");
  if (fstatSync(fd).ino === ground.inode) {
    closeSync(fd);
    throw new CniError("ownNamespace", `CNI_NETNS: ${netns} is the namespace that the plugin was started in`);
  }
  const host = Host.open({ namespace });
  // Whoever waits for it is told.
  host.catch(() => undefined);
  return {
    fd,
    host,
    async [Symbol.asyncDispose]() {
      closeSync(fd);
      await host.then(
        (open) => open.close(),
        () => undefined,
      );
    },
  };
}

/** A namespace that can be entered: what a name of one was mounted on is left as a file. */
function isNamespace(path: string): boolean {
  const { existsSync, statfsSync } = builtin("node:fs");
  return existsSync(path) && statfsSync(path).type === NSFS_MAGIC;
}

/** Gives `use` the interface of a container that is an attachment's, by its first name or by what it says; false where there is none. */
async function withInside(
  { plugin, ground, namespace }: Pick<Work, "plugin" | "ground" | "namespace">,
  attachment: Attachment,
  use: (container: Host, link: Link) => Promise<void>,
): Promise<boolean> {
  const path = namespace ?? attachment.netns;
  if (plugin.inside !== true || path === undefined || !isNamespace(path)) return false;
  if (builtin("node:fs").statSync(path).ino === ground.inode) return false;
  await using container = await Host.open({ namespace: path });
  const named = await linkNamed(container, attachment.ifname);
  const isOwn = named?.alias === aliasOf(attachment.network, attachment);
  const link = isOwn ? named : await linkNamed(container, attachment.link);
  if (link === undefined) return false;
  await use(container, link);
  return true;
}

async function removeLink(host: Host, link: LinkReference): Promise<void> {
  await host.remove(link).catch((error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV") throw error;
  });
}

/** Takes away what is kept of an attachment whose link is gone, and what bounded it as long as it could send. */
async function forget({ ground, plugin, call }: Work, attachment: Attachment): Promise<void> {
  await allOf([() => unbind(ground, attachment), async () => plugin.forget?.(ground, call, attachment.link)]);
}

/** Takes away all that an attachment has; its addresses last, which nobody else may get before. */
async function takeBack(work: Work, attachment: Attachment): Promise<void> {
  const { ground, plugin, call, ipam, attachments } = work;
  const { link } = attachment;
  await allOf([
    () => takeDown(ground, attachment),
    async () => plugin.leave?.(ground, call, link),
    () => withInside(work, attachment, removeLink),
    () => removeLink(ground.host, link),
  ]);
  await forget(work, attachment);
  await ipam?.del(call);
  attachments.remove(link);
}

function nothingOf({ network, container, ifname }: Call): Attachment {
  const link = linkOf(network, { container, ifname });
  return { network, container, ifname, link, addresses: [], masquerade: false, ports: [], complete: false };
}

async function isThere(work: Work, attachment: Attachment): Promise<boolean> {
  if (work.plugin.inside === true) return withInside(work, attachment, () => Promise.resolve());
  return (await linkNamed(work.ground.host, attachment.link))?.kind === "veth";
}

async function add(work: Work): Promise<void> {
  const { ground, plugin, call, ipam, attachments, tell } = work;
  const { host } = ground;
  ipam?.plan(call);
  let attachment: Attachment = { ...nothingOf(call), ...plugin.plan(call) };
  const { link } = attachment;
  const keep = (more: Partial<Attachment>): Attachment => {
    attachment = { ...attachment, ...more };
    attachments.write(attachment);
    return attachment;
  };
  await attachments.locked(link, async () => {
    const before = attachments.read(link);
    if (before?.complete === true && (await isThere(work, before)))
      throw new CniError("refused", `${call.container} has ${call.ifname} of ${call.network} already`);
    if (before !== undefined) await takeBack(work, before);
    await using container = openContainer(work);
    try {
      keep({ netns: plugin.inside === true ? call.netns : undefined });
      const result = await plugin.add({
        host,
        networks: ground.networks,
        rules: ground.rules,
        container: container.host,
        namespace: container,
        call,
        ipam,
        attachment,
        all: () => allAttachments(ground.folder),
        keep,
      });
      await tell(json(resultIn(call.version, result)));
    } catch (error) {
      await takeBack(work, attachment).catch((other: Error) => {
        throw new CniError(cniErrorOf(error).code, `${(error as Error).message}; what stands: ${other.message}`);
      });
      throw error;
    }
    keep({ complete: true });
  });
}

/**
 * The kernel takes a while to remove a link, in which nobody can use it or find it any more: the caller does not wait for that, but
 * whoever asks for the same attachment does.
 */
async function del(work: Work): Promise<void> {
  const { ground, plugin, call, ipam, attachments, tell } = work;
  const { host } = ground;
  const nothing = nothingOf(call);
  const { link } = nothing;
  await attachments.locked(link, async () => {
    const attachment = attachments.read(link) ?? nothing;
    let removal: Promise<unknown> = Promise.resolve();
    const beginRemoval = (): void => {
      removal = plugin.inside === true ? withInside(work, attachment, removeLink) : removeLink(host, link);
      removal.catch(() => undefined);
    };
    try {
      await allOf([
        () => takeDown(ground, attachment),
        async () => plugin.leave?.(ground, call, link),
        () => Promise.resolve(beginRemoval()),
      ]);
      await ipam?.del(call);
      await tell("");
    } finally {
      await removal;
    }
    await forget(work, attachment);
    attachments.remove(link);
  });
}

async function check(work: Work): Promise<void> {
  const { ground, plugin, call, ipam, attachments } = work;
  const { previous } = call;
  if (previous === undefined) throw new CniError("invalidConfiguration", "prevResult: CHECK needs it");
  await ipam?.check(call);
  await using opened = openContainer(work);
  const container = await opened.host;
  const attachment = attachments.read(linkOf(call.network, call));
  const { host, networks, rules } = ground;
  await plugin.check({ host, networks, rules, container, call, attachment, previous });
}

async function status({ ground, plugin, call, ipam }: Work): Promise<void> {
  plugin.plan(call);
  await plugin.ready?.(ground, call);
  ipam?.plan(call);
  await ipam?.status(call);
}

/** The links of a network whose attachments nobody claims: those of which something is written down, and others that say whose they are. */
async function staleLinks(
  { ground: { host }, call, attachments }: Work,
  claimed: readonly Attached[],
): Promise<string[]> {
  const valid = new Set(claimed.map((attached) => linkOf(call.network, attached)));
  const written = attachments.names();
  const start = aliasOf(call.network, { container: "", ifname: "" }).trimEnd();
  const others = (await host.links({ kind: "veth", only: ["name", "alias"] }))
    .filter(({ alias }) => alias?.startsWith(`${start} `) === true)
    .map(({ name }) => name);
  return [...new Set([...written, ...others])].filter((name) => !valid.has(name));
}

async function gc(work: Work): Promise<void> {
  const { ground, plugin, call, ipam, attachments } = work;
  const { host, folder } = ground;
  const stale = await staleLinks(work, call.valid ?? []);
  const there = new Set((await host.links({ only: ["name"] })).map(({ name }) => name));
  const known = (link: string): Attachment => attachments.read(link) ?? { ...nothingOf(call), link };
  await allOf([
    ...stale.map((link) => async () => plugin.leave?.(ground, call, link)),
    ...stale.map((link) => () => withInside({ plugin, ground, namespace: undefined }, known(link), removeLink)),
    async () => {
      await host.removeAll(stale.filter((link) => there.has(link)));
      await allOf([...stale.map((link) => () => forget(work, known(link))), async () => ipam?.gc(call)]);
    },
  ]);
  // Who works on one is waited for.
  for (const link of stale) await attachments.locked(link, () => Promise.resolve(attachments.remove(link)));
  await sweep(host, () => allAttachments(folder));
}

const operations: Readonly<Record<Command, (work: Work) => Promise<void>>> = {
  ADD: add,
  DEL: del,
  CHECK: check,
  STATUS: status,
  GC: gc,
};

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 4)}\n`;
}

/** The version in which an error is told: that of the configuration, where it can be read. */
function versionIn(input: string): Version {
  try {
    const { cniVersion } = JSON.parse(input) as { cniVersion?: Version };
    return versions.find((each) => each === cniVersion) ?? versions.at(-1)!;
  } catch {
    return versions.at(-1)!;
  }
}

/** What a plugin prints when it fails. */
export function failure(error: unknown, input = ""): Outcome {
  const { code, message, details } = cniErrorOf(error);
  return { code: 1, text: json({ cniVersion: versionIn(input), code, msg: message, details }) };
}

async function begin(ground: Ground, order: Order, tell: Work["tell"]): Promise<void> {
  if (order.environment.CNI_COMMAND === "VERSION") return tell(json(versionResult()));
  const plugin = Object.hasOwn(plugins, order.program) ? plugins[order.program] : undefined;
  if (plugin === undefined)
    throw new CniError("invalidEnvironment", `${order.program} is none of ${Object.keys(plugins).join(", ")}`);
  const call = callOf(order);
  const attachments = attachmentsIn(builtin("node:path").join(ground.folder, call.network));
  const { namespace } = order;
  await operations[call.command]({ ground, plugin, call, ipam: ipamOf(call), attachments, namespace, tell });
}

/**
 * Does what a plugin is started for, and gives `reply`, once, what it prints. When nobody takes the answer to ADD, that is taken back.
 * Rejects only as `reply` does.
 */
export async function perform(ground: Ground, order: Order, reply: (outcome: Outcome) => Promise<void>): Promise<void> {
  let told = false;
  const tell = (outcome: Outcome): Promise<void> => {
    told = true;
    return reply(outcome);
  };
  try {
    await begin(ground, order, (text) => tell({ code: 0, text }));
    if (!told) await tell({ code: 0, text: "" });
  } catch (error) {
    if (told) throw error;
    await tell(failure(error, order.input));
  }
}
