import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";
import type { Descriptor } from "../kernel/descriptor.js";
import { enterNamespace } from "../kernel/namespace.js";
import { type Caller, passDescriptors, sendBytes, takeDescriptors } from "../kernel/unix-socket.js";
import { foldersOf, type NetworkFolders } from "../networks/state-files.js";
import type { Call } from "./answers/answer.js";
import { answerLine } from "./answers/index.js";
import { resumeNetworks } from "./answers/networks.js";
import { type Attending, attendEach, listenAt } from "./listener.js";
import { type Line, readLine, SOCKET } from "./messages/ask.js";
import { HOME, servedNamespaces } from "./namespaces.js";
import { socketStore } from "./socket-store.js";
import { notify, passedDescriptors } from "./systemd.js";

export interface ServiceOptions extends NetworkFolders {
  /** Whether it ends with the last network that it serves. Undefined: no. */
  readonly onDemand?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Is told what happens. */
  readonly report?: ((event: object) => void) | undefined;
}

/** A service that answers. */
export interface Service {
  /** Resolved when it has ended. */
  readonly ended: Promise<void>;
  /** Serves nobody any more. Rules and leases stay. */
  close(): Promise<void>;
}

/** What the service manager passes the socket under at which the service is to listen. */
const PASSED_LISTENER = "linkwright.socket";
const MOST_BYTES = 65536;

/** JSON that has counters of 64 bits as decimal digits. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}

async function say({ socket }: Caller, line: Line, descriptors: readonly Descriptor[] = []): Promise<void> {
  const bytes = Buffer.from(`${jsonOf(line)}\n`);
  if (descriptors.length === 0) await sendBytes(socket, bytes);
  else await passDescriptors(socket, descriptors, bytes);
}

/**
 * The resident service: it gives the guests of networks that are up their addresses, starts those that are to be started with the
 * machine, owns their tables of rules, so that no other program's `flush ruleset` takes them (Linux 6.9), keeps leases of this
 * machine's links, attaches containers, and keeps in mind what happened in each namespace that it knows, its own among them. It
 * answers at a Unix socket to whom the kernel says that it is (messages/questions.ts). Resolves when all that was up is served again.
 * Rejects with InputError where another answers there.
 */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { onDemand = false, env = process.env, report = () => undefined, ...given } = options;
  const folders = { ...given, ...foldersOf(given) };
  const path = given.service ?? SOCKET;
  const thread = await enterNamespace("current");
  const stop = new AbortController();
  const { signal } = stop;
  const passed = passedDescriptors(thread, env);
  const sockets = socketStore(thread, env, passed);
  const passedListener = passed.find(({ name }) => name === PASSED_LISTENER)?.descriptor;
  let resuming = true;
  let attending: Attending | undefined;
  let closing: Promise<void> | undefined;
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));

  function callOf(caller: Caller, [descriptor, container]: readonly Descriptor[]): Call {
    const path = (): string => {
      if (descriptor === undefined) throw new InputError("the namespace is missing");
      return `/proc/self/fd/${descriptor.fd}`;
    };
    return {
      caller,
      namespaces,
      thread,
      signal,
      container,
      report,
      namespace: async () => namespaces.at(path(), caller),
      knownNamespace: async () => namespaces.knownAt(path(), caller),
      reply: (value, descriptors) => say(caller, { value }, descriptors),
    };
  }

  async function letGo(): Promise<void> {
    if (resuming) return;
    await namespaces.letGo(!onDemand);
    if (onDemand && namespaces.size === 0) void close();
  }

  async function attend(caller: Caller): Promise<void> {
    try {
      const asked = await readLine(() => takeDescriptors(thread, caller.socket, MOST_BYTES, signal));
      if (asked === undefined) return;
      try {
        await answerLine(asked.line, callOf(caller, asked.descriptors));
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        await say(caller, { error: message, code });
      } finally {
        for (const each of asked.descriptors) await each.close();
      }
    } finally {
      namespaces.leave(caller);
      await caller.socket.close();
      await letGo();
    }
  }

  async function closeAll(): Promise<void> {
    notify(env, ["STOPPING=1"]);
    stop.abort();
    await attending?.settled();
    await namespaces.close();
    if (passedListener === undefined) await builtin("node:fs/promises").rm(path, { force: true });
    await thread.end();
    end();
  }

  function close(): Promise<void> {
    return (closing ??= closeAll());
  }

  async function start(listener: Descriptor): Promise<void> {
    attending = attendEach(thread, listener, attend, signal, ({ message: reason }) => {
      report({ event: "failed", reason });
    });
    const home = await namespaces.at(HOME);
    await resumeNetworks(home, folders, report);
    await sockets.forgetUnclaimed();
    await home.leases.resume();
    resuming = false;
    await letGo();
  }

  const namespaces = await servedNamespaces({ folders, env, passed, sockets, report });
  let listener: Descriptor;
  try {
    listener = passedListener ?? (await listenAt(thread, path));
  } catch (error) {
    await thread.end();
    throw error;
  }
  try {
    await start(listener);
  } catch (error) {
    await close();
    throw error;
  }
  notify(env, ["READY=1"]);
  return { ended, close };
}
