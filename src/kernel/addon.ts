import { builtin } from "../base/builtin.js";

/** A host's thread. */
export type HostHandle = object & { readonly __host: unique symbol };
/** An open file descriptor that a host owns. */
export type DescriptorHandle = object & { readonly __descriptor: unique symbol };

/**
 * Called on the event loop when a thread has something to say of the work with this id: `errno` is 0 or positive, and
 * `syscall` is what failed. `more`: the work goes on.
 */
export type OnEvent = (id: number, more: boolean, errno: number, syscall: string | undefined, value: unknown) => void;

/** The TUN/TAP requests that a thread performs (linux/if_tun.h). */
export type TapRequest =
  | "TUNSETPERSIST"
  | "TUNSETOWNER"
  | "TUNSETGROUP"
  | "TUNSETLINK"
  | "TUNSETOFFLOAD"
  | "TUNSETSNDBUF"
  | "TUNGETSNDBUF"
  | "TUNSETVNETHDRSZ"
  | "TUNGETVNETHDRSZ"
  | "TUNSETCARRIER"
  | "TUNGETFEATURES"
  | "TUNSETIFF"
  | "TUNSETQUEUE"
  | "TUNGETIFF"
  | "SIOCSIFHWADDR";

/** Requests and their arguments, one after the other. */
export type TapSteps = readonly (TapRequest | number)[];

/**
 * The addon. Calls with an `id` are done by the host's thread and answered through its OnEvent; the others never wait.
 */
export interface Native {
  openHost(kind: "current" | "new" | "file", path: string | undefined, onEvent: OnEvent): HostHandle;
  closeHost(host: HostHandle, id: number): void;
  /** Guards: six numbers each, see native/guard.h. */
  exchange(host: HostHandle, id: number, messages: Buffer, guards: Buffer): void;
  openTap(
    host: HostHandle,
    id: number,
    name: string,
    flags: number,
    queues: number,
    keep: boolean,
    steps: TapSteps,
  ): void;
  controlTap(host: HostHandle, id: number, descriptor: DescriptorHandle, steps: TapSteps): void;
  openNamespace(host: HostHandle, id: number, path: string | undefined): void;
  readFile(host: HostHandle, id: number, path: string): void;
  writeFile(host: HostHandle, id: number, path: string, text: string): void;
  /** The names in a folder, a line each. */
  listFolder(host: HostHandle, id: number, path: string): void;
  openFile(host: HostHandle, id: number, path: string): void;
  /** Sysfs of the host's namespace, by paths such as "class/net/eth0/ifindex". */
  readSysfs(host: HostHandle, id: number, path: string): void;
  writeSysfs(host: HostHandle, id: number, path: string, text: string): void;
  /** The names in a folder, a line each. */
  listSysfs(host: HostHandle, id: number, path: string): void;
  /** A character device, by the node at the path if that is it, otherwise by one of its own. */
  openDevice(host: HostHandle, id: number, path: string, major: number, minor: number): void;
  descriptorNumber(descriptor: DescriptorHandle): number;
  closeDescriptor(host: HostHandle, id: number, descriptor: DescriptorHandle): void;
  adoptDescriptor(host: HostHandle, number: number): DescriptorHandle;
  /** Bytes read, or a negative errno. */
  readDescriptor(descriptor: DescriptorHandle, into: Buffer): number;
  /** Bytes written, or a negative errno. */
  writeDescriptor(descriptor: DescriptorHandle, bytes: Uint8Array): number;
  /** Events: 1 readable, 2 writable, 0 stop. */
  watchDescriptor(
    descriptor: DescriptorHandle,
    events: number,
    onReady: ((status: number, events: number) => void) | undefined,
  ): void;
  socketPair(host: HostHandle): [DescriptorHandle, DescriptorHandle];
  connectSocket(host: HostHandle, id: number, path: string): void;
  sendDescriptors(socket: DescriptorHandle, bytes: Uint8Array, descriptors: readonly DescriptorHandle[]): number;
  receiveDescriptors(
    host: HostHandle,
    socket: DescriptorHandle,
    into: Buffer,
  ): { length: number; descriptors: DescriptorHandle[] } | number;
}

/** A build of one's own comes before one that was delivered. */
const PLACES = ["build/Release/linkwright.node", `prebuilds/linux-${process.arch}/linkwright.node`];
/** The package's folder, seen from a file in src or dist, or from one further down. */
const ROOTS = ["../", "../../"];

function load(): Native {
  const { existsSync } = builtin("node:fs");
  const { fileURLToPath } = builtin("node:url");
  const paths = ROOTS.flatMap((root) => PLACES.map((place) => fileURLToPath(new URL(root + place, import.meta.url))));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(
      `linkwright has no native part for ${process.platform} on ${process.arch}: in a clone, build it with "npm run build"`,
    );
  // What require() would do, without what require() costs.
  const module = { exports: {} };
  process.dlopen(module, found);
  return module.exports as Native;
}

/** Why there is no addon: who opens a host is told, who only imports the package need not know. */
let reason: unknown;

function loadOrSay(): Native | undefined {
  try {
    return load();
  } catch (error) {
    reason = error;
    return undefined;
  }
}

const addon = loadOrSay();

/** Throws when the addon could not be loaded. */
export function checkNative(): void {
  if (addon === undefined) throw reason;
}

/** To be used once a host is open. */
export const native = addon as Native;
