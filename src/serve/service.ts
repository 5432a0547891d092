import { builtin } from "../base/builtin.js";
import { InputError, quoted } from "../base/errors.js";
import { type Ground, groundOf } from "../cni/index.js";
import { checkObject } from "../base/input.js";
import { Host } from "../host/host.js";
import type { Descriptor } from "../kernel/descriptor.js";
import { NetlinkError } from "../kernel/error.js";
import { lockedBy } from "../kernel/file-lock.js";
import { enterNamespace } from "../kernel/namespace.js";
import type { Thread } from "../kernel/thread.js";
import {
  acceptSocket,
  type Caller,
  connectSocket,
  listenSocket,
  passDescriptors,
  sendBytes,
  takeDescriptors,
} from "../kernel/unix-socket.js";
import { type NetworkFolders, foldersOf } from "../networks/files.js";
import { networks } from "../networks/networks.js";
import { type NetworkService, serveNetwork } from "../networks/serve.js";
import type { History } from "../watch/history.js";
import { answerPlugin } from "./containers.js";
import { type Line, type NetworkPlace, type Question, readLine, SOCKET } from "./messages/ask.js";
import { type KeptLeases, keptLeases } from "./kept-leases.js";
import { type Owner, openOwner } from "./owner.js";
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

/** A namespace in which networks are served. */
interface Place {
  readonly host: Host;
  readonly owner: Owner | undefined;
  readonly services: Map<string, NetworkService>;
  /** What happened there since the service knows it. */
  readonly history: History;
  /** Where containers are attached; undefined where no runtime has asked for that. */
  ground: Promise<Ground> | undefined;
  readonly leases: KeptLeases;
}

const HOME = "/proc/thread-self/ns/net";
const PASSED_LISTENER = "linkwright.socket";
const STORED = "ruleset-";
const MODE = 0o660;
const MOST_BYTES = 65536;

/** JSON that has counters of 64 bits as decimal digits. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}

/** Who may change something: the superuser of this service's user namespace. Others whom the socket's file lets in may look. */
function mayChange({ uid }: Caller): boolean {
  return uid === 0 || uid === process.getuid?.();
}

function pluginQuestion({ program, environment, input }: Record<string, unknown>): Question {
  checkObject(environment, "environment");
  for (const [key, value] of Object.entries({ program, input, ...environment }))
    if (typeof value !== "string") throw new InputError(`${quoted(value)} is no text`, key);
  return { method: "cni", program, environment, input } as Question;
}

/** Throws InputError for what is no question. */
function questionIn(line: string): Question {
  const question = JSON.parse(line) as Record<string, unknown>;
  const { method, name, state, run, since, link, clientId, hostname, lease } = question;
  if (method === "status" || method === "ruleset" || method === "leases") return { method };
  if (method === "history") {
    if (typeof since !== "number") throw new InputError(`${quoted(since)} is no time`, "since");
    return { method, since };
  }
  if (method === "cni") return pluginQuestion(question);
  if (method === "keepLease" || method === "releaseLease" || method === "leaveLease") {
    for (const [key, value] of Object.entries({ link, clientId, hostname }))
      if (typeof value !== "string" && (key === "link" || value !== undefined))
        throw new InputError(`${quoted(value)} is no text`, key);
    if (lease !== undefined) checkObject(lease, "lease");
    return { method, link, clientId, hostname, lease } as Question;
  }
  if (method !== "serve" && method !== "release") throw new InputError(`${quoted(method)} is no question`, "method");
  for (const [key, value] of Object.entries({ name, state, run }))
    if (typeof value !== "string") throw new InputError(`${quoted(value)} is no text`, key);
  return { method, name, state, run } as Question;
}

/** Listens at a path; a socket's file that nobody answers at any more is replaced. Rejects with InputError where somebody does. */
async function listenAt(thread: Thread, path: string): Promise<Descriptor> {
  const fs = builtin("node:fs/promises");
  await fs.mkdir(builtin("node:path").dirname(path), { recursive: true, mode: 0o755 });
  return lockedBy(`${path}.lock`, async () => {
    const other = await connectSocket(thread, path).catch((error: unknown) => {
      if (error instanceof NetlinkError && ["ENOENT", "ECONNREFUSED"].includes(error.code)) return undefined;
      throw error;
    });
    await other?.close();
    if (other !== undefined) throw new InputError(`a service answers at ${path} already`, "service");
    await fs.rm(path, { force: true });
    return listenSocket(thread, path, MODE);
  });
}

