import type { Descriptor } from "../../kernel/descriptor.js";
import type { Thread } from "../../kernel/thread.js";
import type { Caller } from "../../kernel/unix-socket.js";
import type { Asked, Method } from "../messages/questions.js";
import type { ServedNamespace, ServedNamespaces } from "../namespaces.js";

/** A question as it came in, and what there is to answer it with. */
export interface Call {
  readonly caller: Caller;
  readonly namespaces: ServedNamespaces;
  /** The namespace that it is about, which the service knows from then on. Rejects with InputError when none came with it. */
  namespace(): Promise<ServedNamespace>;
  /** The same, if the service knows it already. */
  knownNamespace(): Promise<ServedNamespace | undefined>;
  /** The descriptor that came behind the namespace's. */
  readonly container: Descriptor | undefined;
  /** The thread that speaks to callers. */
  readonly thread: Thread;
  /** Aborts when the service ends. */
  readonly signal: AbortSignal;
  /** Tells whoever started the service what happens. */
  report(event: object): void;
  /** What is replied, as JSON, and descriptors with it. */
  reply(value: unknown, descriptors?: readonly Descriptor[]): Promise<void>;
}

/** How a question is answered. Throws InputError, which the caller is told, and what is refused. */
export interface Answer<M extends Method> {
  /** Who may look and change nothing may ask it, too. */
  readonly onlyLooks?: boolean;
  answer(asked: Asked<M>, call: Call): Promise<void>;
}
