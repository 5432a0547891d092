import { errnoNumber } from "../base/errno.js";
import { InputError, quoted } from "../base/errors.js";
import { onAbort } from "../base/signal.js";
import { NetlinkError } from "./error.js";
import { type DescriptorHandle, native } from "./addon.js";
import { Descriptor } from "./descriptor.js";
import { begun, type Thread } from "./thread.js";

/** What came over a Unix socket. */
export interface Received {
  readonly bytes: Buffer;
  readonly descriptors: Descriptor[];
}

/** struct sockaddr_un (linux/un.h), without the NUL at its end. */
const MOST_PATH_BYTES = 107;
/** What a call of the kernel moves at most. */
const MOST_BYTES = 0x7ffff000;
const READABLE = 1;
const WRITABLE = 2;
const EAGAIN = -11;

/** Those who wait for a socket, each for one event. */
interface Waiter {
  readonly event: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Waiting {
  waiters: Waiter[];
  forgetClose: () => void;
}

const waiting = new WeakMap<Descriptor, Waiting>();

function watch(descriptor: Descriptor, mine: Waiting): void {
  const events = mine.waiters.reduce((sum, { event }) => sum | event, 0);
  native.watchDescriptor(descriptor.handle, events, (status, happened) => {
    const woken = ({ event }: Waiter): boolean => status < 0 || (event & happened) !== 0;
    const due = mine.waiters.filter(woken);
    mine.waiters = mine.waiters.filter((waiter) => !woken(waiter));
    for (const { resolve } of due) resolve();
    if (mine.waiters.length > 0) watch(descriptor, mine);
    else stopWaiting(descriptor, mine);
  });
}

function stopWaiting(descriptor: Descriptor, mine: Waiting): void {
  mine.forgetClose();
  waiting.delete(descriptor);
  if (descriptor.isOpen) native.watchDescriptor(descriptor.handle, 0, undefined);
}

function waitingFor(descriptor: Descriptor): Waiting {
  let mine = waiting.get(descriptor);
  if (mine === undefined) {
    const fresh: Waiting = { waiters: [], forgetClose: () => undefined };
    fresh.forgetClose = descriptor.onClose(() => {
      stopWaiting(descriptor, fresh);
      const refusal = { errno: errnoNumber("ECANCELED"), syscall: "poll", kernelMessage: "the socket was closed" };
      for (const { reject } of fresh.waiters) reject(new NetlinkError(refusal));
    });
    waiting.set(descriptor, (mine = fresh));
  }
  return mine;
}

/** Waits until a descriptor is readable or writable, without blocking anything; rejects when it is closed meanwhile. */
function ready(descriptor: Descriptor, event: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    const mine = waitingFor(descriptor);
    const waiter: Waiter = {
      event,
      resolve: () => {
        forget();
        resolve();
      },
      reject: (error) => {
        forget();
        reject(error);
      },
    };
    const forget = onAbort(signal, (reason) => {
      mine.waiters = mine.waiters.filter((each) => each !== waiter);
      if (mine.waiters.length > 0) watch(descriptor, mine);
      else stopWaiting(descriptor, mine);
      reject(reason as Error);
    });
    mine.waiters.push(waiter);
    watch(descriptor, mine);
  });
}

/** Repeats a call that does not wait until it needs not. */
async function whenReady<T>(
  descriptor: Descriptor,
  events: number,
  attempt: () => T | number,
  signal?: AbortSignal,
): Promise<T | number> {
  for (;;) {
    signal?.throwIfAborted();
    const result = attempt();
    if (result !== EAGAIN) return result;
    await ready(descriptor, events, signal);
  }
}

/** Sends bytes over a connected Unix socket, all of them, with the descriptors that go with the first (SCM_RIGHTS, unix(7)). */
async function sendAll(socket: Descriptor, bytes: Uint8Array, descriptors: readonly Descriptor[]): Promise<void> {
  let handles: readonly DescriptorHandle[] = descriptors.map(({ handle }) => handle);
  let rest = bytes;
  while (rest.length > 0) {
    const sent = await whenReady<number>(socket, WRITABLE, () =>
      begun("sendmsg", () => native.sendDescriptors(socket.handle, rest, handles)),
    );
    if (sent < 0) throw new NetlinkError({ errno: -sent, syscall: "sendmsg" });
    handles = [];
    rest = rest.subarray(sent);
  }
}

