import { InputError, quoted } from "../base/errors.js";
import { type DescriptorHandle, native } from "./addon.js";
import { Descriptor } from "./descriptor.js";
import { NetlinkError } from "./error.js";
import { opened, type Resting } from "./resting.js";
import type { Thread } from "./thread.js";

/** How a socket for frames is opened. */
export interface FrameSocketOptions {
  /**
   * Instructions of classic BPF, eight bytes each (struct sock_filter, linux/filter.h), that see each frame from its Ethernet header
   * on, and say which are wanted: all unless given, those that this machine itself sends by the link included.
   */
  readonly filter?: Uint8Array | undefined;
  /**
   * A port of UDP over IPv4 that the frames are for. It is held on this link while the socket is open: nobody else takes it, and the
   * kernel does not tell senders that nobody has it.
   */
  readonly udpPort?: number | undefined;
  /** @internal Where its sockets rest, "frames" and "port". */
  readonly rest?: Resting | undefined;
}

/** What is known of a frame that is not in it. */
export interface FrameOrigin {
  /** The checksum of UDP or TCP was left to hardware that the frame never saw: it is not one yet. */
  readonly partialChecksum: boolean;
}

/** Ethernet frames of a link. */
export interface FrameSocket {
  readonly isOpen: boolean;
  /** Sends a frame, header included. One that the link does not take now, for it is down or its queue is full, is lost: false. */
  send(frame: Uint8Array): boolean;
  /** Hands every frame that comes to `listener`, until the returned function is called. While somebody listens, the process lives. */
  receive(listener: (frame: Buffer, origin: FrameOrigin) => void): () => void;
  /** Closes the socket; what waits to be read is gone. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

const READABLE = 1;
/** struct virtio_net_hdr (linux/virtio_net.h), whose first byte has the flags. */
const VNET_HEADER = 10;
const NEEDS_CHECKSUM = 1;
/** Larger than any frame that the kernel hands over in one piece. */
const LARGEST_FRAME = VNET_HEADER + 65536 + 256;
const FRAMES_AT_ONCE = 64;

function checkOptions({ filter, udpPort }: FrameSocketOptions): void {
  if (filter !== undefined && !(filter instanceof Uint8Array)) throw new InputError("it is a Uint8Array", "filter");
  if (udpPort !== undefined && !(Number.isInteger(udpPort) && udpPort > 0 && udpPort < 65536))
    throw new InputError(`${quoted(udpPort)} is not a port from 1 to 65535`, "udpPort");
}

async function holdPort(thread: Thread, link: number, port: number): Promise<Descriptor> {
  try {
    const handle = await thread.call<DescriptorHandle>((host, id) => {
      native.claimPort(host, id, link, port);
    });
    return new Descriptor(thread, handle);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EADDRINUSE") throw error;
    throw error.with({
      subject: `UDP port ${port}`,
      hint: "another program on this machine has it, for this link or for all",
    });
  }
}

/** Opens a socket for the frames of a link, by its index (AF_PACKET, packet(7)). */
export async function openFrames(thread: Thread, link: number, options: FrameSocketOptions): Promise<FrameSocket> {
  checkOptions(options);
  const { filter = new Uint8Array(), udpPort, rest = opened } = options;
  const port = udpPort === undefined ? undefined : await rest("port", () => holdPort(thread, link, udpPort));
  let descriptor: Descriptor;
  try {
    descriptor = await rest("frames", async () => {
      const handle = await thread.call<DescriptorHandle>((host, id) => {
        native.openFrames(host, id, link, filter);
      });
      return new Descriptor(thread, handle);
    });
  } catch (error) {
    await port?.close();
    throw error;
  }
  const listeners = new Set<(frame: Buffer, origin: FrameOrigin) => void>();
  const scratch = Buffer.allocUnsafeSlow(LARGEST_FRAME);

  function readFrames(): void {
    for (let count = 0; count < FRAMES_AT_ONCE && listeners.size > 0 && descriptor.isOpen; count++) {
      const length = native.readDescriptor(descriptor.handle, scratch);
      // Nothing is there, or the link went down: what comes when it is up again is read then.
      if (length < 0) return;
      if (length <= VNET_HEADER) continue;
      const frame = Buffer.from(scratch.subarray(VNET_HEADER, length));
      const origin = { partialChecksum: (scratch[0]! & NEEDS_CHECKSUM) !== 0 };
      for (const listener of [...listeners]) listener(frame, origin);
    }
  }

  function watch(wanted: boolean): void {
    if (descriptor.isOpen)
      native.watchDescriptor(descriptor.handle, wanted ? READABLE : 0, wanted ? readFrames : undefined);
  }

  async function close(): Promise<void> {
    listeners.clear();
    watch(false);
    await Promise.all([descriptor.close(), port?.close()]);
  }

  return {
    get isOpen() {
      return descriptor.isOpen;
    },
    send(frame) {
      const whole = Buffer.alloc(VNET_HEADER + frame.length);
      whole.set(frame, VNET_HEADER);
      return descriptor.isOpen && native.writeDescriptor(descriptor.handle, whole) >= 0;
    },
    receive(listener) {
      const mine = (frame: Buffer, origin: FrameOrigin): void => listener(frame, origin);
      listeners.add(mine);
      if (listeners.size === 1) watch(true);
      return () => {
        if (listeners.delete(mine) && listeners.size === 0) watch(false);
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
