import { InputError, NetlinkError } from "../netlink/error.js";
import { type DescriptorHandle, native } from "../native.js";
import { Descriptor } from "./descriptor.js";
import type { Thread } from "./thread.js";

/** What came over a Unix socket. */
export interface Received {
  readonly bytes: Buffer;
  readonly descriptors: Descriptor[];
}

const READABLE = 1;
const WRITABLE = 2;
const EAGAIN = -11;

/** Waits until a descriptor is readable or writable, without blocking anything. */
function ready(descriptor: Descriptor, events: number): Promise<void> {
  return new Promise((resolve) => {
    native.watchDescriptor(descriptor.handle, events, () => {
      native.watchDescriptor(descriptor.handle, 0, undefined);
      resolve();
    });
  });
}

/** Repeats a call that does not wait until it needs not. */
async function whenReady<T>(descriptor: Descriptor, events: number, attempt: () => T | number): Promise<T | number> {
  for (;;) {
    const result = attempt();
    if (result !== EAGAIN) return result;
    await ready(descriptor, events);
  }
}

/** Passes descriptors over a connected Unix socket, with at least one byte (SCM_RIGHTS, unix(7)). */
export async function passDescriptors(
  socket: Descriptor,
  descriptors: readonly Descriptor[],
  bytes: Uint8Array,
): Promise<void> {
  if (bytes.length === 0) throw new InputError("descriptors travel with at least one byte");
  const handles = descriptors.map(({ handle }) => handle);
  const sent = await whenReady<number>(socket, WRITABLE, () => native.sendDescriptors(socket.handle, bytes, handles));
  if (sent < 0) throw new NetlinkError({ errno: -sent, syscall: "sendmsg" });
}

/** Receives bytes, and the descriptors that come with them, from a Unix socket. */
export async function takeDescriptors(thread: Thread, socket: Descriptor, most: number): Promise<Received> {
  const into = Buffer.allocUnsafe(most);
  const received = await whenReady(socket, READABLE, () =>
    native.receiveDescriptors(thread.handle, socket.handle, into),
  );
  if (typeof received === "number") throw new NetlinkError({ errno: -received, syscall: "recvmsg" });
  return {
    bytes: into.subarray(0, received.length),
    descriptors: received.descriptors.map((handle) => new Descriptor(thread, handle)),
  };
}

/** Two connected Unix sockets. */
export function socketPair(thread: Thread): [Descriptor, Descriptor] {
  const [a, b] = native.socketPair(thread.handle);
  return [new Descriptor(thread, a), new Descriptor(thread, b)];
}

/** Connects to a Unix socket. */
export async function connectSocket(thread: Thread, path: string): Promise<Descriptor> {
  const handle = await thread.call<DescriptorHandle>((host, id) => {
    native.connectSocket(host, id, path);
  });
  return new Descriptor(thread, handle);
}
