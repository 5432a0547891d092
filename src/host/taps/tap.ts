import type { Duplex } from "node:stream";
import { errnoNumber } from "../../base/errno.js";
import { hasSpelledByte, nameBytes, spelledName } from "../../base/name-bytes.js";
import { InputError, quoted } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Connection } from "../../netlink/connection.js";
import { getLink } from "../../rtnetlink/link/link-requests.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { TunOptions } from "../../rtnetlink/link/kinds/tun.js";
import { type DescriptorHandle, native } from "../../kernel/addon.js";
import { Descriptor } from "../../kernel/descriptor.js";
import { frameStream } from "./frames.js";
import {
  checkTapControls,
  checkTapName,
  checkOpenTapOptions,
  flagWords,
  IFF_ATTACH_QUEUE,
  IFF_DETACH_QUEUE,
  type OpenTapOptions,
  queueCount,
  type TapControls,
  tapFlags,
  type TapOptions,
  tapIoctls,
} from "./tap-options.js";
import { randomTapMac } from "../../rtnetlink/link/random-mac.js";
import type { Thread } from "../../kernel/thread.js";
import { openVhost } from "./vhost.js";

/** What an open TUN or TAP says of itself. */
export interface TapStatus {
  readonly name: string;
  /** Words of TUNSETIFF, such as "IFF_TAP". */
  readonly flags: string[];
  /** Bytes that may wait for transmission; a macvtap does not say. */
  readonly sndbuf: number | undefined;
  /** Bytes of the virtio header. */
  readonly vnetHdrSize: number;
  /** What this kernel's TUN/TAP can do, in words of TUNSETIFF. */
  readonly features: string[];
}

/** Kinds of links that are opened by a character device of their own. */
export type MacvtapKind = "macvtap" | "ipvtap";

/** A TUN, TAP, macvtap or ipvtap, and its open queues: they are open until it, or its host, is closed. */
export class Tap {
  readonly index: number;
  readonly name: string;
  /** A descriptor for each queue; none when it was only created. */
  readonly descriptors: readonly Descriptor[];
  /** Descriptors of /dev/vhost-net, one for each queue, where they were asked for. */
  readonly vhost: readonly Descriptor[];
  readonly kind: "tun" | MacvtapKind;
  readonly #thread: Thread;

  /** @internal */
  constructor(
    thread: Thread,
    name: string,
    index: number,
    descriptors: Descriptor[],
    vhost: Descriptor[] = [],
    kind: "tun" | MacvtapKind = "tun",
  ) {
    this.#thread = thread;
    this.kind = kind;
    this.name = name;
    this.index = index;
    this.descriptors = descriptors;
    // The device goes with them, which somebody may know by its name alone.
    for (const descriptor of descriptors) descriptor.keep();
    this.vhost = vhost;
  }

