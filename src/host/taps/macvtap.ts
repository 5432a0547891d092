import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkKnown, checkList, checkSwitch } from "../../base/input.js";
import { type DescriptorHandle, native, type TapRequest } from "../../kernel/addon.js";
import { getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Namespace } from "../work/namespace.js";
import { Descriptor } from "../../kernel/descriptor.js";
import { refuse } from "../hints/own-refusals.js";
import { filesOf } from "../../kernel/sysfs.js";
import { type MacvtapKind, Tap } from "./tap.js";
import { queueCount, tapFlags, type TapOptions, tapIoctls } from "./tap-options.js";
import type { Thread } from "../../kernel/thread.js";
import { openVhost } from "./vhost.js";

/** How a macvtap or ipvtap is opened. */
export interface MacvtapOptions extends Pick<TapOptions, "queues" | "vnetHdr" | "vnetHdrSize" | "offload" | "sndbuf"> {
  /** Open /dev/vhost-net for each queue, too. */
  readonly vhost?: boolean | undefined;
}

const KNOWN = ["queues", "vnetHdr", "vnetHdrSize", "offload", "sndbuf", "vhost"] as const;
const KINDS: readonly (string | undefined)[] = ["macvtap", "ipvtap"] satisfies MacvtapKind[];

/** The ioctls for each queue, for each has flags of its own: always multi-queue, for that costs nothing here. */
function ioctlsFor(options: MacvtapOptions): (TapRequest | number)[] {
  checkKnown(options, KNOWN, "a macvtap's options");
  const { vhost, ...device } = options;
  if (device.offload !== undefined) checkList(device.offload, "offload");
  checkSwitch(vhost, "vhost");
  checkSwitch(device.vnetHdr, "vnetHdr");
  if (device.offload !== undefined && device.offload.length > 0 && device.vnetHdr !== true)
    throw new InputError("what is taken over is said in the virtio header: it needs vnetHdr", "offload");
  if (device.offload !== undefined && device.offload.length > 0 && !device.offload.includes("csum"))
    throw new InputError("a macvtap ignores the others without csum", "offload");
  return ["TUNSETIFF", tapFlags({ ...device, multiQueue: true }, false), ...tapIoctls(device)];
}

function kindOf({ name, kind }: Link): MacvtapKind {
  if (KINDS.includes(kind)) return kind as MacvtapKind;
  const hint = kind === "macvlan" || kind === "ipvlan" ? `create it as ${kind.replace("vlan", "vtap")}` : undefined;
  throw refuse("EINVAL", name, "it is neither a macvtap nor an ipvtap, and so has no descriptors", hint);
}

/** The number of its character device, which has one number for all queues. */
async function deviceOf(
  thread: Thread,
  link: Link,
  kind: MacvtapKind,
): Promise<{ path: string; numbers: [number, number] }> {
  const { index, name } = link;
  const files = await filesOf(thread, link);
  const text = await files.read(`${kind}/tap${index}/dev`);
  const [, major, minor] = /^(\d+):(\d+)$/.exec(text ?? "") ?? [];
  if (major === undefined || minor === undefined) throw refuse("ENXIO", name, "sysfs does not show its device");
  return { path: `/dev/tap${index}`, numbers: [Number(major), Number(minor)] };
}

function explain(error: unknown, name: string, path: string): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const { code, syscall } = error;
  const hints: Record<string, string> = {
    EPERM: `this user may neither open ${path} nor make a device's node, which root may outside of containers`,
    EACCES: `this user may neither open ${path} nor make a device's node, which root may outside of containers`,
    EBUSY: "it has no free queue: a macvtap has at most 256",
    ENODEV: "its device is gone: the link was deleted",
  };
  const opening = !syscall.startsWith("ioctl");
  const hint = opening || code === "EBUSY" ? hints[code] : undefined;
  return error.with({ subject: name, hint, syscall: syscall === "open" ? `open(${path})` : syscall });
}

async function openQueue(
  thread: Thread,
  path: string,
  [major, minor]: [number, number],
  ioctls: readonly (TapRequest | number)[],
): Promise<Descriptor> {
  const handle = await thread.call<DescriptorHandle>((host, id) => {
    native.openDevice(host, id, path, major, minor);
  });
  const queue = new Descriptor(thread, handle);
  try {
    await thread.call((host, id) => {
      native.controlTap(host, id, handle, ioctls);
    });
    return queue;
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/**
 * Opens a macvtap or ipvtap by its character device, once for each queue. The node is /dev/tapN where that is the link's,
 * otherwise one that is made for the purpose: in another namespace, or without udev, there is none.
 */
export async function openMacvtap(
  { thread, connection }: Namespace,
  reference: LinkReference,
  options: MacvtapOptions,
): Promise<Tap> {
  const ioctls = ioctlsFor(options);
  const count = queueCount(options);
  const link = await getLink(connection, reference);
  const { name, index } = link;
  const kind = kindOf(link);
  const { path, numbers } = await deviceOf(thread, link, kind);
  const queues: Descriptor[] = [];
  try {
    for (let i = 0; i < count; i++) queues.push(await openQueue(thread, path, numbers, ioctls));
    const vhost = options.vhost === true ? await openVhost(thread, count) : [];
    return new Tap(thread, name, index, queues, vhost, kind);
  } catch (error) {
    await Promise.all(queues.map((queue) => queue.close()));
    throw explain(error, name, path);
  }
}