/** Passes descriptors over a connected Unix socket, with at least one byte. */
export async function passDescriptors(
  socket: Descriptor,
  descriptors: readonly Descriptor[],
  bytes: Uint8Array,
): Promise<void> {
  if (descriptors.length === 0 || descriptors.length > 253)
    throw new InputError("1 to 253 descriptors travel at once", "descriptors");
  if (bytes.length === 0) throw new InputError("descriptors travel with at least one byte", "bytes");
  await sendAll(socket, bytes, descriptors);
}

/** Sends bytes alone over a connected Unix socket. */
export async function sendBytes(socket: Descriptor, bytes: Uint8Array): Promise<void> {
  if (!(bytes instanceof Uint8Array)) throw new InputError("bytes are a Uint8Array", "bytes");
  await sendAll(socket, bytes, []);
}

/** Receives bytes, and the descriptors that come with them, from a Unix socket. What the signal ends has received nothing. */
export async function takeDescriptors(
  thread: Thread,
  socket: Descriptor,
  most: number,
  signal?: AbortSignal,
): Promise<Received> {
  if (!Number.isInteger(most) || most < 1 || most > MOST_BYTES)
    throw new InputError(`${quoted(most)} is not a number of bytes from 1 to ${MOST_BYTES}`, "most");
  const into = Buffer.allocUnsafe(most);
  const receive = (): ReturnType<typeof native.receiveDescriptors> =>
    begun("recvmsg", () => native.receiveDescriptors(thread.handle, socket.handle, into));
  const received = await whenReady(socket, READABLE, receive, signal);
  if (typeof received === "number") throw new NetlinkError({ errno: -received, syscall: "recvmsg" });
  return {
    bytes: into.subarray(0, received.length),
    descriptors: received.descriptors.map((handle) => new Descriptor(thread, handle)),
  };
}

/** Two connected Unix sockets. */
export function socketPair(thread: Thread): [Descriptor, Descriptor] {
  const [a, b] = begun("socketpair", () => native.socketPair(thread.handle));
  return [new Descriptor(thread, a), new Descriptor(thread, b)];
}

/** Connects to a Unix socket. */
export async function connectSocket(thread: Thread, path: string): Promise<Descriptor> {
  const size = Buffer.byteLength(path);
  if (size === 0 || size > MOST_PATH_BYTES || path.includes("\0"))
    throw new InputError(`a Unix socket's path has 1 to ${MOST_PATH_BYTES} bytes, none of them 0`, "path");
  const handle = await thread.call<DescriptorHandle>((host, id) => {
    native.connectSocket(host, id, path);
  });
  return new Descriptor(thread, handle);
}

/** Who has connected to a listening socket, as the kernel says (SO_PEERCRED, unix(7)). */
export interface Caller {
  readonly socket: Descriptor;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Listens at a path, whose file has this mode from the first on. Throws NetlinkError. */
export function listenSocket(thread: Thread, path: string, mode: number): Descriptor {
  return new Descriptor(
    thread,
    begun("bind", () => native.listenSocket(thread.handle, path, mode)),
  );
}

/** The next who connects. */
export async function acceptSocket(thread: Thread, listener: Descriptor, signal?: AbortSignal): Promise<Caller> {
  const accept = (): ReturnType<typeof native.acceptSocket> =>
    begun("accept4", () => native.acceptSocket(thread.handle, listener.handle));
  const accepted = await whenReady(listener, READABLE, accept, signal);
  if (typeof accepted === "number") throw new NetlinkError({ errno: -accepted, syscall: "accept4" });
  const { descriptor, ...caller } = accepted;
  return { socket: new Descriptor(thread, descriptor), ...caller };
}

/** Sends a datagram with descriptors to a path, or with "@" in front to a name without a file. Throws NetlinkError. */
export function sendDatagram(path: string, bytes: Uint8Array, descriptors: readonly Descriptor[] = []): void {
  const handles = descriptors.map(({ handle }) => handle);
  const result = begun("sendmsg", () => native.sendDatagram(path, bytes, handles));
  if (result < 0) throw new NetlinkError({ errno: -result, syscall: "sendmsg" });
}
