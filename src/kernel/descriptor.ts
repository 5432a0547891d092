import { InputError, quoted } from "../base/errors.js";
import { type DescriptorHandle, native } from "./addon.js";
import { begun, type Thread } from "./thread.js";

/**
 * An open file descriptor that a host owns: closed when it is closed, or its host is. One that is no TAP's, and whose number was
 * never asked for, is closed, too, when nothing refers to it any more.
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

  /**
   * The number in this process, as child_process takes it in `stdio`; -1 when it is closed. Whoever has asked for it has to
   * close it, or the host: the number stays this descriptor's until then.
   */
  get fd(): number {
    return native.descriptorNumber(this.handle);
  }

  /** @internal Its host refers to it until it is closed, so that it is no collector's to close while the host is open. */
  keep(): void {
    this.#thread.kept.add(this);
  }

  get isOpen(): boolean {
    return native.isOpen(this.handle);
  }

  /** @internal The number of a duplicate, which is the caller's to close. Throws NetlinkError. */
  duplicate(): number {
    return begun("fcntl", () => native.duplicateDescriptor(this.handle));
  }

  /** Closes it, behind nothing else: the last close of a TAP waits for the kernel. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    for (const tell of [...this.#closers]) tell();
    this.#thread.kept.delete(this);
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

  /** As close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A duplicate of a descriptor that the process has open. */
export function adoptDescriptor(thread: Thread, fd: number): Descriptor {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff)
    throw new InputError(`${quoted(fd)} is not a descriptor's number`, "fd");
  return new Descriptor(
    thread,
    begun("fcntl", () => native.adoptDescriptor(thread.handle, fd)),
  );
}
