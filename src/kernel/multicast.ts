import { errnoNumber } from "../base/errno.js";
import { type DescriptorHandle, native } from "./addon.js";
import { Descriptor } from "./descriptor.js";
import { NetlinkError } from "./error.js";
import { begun, type Thread } from "./thread.js";

/** How a socket for what the kernel tells everybody is opened. */
export interface MulticastSettings {
  /** Of linux/netlink.h. */
  readonly family: number;
  /** The groups, by number. */
  readonly groups: readonly number[];
  /** Bytes, of which the kernel takes twice as many; the system's choice unless given. */
  readonly receiveBuffer?: number | undefined;
  /** Instructions of classic BPF, eight bytes each (struct sock_filter, linux/filter.h). */
  readonly filter?: Uint8Array | undefined;
  /** What happens in other namespaces that have an id here, too. */
  readonly allNamespaces?: boolean | undefined;
}

/** What one reading came back with. */
export interface Batch {
  /** More may wait. */
  readonly more: boolean;
  /** Something was lost since the last reading. */
  readonly overrun: boolean;
  /** How many messages the kernel has lost since the socket was opened; undefined where it does not say. */
  readonly drops: number | undefined;
}

/** A socket that receives what the kernel tells everybody. */
export interface MulticastSocket {
  /** Reads what is there, and hands over each datagram where it lies, with the id of its namespace, undefined for its own. */
  read(each: (buffer: Buffer, start: number, length: number, namespace: number | undefined) => void): Batch;
  /** Calls back whenever there is something to read, an overrun included; undefined ends that. */
  onReadable(tell: (() => void) | undefined): void;
  readonly isOpen: boolean;
  close(): Promise<void>;
}

/** The report's numbers (native/netlink/multicast.h). */
const MORE = 1;
const LOSSES = 2;
const DROPS = 3;
const FAILED = 4;
const TOO_LARGE = 5;
const FIRST = 6;
const EACH = 3;
const MOST_DATAGRAMS = 256;
const BUFFER_SIZE = 131072;
const READABLE = 1;

/** Opens such a socket; from then on nothing that its groups tell is lost without a word. */
export async function openMulticast(
  thread: Thread,
  { family, groups, receiveBuffer = 0, filter = new Uint8Array(), allNamespaces = false }: MulticastSettings,
): Promise<MulticastSocket> {
  const handle = await thread.call<DescriptorHandle>((host, id) => {
    native.openMulticast(host, id, family, groups, receiveBuffer, filter, allNamespaces);
  });
  const descriptor = new Descriptor(thread, handle);
  const report = new Int32Array(FIRST + EACH * MOST_DATAGRAMS);
  let buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);

  return {
    read(each) {
      begun("recvmsg", () => {
        native.receiveBatch(handle, buffer, report);
      });
      if (report[FAILED] !== 0) throw new NetlinkError({ errno: -report[FAILED]!, syscall: "recvmsg" });
      if (report[TOO_LARGE]! > buffer.length) buffer = Buffer.allocUnsafeSlow((report[TOO_LARGE]! + 4095) & ~4095);
      for (let place = 0; place < report[0]!; place++) {
        const [start, length, namespace] = report.subarray(FIRST + EACH * place, FIRST + EACH * (place + 1));
        each(buffer, start!, length!, namespace! < 0 ? undefined : namespace);
      }
      const drops = report[DROPS]!;
      return { more: report[MORE] !== 0, overrun: report[LOSSES] !== 0, drops: drops < 0 ? undefined : drops };
    },
    onReadable(tell) {
      if (!descriptor.isOpen) return;
      native.watchDescriptor(
        handle,
        tell === undefined ? 0 : READABLE,
        tell === undefined
          ? undefined
          : () => {
              tell();
            },
      );
    },
    get isOpen() {
      return descriptor.isOpen;
    },
    close: () => descriptor.close(),
  };
}

/** The error of a socket that is closed while somebody wants to read it. */
export function watchingEnded(): NetlinkError {
  return new NetlinkError({
    errno: errnoNumber("ECANCELED"),
    syscall: "poll",
    kernelMessage: "the watching has ended",
  });
}

/** A netlink socket of a family as a descriptor, which can be passed on: whoever has it speaks as the same socket. */
export async function openPassable(thread: Thread, family: number): Promise<Descriptor> {
  const handle = await thread.call<DescriptorHandle>((host, id) => {
    native.openMulticast(host, id, family, [], 0, new Uint8Array(), false);
  });
  return new Descriptor(thread, handle);
}
