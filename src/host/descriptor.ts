import { InputError } from "../netlink/error.js";
import { type DescriptorHandle, native } from "../native.js";
import type { Thread } from "./thread.js";

/**
 * An open file descriptor that a host owns: closed when it is closed, when its host is, or when nothing refers to it
 * any more.
 */
export class Descriptor {
  /** @internal */
  readonly handle: DescriptorHandle;
  readonly #thread: Thread;

  /** @internal */
  constructor(thread: Thread, handle: DescriptorHandle) {
    this.#thread = thread;
    this.handle = handle;
  }

  /** The number in this process, as child_process takes it in `stdio`; -1 when it is closed. */
  get fd(): number {
    return native.descriptorNumber(this.handle);
  }

  /** Closes it, on the host's thread: the last close of a TAP waits for the kernel. */
  async close(): Promise<void> {
    if (this.fd < 0) return;
    await this.#thread.call((host, id) => {
      native.closeDescriptor(host, id, this.handle);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

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

/** Passes descriptors over a connected Unix socket, with at least one byte (SCM_RIGHTS, unix(7)). Gives a negative errno or bytes sent. */
export async function passDescriptors(
  socket: Descriptor,
  descriptors: readonly Descriptor[],
  bytes: Uint8Array,
): Promise<number> {
  if (bytes.length === 0) throw new InputError("descriptors travel with at least one byte");
  const handles = descriptors.map(({ handle }) => handle);
  return whenReady<number>(socket, WRITABLE, () => native.sendDescriptors(socket.handle, bytes, handles));
}

/** Receives bytes, and the descriptors that come with them, from a Unix socket. Gives a negative errno or what came. */
export async function takeDescriptors(thread: Thread, socket: Descriptor, most: number): Promise<Received | number> {
  const into = Buffer.allocUnsafe(most);
  const received = await whenReady(socket, READABLE, () =>
    native.receiveDescriptors(thread.handle, socket.handle, into),
  );
  if (typeof received === "number") return received;
  return {
    bytes: into.subarray(0, received.length),
    descriptors: received.descriptors.map((handle) => new Descriptor(thread, handle)),
  };
}
