import { type DescriptorHandle, native } from "./addon.js";
import type { Thread } from "./thread.js";

/**
 * An open file descriptor that a host owns: closed when it is closed, when its host is, or when nothing refers to it
 * any more.
 */
export class Descriptor {
  /** @internal */
  readonly handle: DescriptorHandle;
  readonly #thread: Thread;
  readonly #closers = new Set<() => void>();

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
    for (const tell of [...this.#closers]) tell();
    await this.#thread.call((host, id) => {
      native.closeDescriptor(host, id, this.handle);
    });
  }

  /** @internal Tells when it, or its host, is being closed; what is returned takes that back. */
  onClose(tell: () => void): () => void {
    this.#closers.add(tell);
    this.#thread.closers.add(tell);
    return () => {
      this.#closers.delete(tell);
      this.#thread.closers.delete(tell);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
