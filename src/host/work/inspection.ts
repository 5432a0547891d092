import { builtin } from "../../base/builtin.js";
import { spelledName } from "../../base/name-bytes.js";
import { native, type ThreadHandle } from "../../kernel/addon.js";
import type { NamespaceReference } from "../../kernel/namespace.js";

/** What a host says of itself to util.inspect. */
export interface HostState {
  readonly namespace: NamespaceReference;
  readonly state: "open" | "closing" | "closed";
  /** Pieces of work that have not come to their end. */
  readonly underWay: number;
  /** The descriptors that it holds, by their number, and what is behind each. */
  readonly open: Readonly<Record<number, string>>;
}

function reading(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** What is behind a descriptor: a TAP's name, or what /proc shows. */
function behind(fd: number): string {
  const { readFileSync, readlinkSync } = builtin("node:fs");
  const device = /^iff:\s*(\S+)$/m.exec(reading(() => spelledName(readFileSync(`/proc/self/fdinfo/${fd}`))));
  return device?.[1] ?? reading(() => readlinkSync(`/proc/self/fd/${fd}`));
}

/** The descriptors that a thread's handle owns. */
export function openDescriptors(thread: ThreadHandle): HostState["open"] {
  return Object.fromEntries(native.openDescriptors(thread).map((fd) => [fd, behind(fd)]));
}
