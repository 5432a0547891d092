import { builtin } from "../base/builtin.js";
import { explainNative, loadNative, nativePlaces } from "./load-addon.js";

/** A thread in a network namespace. */
export type ThreadHandle = object & { readonly __thread: unique symbol };
/** A netlink socket in a thread's namespace. */
export type SocketHandle = object & { readonly __socket: unique symbol };
/** An open file descriptor that a thread's handle owns. */
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
export type TapIoctls = readonly (TapRequest | number)[];

/** What answers requests that were executed at once; the errno is 0 or positive. */
export interface ExchangeOutcome {
  readonly errno: number;
  readonly syscall: string;
  readonly answered: Buffer;
}

/**
 * The addon. Calls with an `id` are done by the thread and answered through its OnEvent; the others never wait. All that is
 * thrown has a `code`: an errno's name, ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE.
 */
export interface Native {
  /** A thread that enters a namespace: `onEvent` is told with id 0. What is asked for before that waits for it. */
  openThread(kind: "current" | "new" | "file", path: string | undefined, onEvent: OnEvent): ThreadHandle;
  /** Ends the thread after the work that it was given, then closes every descriptor of its handle. */
  closeThread(thread: ThreadHandle, id: number): void;
  /**
   * A netlink socket for requests, whose opening the id is told of; what is asked of it before that waits. `descriptor`: an
   * open netlink socket, of which a duplicate is used.
   */
  openSocket(thread: ThreadHandle, id: number, family: number, descriptor: DescriptorHandle | undefined): SocketHandle;
  closeSocket(thread: ThreadHandle, id: number, socket: SocketHandle): void;
  /**
   * Conditions: six numbers each, see native/netlink/condition.h. `batch`: the messages leave in one piece, as a batch of nfnetlink must, and are
   * answered by whatever the kernel has to say of them by the time that it has executed them, which may be nothing.
   */
  exchange(
    thread: ThreadHandle,
    id: number,
    socket: SocketHandle,
    messages: Buffer,
    conditions: Buffer,
    batch: boolean,
  ): void;
  /**
   * Sends requests from the calling thread and receives what answers them, waiting for nothing but what the kernel does within
   * sendmsg. Gives how many bytes are in `into`, from `at` on; an outcome where they are more, or something failed; or undefined when
   * nothing was sent, as the thread has work, or another thread its turn (native/namespace/namespace_lock.h).
   */
  exchangeNow(
    thread: ThreadHandle,
    socket: SocketHandle,
    messages: Buffer,
    conditions: Buffer,
    into: Buffer,
    at: number,
  ): number | ExchangeOutcome | undefined;
  /**
   * A descriptor of a socket in multicast groups of a family, by number. `receiveBuffer`: bytes, 0 for the system's choice.
   * `filter`: struct sock_filter (linux/filter.h), eight bytes each. `allNamespaces`: those of other namespaces, too, that
   * have an id here. Watched, it is readable when there is an overrun, too.
   */
  openMulticast(
    thread: ThreadHandle,
    id: number,
    family: number,
    groups: readonly number[],
    receiveBuffer: number,
    filter: Uint8Array,
    allNamespaces: boolean,
  ): void;
  /** 0, or a negative errno. */
  setMembership(socket: DescriptorHandle, group: number, joined: boolean): number;
  /** 0, or a negative errno. An empty filter is none. */
  setFilter(socket: DescriptorHandle, filter: Uint8Array): number;
  /** Reads datagrams until there are none or no room; the report's numbers are described in native/netlink/multicast.h. */
  receiveBatch(socket: DescriptorHandle, into: Buffer, report: Int32Array): void;
  /**
   * A descriptor of a socket for the Ethernet frames of a link, by its index (AF_PACKET, packet(7)): each is read and written whole,
   * behind a struct virtio_net_hdr. `filter` as in openMulticast.
   */
  openFrames(thread: ThreadHandle, id: number, link: number, filter: Uint8Array): void;
  /** A descriptor of a UDP socket that takes a port of IPv4 on a link, by its index, and receives nothing. */
  claimPort(thread: ThreadHandle, id: number, link: number, port: number): void;
  /** A descriptor of a socket of TCP or UDP, bound to an address and listening where the port is not 0. */
  openInternet(thread: ThreadHandle, id: number, stream: boolean, address: string, port: number): void;
  openTap(
    thread: ThreadHandle,
    id: number,
    name: string,
    flags: number,
    queues: number,
    keep: boolean,
    ioctls: TapIoctls,
  ): void;
  controlTap(thread: ThreadHandle, id: number, descriptor: DescriptorHandle, ioctls: TapIoctls): void;
  openNamespace(thread: ThreadHandle, id: number, path: string | undefined): void;
  /** Gives what `from` leads to, or the thread's own namespace, another name: a path. */
  nameNamespace(thread: ThreadHandle, id: number, path: string, from: string | undefined): void;
  /** Takes a name away. */
  unnameNamespace(thread: ThreadHandle, id: number, path: string): void;
  /** Paths, texts and names are bytes, a character each. */
  readFile(thread: ThreadHandle, id: number, path: string): void;
  writeFile(thread: ThreadHandle, id: number, path: string, text: string): void;
  /** The names in a folder, a line each. */
  listFolder(thread: ThreadHandle, id: number, path: string): void;
  openFile(thread: ThreadHandle, id: number, path: string): void;
  /** Sysfs of the thread's namespace, by paths such as "class/net/eth0/ifindex". */
  readSysfs(thread: ThreadHandle, id: number, path: string): void;
  writeSysfs(thread: ThreadHandle, id: number, path: string, text: string): void;
  /** The names in a folder, a line each. */
  listSysfs(thread: ThreadHandle, id: number, path: string): void;
  /** A character device, by the node at the path if that is it, otherwise by one of its own. */
  openDevice(thread: ThreadHandle, id: number, path: string, major: number, minor: number): void;
  /** Its number, -1 when closed. From then on it is closed by closeDescriptor and closeThread alone. */
  descriptorNumber(descriptor: DescriptorHandle): number;
  isOpen(descriptor: DescriptorHandle): boolean;
  /** The numbers of the descriptors that a thread's handle owns, to be looked at only. */
  openDescriptors(thread: ThreadHandle): number[];
  closeDescriptor(thread: ThreadHandle, id: number, descriptor: DescriptorHandle): void;
  adoptDescriptor(thread: ThreadHandle, number: number): DescriptorHandle;
  /** The number of a duplicate, which is the caller's to close. */
  duplicateDescriptor(descriptor: DescriptorHandle): number;
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
  socketPair(thread: ThreadHandle): [DescriptorHandle, DescriptorHandle];
  connectSocket(thread: ThreadHandle, id: number, path: string): void;
  /** A stream socket that listens at a path, whose file has this mode. */
  listenSocket(thread: ThreadHandle, path: string, mode: number): DescriptorHandle;
  /** Who has connected, and is what process of whom; or a negative errno. */
  acceptSocket(
    thread: ThreadHandle,
    listener: DescriptorHandle,
  ): { descriptor: DescriptorHandle; pid: number; uid: number; gid: number } | number;
  /** 0, or a negative errno. "@" in front of a path is a name without a file. */
  sendDatagram(path: string, bytes: Uint8Array, descriptors: readonly DescriptorHandle[]): number;
  /** Locks an open file, by its number in this process: 0, or a negative errno. */
  lockFile(number: number): number;
  /** Has all threads do only what a program of classic BPF lets them, and gain no privilege: 0, or a negative errno. */
  filterSystemCalls(program: Uint8Array): number;
  sendDescriptors(socket: DescriptorHandle, bytes: Uint8Array, descriptors: readonly DescriptorHandle[]): number;
  receiveDescriptors(
    thread: ThreadHandle,
    socket: DescriptorHandle,
    into: Buffer,
  ): { length: number; descriptors: DescriptorHandle[] } | number;
}

/** What require() would do, without what require() costs. */
function open(path: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}

function load(): Native {
  if ("deno" in process.versions) throw explainNative(process, []);
  const { existsSync: exists } = builtin("node:fs");
  return loadNative(nativePlaces(), { exists, open, platform: process }) as Native;
}

/** The addon's functions, once it is loaded: whoever only imports the package neither waits for it nor is told that there is none. */
export const native = {} as Native;

let loaded = false;

/** Loads the addon, if that has not been done. Throws where it cannot be; the next call tries again. */
export function needNative(): void {
  if (loaded) return;
  // As what it inherits: V8 finds a function there as quickly as among an object's own.
  Object.setPrototypeOf(native, load());
  loaded = true;
}