/**
 * The resident service: it gives the guests of networks that are up their addresses, starts those that are to be started with the
 * machine, owns their tables of rules, so that no other program's `flush ruleset` takes them (Linux 6.9), and keeps in mind what
 * happened in each namespace that it knows, its own among them. It answers at a Unix
 * socket to whom the kernel says that it is. Resolves when all that was up is served again. Rejects with InputError where
 * another answers there.
 */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { onDemand = false, env = process.env, report = () => undefined, ...folders } = options;
  const { state, run } = foldersOf(folders);
  const path = folders.service ?? SOCKET;
  const thread = await enterNamespace("current");
  const passed = passedDescriptors(thread, env);
  const places = new Map<string, Promise<Place>>();
  const attachments = builtin("node:path").join(run, "..", "cni");
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  let resuming = true;
  /** The service's own namespace. */
  const home = await keyOf(HOME);
  let listener: Descriptor;
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));

  /** Which namespace that is: the number of its file. */
  async function keyOf(namespace: string): Promise<string> {
    return String((await builtin("node:fs/promises").stat(namespace)).ino);
  }

  /** Leases of another namespace than the service's own are kept apart: links there have the same names. */
  async function suffixOf(key: string): Promise<string> {
    return key === (await keyOf("/proc/self/ns/net")) ? "" : `@${key}`;
  }

  async function openPlace(namespace: string, key: string): Promise<Place> {
    const host = await Host.open({ namespace });
    const kept = passed.find(({ name }) => name === STORED + key)?.descriptor;
    const owner = await openOwner(namespace, kept);
    if (kept === undefined) notify(env, ["FDSTORE=1", `FDNAME=${STORED}${key}`], [owner.descriptor]);
    const leases = keptLeases(host, builtin("node:path").join(state, `../leases${await suffixOf(key)}`), report);
    return { host, owner, services: new Map(), leases, ground: undefined, history: await host.history() };
  }

  async function placeOf(namespace: string): Promise<Place> {
    const key = await keyOf(namespace);
    const known = places.get(key);
    if (known !== undefined) return known;
    const opening = openPlace(namespace, key);
    places.set(key, opening);
    opening.catch(() => places.delete(key));
    return opening;
  }

  async function closePlace(key: string, { host, owner, services, leases }: Place): Promise<void> {
    places.delete(key);
    await leases.close();
    for (const service of services.values()) await service.close();
    await owner?.close();
    await host.close();
  }

  /** Makes the tables this service's, which kernels before 6.9 do not know, and which another may be. */
  async function own({ host, owner }: Place, where: NetworkFolders): Promise<void> {
    if (owner === undefined) return;
    try {
      await networks(host, where).reload({ owner: owner.committer });
    } catch (error) {
      const isKnown = error instanceof NetlinkError && ["EOPNOTSUPP", "EINVAL", "EPERM"].includes(error.code);
      if (!isKnown && !(error instanceof InputError)) throw error;
      report({ event: "notOwner", reason: error.message });
    }
  }

  async function serve(place: Place, { name, state: definitions, run: up }: NetworkPlace): Promise<void> {
    const where = { state: definitions, run: up };
    const key = `${up} ${name}`;
    await place.services.get(key)?.close();
    place.services.delete(key);
    const told = (event: object): void => report({ network: name, ...event });
    place.services.set(key, await serveNetwork(place.host, name, { ...where, report: told }));
    await own(place, where);
    told({ event: "serving" });
  }

  async function release(namespace: string, { name, run: folder }: NetworkPlace): Promise<void> {
    const key = await keyOf(namespace);
    const place = await places.get(key);
    const service = place?.services.get(`${folder} ${name}`);
    if (place === undefined || service === undefined) return;
    place.services.delete(`${folder} ${name}`);
    await service.close();
    report({ network: name, event: "released" });
  }

  /** Namespaces in which nothing is served any more are let go of when nobody needs their rules. */
  async function rest(): Promise<void> {
    if (resuming) return;
    for (const [key, opening] of places) {
      const place = await opening;
      const isKept =
        place.services.size + place.leases.size > 0 || place.ground !== undefined || (!onDemand && key === home);
      if (isKept) continue;
      const { tables } = await place.host.netfilter.ruleset();
      if (tables.some(({ name }) => name === "linkwright")) continue;
      await closePlace(key, place);
      notify(env, ["FDSTOREREMOVE=1", `FDNAME=${STORED}${key}`]);
    }
    if (onDemand && places.size === 0) void close();
  }

  async function statusOf(): Promise<object> {
    const all = await Promise.all([...places.values()]);
    const served = all.flatMap(({ services }) => [...services.keys()].map((key) => key.split(" ")[1]));
    const leases = (await Promise.all(all.map((place) => place.leases.list()))).flat();
    return { pid: process.pid, networks: served.sort(), leases };
  }

  async function reply({ socket }: Caller, line: Line, descriptors: readonly Descriptor[] = []): Promise<void> {
    const bytes = Buffer.from(`${jsonOf(line)}\n`);
    if (descriptors.length === 0) await sendBytes(socket, bytes);
    else await passDescriptors(socket, descriptors, bytes);
  }

  async function answer(caller: Caller, question: Question, passed: readonly Descriptor[]): Promise<void> {
    const [passedNamespace, container] = passed;
    if (question.method === "status") return reply(caller, { value: await statusOf() });
    if (question.method !== "history" && !mayChange(caller))
      throw new InputError(`user ${caller.uid} may look, and change nothing`);
    if (passedNamespace === undefined) throw new InputError("the namespace is missing");
    const namespace = `/proc/self/fd/${passedNamespace.fd}`;
    switch (question.method) {
      case "serve":
        await serve(await placeOf(namespace), question);
        return reply(caller, { value: {} });
      case "release":
        await release(namespace, question);
        await reply(caller, { value: {} });
        return;
      case "history": {
        const place = await places.get(await keyOf(namespace));
        return reply(caller, { value: place?.history.records(question.since) });
      }
      case "cni": {
        const place = await placeOf(namespace);
        place.ground ??= groundOf(place.host, attachments);
        return answerPlugin(await place.ground, thread, caller.socket, question, container);
      }
      case "keepLease": {
        const { link, clientId, hostname, lease } = question;
        const { leases } = await placeOf(namespace);
        return reply(caller, { value: await leases.keep({ link, clientId, hostname, lease }) });
      }
      case "releaseLease":
      case "leaveLease": {
        const { leases } = await placeOf(namespace);
        await leases.end(question.link, question.method === "releaseLease" ? "release" : "close");
        return reply(caller, { value: {} });
      }
      case "leases":
        return reply(caller, { value: await (await placeOf(namespace)).leases.list() });
      case "ruleset": {
        const { owner } = await placeOf(namespace);
        if (owner === undefined) return reply(caller, { value: {} });
        await owner.lend(async () => {
          await reply(caller, { value: {} }, [owner.descriptor]);
          // It is his until he is gone.
          await takeDescriptors(thread, caller.socket, 1, stop.signal).catch(() => undefined);
        });
        return;
      }
    }
  }

  async function attend(caller: Caller): Promise<void> {
    try {
      const asked = await readLine(() => takeDescriptors(thread, caller.socket, MOST_BYTES, stop.signal));
      if (asked === undefined) return;
      try {
        await answer(caller, questionIn(asked.line), asked.descriptors);
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        await reply(caller, { error: message, code });
      } finally {
        for (const each of asked.descriptors) await each.close();
      }
    } finally {
      await caller.socket.close();
      await rest();
    }
  }

  async function listen(): Promise<void> {
    while (!stop.signal.aborted) {
      const caller = await acceptSocket(thread, listener, stop.signal);
      const attending = attend(caller).catch((error: Error) => {
        if (!stop.signal.aborted) report({ event: "failed", reason: error.message });
      });
      underWay.add(attending);
      void attending.then(() => underWay.delete(attending));
    }
  }

  /** Brings up what is to be up, and serves what is. */
  async function resume(): Promise<void> {
    const place = await placeOf(HOME);
    const guests = networks(place.host, folders);
    for (const { definition, active } of await guests.list())
      if (!active && definition.autostart === true)
        await guests.start(definition.name).catch((error: Error) => {
          report({ network: definition.name, event: "notStarted", reason: error.message });
        });
    for (const { definition, active } of await guests.list())
      if (active)
        await serve(place, { name: definition.name, state, run }).catch((error: Error) => {
          report({ network: definition.name, event: "notServed", reason: error.message });
        });
    await place.leases.resume();
  }

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    return (closing ??= (async () => {
      notify(env, ["STOPPING=1"]);
      stop.abort();
      await Promise.all(underWay);
      for (const [key, opening] of places) {
        const place = await opening.catch(() => undefined);
        if (place !== undefined) await closePlace(key, place);
      }
      if (!passed.some(({ name }) => name === PASSED_LISTENER))
        await builtin("node:fs/promises").rm(path, { force: true });
      await thread.end();
      end();
    })());
  }

  try {
    listener = passed.find(({ name }) => name === PASSED_LISTENER)?.descriptor ?? (await listenAt(thread, path));
  } catch (error) {
    await thread.end();
    throw error;
  }
  listen().catch((error: Error) => {
    if (!stop.signal.aborted) report({ event: "failed", reason: error.message });
  });
  try {
    await resume();
  } catch (error) {
    await close();
    throw error;
  }
  resuming = false;
  await rest();
  notify(env, ["READY=1"]);
  return { ended, close };
}
