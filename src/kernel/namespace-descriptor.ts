import { InputError } from "../base/errors.js";
import { type DescriptorHandle, native } from "./addon.js";
import { adoptDescriptor, Descriptor } from "./descriptor.js";
import { NetlinkError } from "./error.js";
import { chooseNamespace, explainNamespace, type NamespaceReference } from "./namespace.js";
import type { Thread } from "./thread.js";

/** Where a link is to be: a namespace, that of a Host, or one that is open. */
export type Destination = NamespaceReference | NamespaceHolder | OpenNamespace;

/** A namespace that stays open as long as it is used, by the number of its descriptor. */
export interface OpenNamespace {
  readonly fd: number;
}

/** Whoever holds a namespace open, such as a Host. */
export interface NamespaceHolder {
  /** A descriptor of its namespace, for setns(2), `ip netns` and other hosts. */
  namespaceDescriptor(): Promise<Descriptor>;
}

/** A descriptor of a namespace by its path; of the thread's own without one. */
export async function openNamespace(thread: Thread, path: string | undefined): Promise<Descriptor> {
  const opening = thread.call<DescriptorHandle>((host, id) => {
    native.openNamespace(host, id, path);
  });
  const handle = await (path === undefined ? opening.catch(withoutProc) : opening);
  return new Descriptor(thread, handle);
}

/** A thread's own namespace is there, unless /proc is not. */
function withoutProc(error: unknown): never {
  if (!(error instanceof NetlinkError) || error.code !== "ENOENT") throw error;
  throw error.with({ subject: "/proc/thread-self/ns/net", hint: "/proc is not mounted" });
}

async function openReference(thread: Thread, namespace: NamespaceReference): Promise<Descriptor> {
  const { kind, path } = chooseNamespace(namespace);
  if (kind === "new")
    throw new InputError('"new" would be gone at once: open a Host for it and give that', "namespace");
  try {
    return await openNamespace(thread, kind === "current" ? "/proc/self/ns/net" : path);
  } catch (error) {
    throw explainNamespace(error, namespace);
  }
}

function isHolder(destination: Destination): destination is NamespaceHolder {
  return typeof destination === "object" && destination !== null && "namespaceDescriptor" in destination;
}

function isOpen(destination: Destination): destination is OpenNamespace {
  return typeof destination === "object" && destination !== null && "fd" in destination;
}

const threads = new WeakMap<object, Thread>();

/** Tells whose thread lives in the namespace that is held: what it does there itself needs nobody to give it out. */
export function holds(holder: object, thread: Thread): void {
  threads.set(holder, thread);
}

/** The thread that lives in a holder's namespace: what it does goes there, in the order in which it is asked. */
export function threadOf(holder: object): Thread {
  return threads.get(holder)!;
}

/** A descriptor of one's own of a namespace that is held: whoever holds it may close theirs at any moment. */
async function openHeld(thread: Thread, holder: NamespaceHolder): Promise<Descriptor> {
  if (threads.get(holder) === thread) return openNamespace(thread, undefined);
  const theirs = await holder.namespaceDescriptor();
  try {
    return adoptDescriptor(thread, theirs.fd);
  } finally {
    await theirs.close();
  }
}

/** Opens a namespace for as long as `use` takes. */
export async function within<T>(thread: Thread, destination: Destination, use: (fd: number) => Promise<T>): Promise<T> {
  if (isOpen(destination)) return use(destination.fd);
  const descriptor = await (isHolder(destination) ? openHeld(thread, destination) : openReference(thread, destination));
  try {
    return await use(descriptor.fd);
  } finally {
    await descriptor.close();
  }
}
