import { InputError } from "../../base/errors.js";
import type { Cancellation } from "../../base/signal.js";
import type { Host } from "../../host/host.js";
import type { Descriptor } from "../../kernel/descriptor.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Question } from "./questions.js";

/** Where the service listens. */
export const SOCKET = "/run/linkwright/socket";

/** What the service says, in a line of JSON. */
export type Line = { readonly value: unknown } | { readonly error: string; readonly code?: string | undefined };

/** An answer; what came with it goes when it is closed. */
export interface Answer {
  readonly value: unknown;
  readonly descriptors: readonly Descriptor[];
  close(): Promise<void>;
}

/** What is said where nobody keeps leases. */
export function nobodyAt(path: string): InputError {
  return new InputError(`nobody answers at ${path}: linkwright serve keeps leases`, "service");
}

/** Nobody listens there, or somebody who is gone. */
const NOBODY = ["ENOENT", "ECONNREFUSED", "EACCES"];

/** Reads a line, and the descriptors that come with it; undefined when the connection ends before. */
export async function readLine(
  receive: () => Promise<{ readonly bytes: Buffer; readonly descriptors: Descriptor[] }>,
): Promise<{ line: string; descriptors: Descriptor[] } | undefined> {
  const pieces: Buffer[] = [];
  const descriptors: Descriptor[] = [];
  for (;;) {
    const { bytes, descriptors: more } = await receive();
    descriptors.push(...more);
    if (bytes.length === 0) {
      for (const each of descriptors) await each.close();
      return undefined;
    }
    pieces.push(bytes);
    if (bytes.at(-1) === 0x0a) return { line: Buffer.concat(pieces).toString("utf8"), descriptors };
  }
}

/**
 * Asks the service at a socket about a host's namespace; undefined where nobody answers, or where this user may not ask. Rejects
 * with InputError for what the service refuses, and with the signal's reason when it aborts before there is an answer: a socket that
 * the service manager listens at takes a question before the service runs.
 */
export async function askService(
  host: Host,
  path: string,
  question: Question,
  { signal }: Cancellation = {},
): Promise<Answer | undefined> {
  const asking = signal === undefined ? host : host.until(signal);
  let socket: Descriptor;
  try {
    socket = await asking.connectSocket(path);
  } catch (error) {
    if (error instanceof NetlinkError && NOBODY.includes(error.code)) return undefined;
    throw error;
  }
  const held: Descriptor[] = [socket];
  const close = async (): Promise<void> => {
    for (const each of held.splice(0)) await each.close();
  };
  try {
    const namespace = await asking.namespaceDescriptor();
    held.push(namespace);
    await asking.sendDescriptors(socket, [namespace], Buffer.from(`${JSON.stringify(question)}\n`));
    const answer = await readLine(() => asking.receiveDescriptors(socket));
    if (answer === undefined) throw new InputError(`the service at ${path} has ended`);
    held.push(...answer.descriptors);
    const said = JSON.parse(answer.line) as Line;
    if ("error" in said) throw new InputError(`${said.error} (the service at ${path})`);
    return { value: said.value, descriptors: answer.descriptors, close };
  } catch (error) {
    await close();
    throw error;
  }
}