  #queue(queue: number): Descriptor {
    const descriptor = this.descriptors[queue];
    if (descriptor === undefined)
      throw new InputError(`${this.name} has ${this.descriptors.length} open queues`, `queue ${queue}`);
    return descriptor;
  }

  #control(queue: number, ioctls: Parameters<typeof native.controlTap>[3]): Promise<(number | string)[]> {
    const { handle } = this.#queue(queue);
    return named(
      this.#thread.call((host, id) => {
        native.controlTap(host, id, handle, ioctls);
      }),
      this.name,
    );
  }

  /**
   * A queue's frames as a stream in object mode: each chunk is one frame, with the headers that the TAP was opened
   * with. The stream polls only while it is read. A frame that the kernel does not take, for it is too short (EINVAL) or the
   * link is down (EIO), is an error, which ends the stream; with a listener for "refused" it is told of the error and the
   * frame, which is dropped as on a wire that is unplugged, and the stream goes on.
   */
  frames(queue = 0): Duplex {
    return frameStream(this.#queue(queue), this.name);
  }

  /** Sets what is given, by ioctl. A macvtap knows `offload`, `vnetHdrSize` and `sndbuf`. */
  async control(controls: TapControls): Promise<void> {
    checkTapControls(controls, this.kind);
    const ioctls = tapIoctls(controls);
    // A TAP's settings are the device's, a macvtap's are each queue's.
    const queues = this.kind === "tun" ? [0] : this.descriptors.keys();
    for (const queue of queues) await this.#control(queue, ioctls);
  }

  /** Attaches a queue to the device or detaches it (TUNSETQUEUE): a detached queue gets no frames. */
  async setQueue(queue: number, attached: boolean): Promise<void> {
    if (typeof attached !== "boolean")
      throw new InputError(`${quoted(attached)} is neither true nor false`, "attached");
    await this.#control(queue, ["TUNSETQUEUE", attached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE]);
  }

  /** What the device says of itself. */
  async status(): Promise<TapStatus> {
    const requests = ["TUNGETIFF", 0, "TUNGETVNETHDRSZ", 0, "TUNGETFEATURES", 0] as const;
    const more = this.kind === "tun" ? (["TUNGETSNDBUF", 0] as const) : [];
    const [device, vnetHdrSize, features, sndbuf] = await this.#control(0, [...requests, ...more]);
    const words = String(device);
    const space = words.lastIndexOf(" ");
    return {
      name: spelledName(Buffer.from(words.slice(0, space), "latin1")),
      flags: flagWords(Number(words.slice(space + 1))),
      sndbuf: sndbuf === undefined ? undefined : Number(sndbuf),
      vnetHdrSize: Number(vnetHdrSize),
      features: flagWords(Number(features)),
    };
  }

  /** Closes every descriptor. A TAP that is not persistent goes with them; a macvtap stays. */
  async close(): Promise<void> {
    await Promise.all([...this.descriptors, ...this.vhost].map((descriptor) => descriptor.close()));
  }

  /** As close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Names the device in what a request rejects with. */
function named<T>(
  request: Promise<T>,
  name: string,
  hint?: (error: NetlinkError) => Promise<string | undefined>,
  exclusive = false,
): Promise<T> {
  return request.catch(async (error: unknown) => {
    if (!(error instanceof NetlinkError)) throw error;
    // What the kernel calls busy where the device must be new is a name that is taken, as with links of other kinds.
    const isTaken = exclusive && error.code === "EBUSY" && error.syscall === "ioctl(TUNSETIFF)";
    const errno = isTaken ? errnoNumber("EEXIST") : error.errno;
    throw error.with({ errno, subject: name, hint: await hint?.(error) });
  });
}

interface Opened {
  readonly name: string;
  readonly index: number;
  readonly descriptors: DescriptorHandle[];
}

interface Opening {
  readonly exclusive: boolean;
  /** The descriptors stay open. */
  readonly keep: boolean;
  /** A link has the name, in which a "%" is no place for a number then. */
  readonly isThere?: boolean;
}

/** Throws InputError for options that cannot be meant. */
function open(
  thread: Thread,
  connection: Connection,
  name: string,
  options: TapOptions,
  { exclusive, keep, isThere = false }: Opening,
): Promise<Opened> {
  if (!isThere) checkTapName(name);
  const bytes = isThere ? nameBytes(name) : Buffer.from(name);
  const flags = tapFlags(options, exclusive);
  const queues = queueCount(options);
  const ioctls = tapIoctls(options);
  return named(
    thread.call<Opened>((host, id) => {
      native.openTap(host, id, bytes.toString("latin1"), flags, keep ? queues : 1, keep, ioctls);
    }),
    name,
    (error) => explainOpening(error, connection, name, options, exclusive),
    exclusive,
  ).then((opened) => ({ ...opened, name: spelledName(Buffer.from(opened.name, "latin1")) }));
}

/** A new TAP's MAC; a TUN has none. */
function addressFor({ mode }: TapOptions): string | undefined {
  return mode === "tun" ? undefined : randomTapMac();
}

/** Creates a persistent device and closes it again. Throws InputError for options that cannot be meant. */
export function createTap(thread: Thread, connection: Connection, name: string, options: TapOptions): Promise<Tap> {
  const controls = { ...options, address: options.address ?? addressFor(options), persist: true };
  const opened = open(thread, connection, name, controls, { exclusive: true, keep: false });
  return opened.then((created) => new Tap(thread, created.name, created.index, []));
}

/** Opens a device, which is created when it does not exist. */
export async function openTap(
  thread: Thread,
  connection: Connection,
  name: string,
  given: OpenTapOptions,
): Promise<Tap> {
  checkOpenTapOptions(given);
  const mayBeThere = given.exclusive !== true && hasSpelledByte(name);
  if (!mayBeThere) checkTapName(name);
  const { vhost, exclusive, ...options } = given;
  const isNew = exclusive === true || (!mayBeThere && name.includes("%"));
  const fresh = isNew || (await existing(connection, name)) === undefined;
  const address = options.address ?? (fresh ? addressFor(options) : undefined);
  const opened = await open(
    thread,
    connection,
    name,
    { ...options, address },
    { exclusive: exclusive === true, keep: true, isThere: !fresh },
  );
  const descriptors = opened.descriptors.map((handle) => new Descriptor(thread, handle));
  try {
    const vhosts = vhost ? await openVhost(thread, descriptors.length) : [];
    return new Tap(thread, opened.name, opened.index, descriptors, vhosts);
  } catch (error) {
    await Promise.all(descriptors.map((descriptor) => descriptor.close()));
    throw error;
  }
}

async function explainOpening(
  { code, syscall }: NetlinkError,
  connection: Connection,
  name: string,
  options: TapOptions,
  exclusive: boolean,
): Promise<string | undefined> {
  if (syscall === "open(/dev/net/tun)") return explainDevice(code);
  if (code === "EPERM" && syscall === "ioctl(TUNSETIFF)") {
    const link = await existing(connection, name);
    if (link === undefined) return "creating a TAP needs CAP_NET_ADMIN in this network namespace";
    return `${name} belongs to another user: its owner is ${tunOf(link)?.owner ?? "nobody"}`;
  }
  if (syscall !== "ioctl(TUNSETIFF)") return undefined;
  const link = await existing(connection, name);
  return link === undefined ? undefined : explainExisting(code, link, options, exclusive);
}

function explainDevice(code: string): string | undefined {
  if (code === "ENOENT" || code === "ENODEV" || code === "ENXIO")
    return "this machine has no TUN/TAP: load the module tun (CONFIG_TUN), or in a container create the device (10, 200)";
  if (code === "EACCES" || code === "EPERM")
    return "this user may not open /dev/net/tun: its mode should be 0666, as udev sets it; privilege is checked later";
  return undefined;
}

async function existing(connection: Connection, name: string): Promise<Link | undefined> {
  return getLink(connection, name).catch(() => undefined);
}

function tunOf(link: Link): TunOptions | undefined {
  return link.kind === "tun" ? link.linkInfo?.data : undefined;
}

function explainExisting(code: string, link: Link, options: TapOptions, exclusive: boolean): string | undefined {
  const { name } = link;
  const device = tunOf(link);
  if (device === undefined) return `a link named ${name} exists already, and is no TUN or TAP`;
  if (exclusive) return `a ${device.type} named ${name} exists already`;
  const { mode = "tap" } = options;
  if (code === "EINVAL" && device.type !== mode) return `${name} is a ${device.type}, not a ${mode}`;
  const wanted = options.multiQueue ?? queueCount(options) > 1;
  if (code === "EINVAL" && device.multiQueue !== wanted)
    return wanted
      ? `${name} has a single queue: open it with queues: 1, or create it with multiQueue`
      : `${name} is multi-queue: open it with multiQueue: true`;
  if (code === "EBUSY") return `${name} is in use: another program has it open`;
  if (code === "E2BIG") return `${name} has no free queue`;
  return undefined;
}
