import { builtin } from "../../base/builtin.js";
import type { Duplex } from "node:stream";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { native } from "../../kernel/addon.js";
import type { Descriptor } from "../../kernel/descriptor.js";

const READABLE = 1;
const WRITABLE = 2;
const EBADF = -9;
const EAGAIN = -11;
const EBADFD = -77;
const ECANCELED = -125;
/** Larger than any frame: 64 KiB of payload, an Ethernet header with tags, and a virtio header. */
const LARGEST_FRAME = 65536 + 256;
/** Frames read before others get their turn. */
const FRAMES_AT_ONCE = 64;

/** What the kernel says of a frame that it does not take, and not of the device. */
const REFUSALS: readonly number[] = [-5, -22];

function failure(name: string | undefined, call: string, errno: number): NetlinkError {
  const known: Record<number, string> = {
    5: "the link is down: a TAP takes frames only while it is up",
    22: "it is too short: an Ethernet frame has at least 14 bytes, after the headers that the device was opened with",
    77: "the link was deleted, or this queue detached",
  };
  return new NetlinkError({ errno: -errno, syscall: call, subject: name, hint: known[-errno] });
}

/** The stream of each queue that has one. */
const live = new WeakMap<Descriptor, Duplex>();

/**
 * A queue of a TUN or TAP as a stream: each chunk is one frame (or packet), with the headers that the device was opened
 * with. Back-pressure holds: while nobody reads, the kernel's queue fills, and then drops. Destroying the stream
 * stops the polling; the descriptor stays open. Closing the TAP or the host ends the stream. A frame that is refused ends
 * the stream with the error, unless somebody listens for "refused". `name` is the device's.
 */
export function frameStream(queue: Descriptor, name?: string): Duplex {
  if (live.get(queue)?.destroyed === false)
    throw new InputError("a queue has one stream at a time: destroy the first, or open another queue");
  const scratch = Buffer.allocUnsafe(LARGEST_FRAME);
  let events = 0;
  let forgetClose: (() => void) | undefined;
  let waiting: { frame: Uint8Array; done: (error?: Error | null) => void } | undefined;

  function failed(call: string, errno: number): NetlinkError {
    return failure(name, call, errno);
  }

  function watch(wanted: number): void {
    if (wanted === events) return;
    if (events === 0) forgetClose = queue.onClose(onClose);
    else if (wanted === 0) forgetClose?.();
    events = wanted;
    if (queue.isOpen) native.watchDescriptor(queue.handle, events, onReady);
  }

  /** Whoever closes a TAP wants its readers to come to an end. */
  function onClose(): void {
    watch(0);
    waiting?.done(failed("write", EBADF));
    waiting = undefined;
    stream.push(null);
    stream.end();
  }

  function onReady(status: number, happened: number): void {
    if (status < 0) {
      forgetClose?.();
      events = 0;
      // libuv says EBADF of every descriptor in error; a TAP's is so when its link is being deleted, or has been.
      stream.destroy(failed("poll", status === EBADF ? EBADFD : status));
      return;
    }
    if ((happened & WRITABLE) !== 0) writeWaiting();
    if ((happened & READABLE) !== 0) readFrames();
  }

  function readFrames(): void {
    for (let count = 0; count < FRAMES_AT_ONCE && !stream.destroyed && queue.isOpen; count++) {
      const length = native.readDescriptor(queue.handle, scratch);
      if (length === EAGAIN) return;
      if (length < 0) {
        stream.destroy(failed("read", length));
        return;
      }
      if (!stream.push(Buffer.from(scratch.subarray(0, length)))) {
        watch(events & ~READABLE);
        return;
      }
    }
  }

  function writeWaiting(): void {
    const next = waiting;
    waiting = undefined;
    watch(events & ~WRITABLE);
    if (next !== undefined) write(next.frame, next.done);
  }

  function write(frame: Uint8Array, done: (error?: Error | null) => void): void {
    const result = native.writeDescriptor(queue.handle, frame);
    if (result === EAGAIN) {
      waiting = { frame, done };
      watch(events | WRITABLE);
    } else if (result >= 0) done(null);
    else {
      const error = failed("write", result);
      const isHeard = REFUSALS.includes(result) && stream.listenerCount("refused") > 0;
      // Later: what a listener throws is nothing to who writes, and does not stop the stream.
      if (isHeard) process.nextTick(() => stream.emit("refused", error, frame));
      done(isHeard ? null : error);
    }
  }

  const { Duplex: Stream } = builtin("node:stream");
  const stream = new Stream({
    objectMode: true,
    read() {
      if (!queue.isOpen) stream.push(null);
      else watch(events | READABLE);
    },
    write(frame: Uint8Array, _encoding, done) {
      if (!(frame instanceof Uint8Array)) done(new InputError("a frame is a Uint8Array"));
      else if (!queue.isOpen) done(failed("write", EBADF));
      else write(frame, done);
    },
    destroy(error, done) {
      watch(0);
      waiting?.done(error ?? failed("write", ECANCELED));
      done(error);
    },
  });
  live.set(queue, stream);
  return stream;
}
