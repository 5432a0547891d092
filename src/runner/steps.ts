import { LITTLE_ENDIAN, align, Writer } from "../netlink/codecs/bytes.js";
import type { Entries } from "../netlink/codecs/attributes.js";
import {
  HEADER_SIZE,
  type MessageContent,
  type MessageType,
  NLM_F_ACK,
  NLM_F_ECHO,
  writeMessage,
} from "../netlink/message.js";
import { type AnswerField, chars, encodeWhole, parts, type PlanStep, stepsWith } from "./plan.js";

/** The answers of a plan that takes something back: about its subject, and about another link that this depends on. */
const ANSWERS = { known: 0, subject: 1, other: 2 } as const;
type Answer = keyof typeof ANSWERS;

/** A step of a plan that takes something back. */
export type Step = PlanStep<Answer>;
export type Field = AnswerField<Answer>;

/** What is done together: when a step finds that nothing is left to do, or that something is not ours, the others are left out. */
export interface Inverse {
  /** What it is about, at most 127 bytes: "br0". It stands before what is said of it. */
  readonly subject: string;
  readonly steps: readonly Step[];
}

/** A part of an answer: all that is behind a header, or an attribute by its path. */
export function fieldOf(answer: Answer, header: number, path: readonly number[] = [], from = 0, size = 0): Field {
  return { answer, header: header === 0 ? 0 : align(header), path, from, size };
}

function stepOf(kind: Step["kind"], text: string, message: Uint8Array, details: Partial<Step> = {}): Step {
  return { kind, text: text === "" ? "" : `: ${text}`, message, skip: [], places: [], ...details };
}

/** A message as bytes, which asks for an acknowledgement. */
function bytesOf<H, E extends Entries>(type: MessageType<H, E>, content: MessageContent<H, E>): Buffer {
  const writer = new Writer();
  writeMessage(writer, type, 0, { ...content, flags: (content.flags ?? 0) | NLM_F_ACK });
  return writer.take();
}

/** Asks, and keeps the answer; what is not there answers nothing. */
export function ask<H, E extends Entries>(
  answer: Answer,
  type: MessageType<H, E>,
  content: MessageContent<H, E>,
): Step {
  return stepOf("ask", "it cannot be looked at", bytesOf(type, content), { answer, skip: ["mayBeSo"] });
}

/** Sends a message. A refusal that says that it is so already is none. */
export function send<H, E extends Entries>(
  text: string,
  type: MessageType<H, E>,
  content: MessageContent<H, E>,
  places: Step["places"] = [],
): Step {
  return stepOf("do", text, bytesOf(type, content), { skip: ["mayBeSo"], places });
}

/** Sends a message that was written down whole. */
export function sendBytes(text: string, message: Uint8Array, skip: Step["skip"] = ["mayBeSo"]): Step {
  const bytes = Buffer.from(message);
  const flags = LITTLE_ENDIAN ? bytes.readUInt16LE(6) : bytes.readUInt16BE(6);
  const wanted = (flags | NLM_F_ACK) & ~NLM_F_ECHO;
  if (LITTLE_ENDIAN) bytes.writeUInt16LE(wanted, 6);
  else bytes.writeUInt16BE(wanted, 6);
  return stepOf("do", text, bytes, { skip });
}

/** Ends it, with nothing said, when a part of an answer starts with these bytes; without bytes, when it is not there. */
export function unlessSettled(object: Field, bytes: Uint8Array = new Uint8Array()): Step {
  return stepOf("endsIf", "", bytes, { object });
}

/** The same unless it starts with these, or without bytes, when it is there. */
export function whenSo(object: Field, bytes: Uint8Array = new Uint8Array()): Step {
  return stepOf("endsUnless", "", bytes, { object });
}

/** Ends it, with these words, unless a part of an answer starts with these bytes, some of which may be of other answers. */
export function onlyIf(text: string, object: Field, bytes: Uint8Array, places: Step["places"] = []): Step {
  return stepOf("check", text, bytes, { object, places });
}

/** Where a setting is: below /proc/sys, or the file of a device. */
function settingPath(name: string): string {
  if (name.startsWith("/")) return `${name}\0`;
  return `/proc/sys/${name.includes("/") ? name : name.replaceAll(".", "/")}\0`;
}

/** Reads a setting. */
export function readSetting(name: string): Step {
  return stepOf("read", "", Buffer.from(settingPath(name)), { answer: "subject", skip: ["mayBeSo"] });
}

/** Writes a setting. */
export function writeSetting(name: string, value: string): Step {
  return stepOf("write", "it cannot be set", Buffer.from(`${settingPath(name)}${value}`), { skip: ["mayBeSo"] });
}

/** Makes a persistent TAP with an index, or opens the one that is there, and says whose it is; nobody's unless given. */
export function makeTap(
  name: string,
  { flags, index = 0, owner = -1, group = -1 }: { flags: number; index?: number; owner?: number; group?: number },
): Step {
  const writer = new Writer();
  chars(16).write(writer, name, {});
  for (const number of [flags, index, owner >>> 0, group >>> 0]) writer.u32(number);
  return stepOf("tap", "it cannot be made", writer.take());
}

/** Goes to the namespace of a path for the rest of the operation; where there is none, that is over. */
export function enter(path: string): Step {
  return stepOf("enter", "its namespace cannot be entered", Buffer.from(`${path}\0`));
}

/** Gives the namespace that a path leads to, where it does, a name, which is a path, too: unless another namespace has that. */
export function giveName(path: string, from: string): Step {
  return stepOf("name", `it cannot have its name again, and waits at ${from}`, Buffer.from(`${path}\0${from}\0`));
}

/** Takes a namespace's name away, which is a path. */
export function takeName(path: string): Step {
  return stepOf("name", "its name cannot be taken", Buffer.from(`${path}\0`), { skip: ["mayBeSo"] });
}

const SUBJECT = chars(128);
const steps = stepsWith(ANSWERS);
const inverses = parts<Inverse>({
  type: "operation",
  words: "",
  write(writer, { subject, steps: list }) {
    SUBJECT.write(writer, Buffer.from(subject).length < 128 ? subject : `${subject.slice(0, 40)}…`, {});
    steps.write(writer, list, {});
  },
  read: () => undefined,
  parse() {
    throw new TypeError("a plan is not parsed");
  },
});

/** The bytes of a plan that takes something back, which the watchdog takes in this order. */
export function encodeInverses(list: readonly Inverse[]): Buffer {
  const body = new Writer();
  inverses.write(body, list, {});
  return encodeWhole(body.take());
}

/** Where the index stands in a message about a link. */
export const INDEX_IN_MESSAGE = HEADER_SIZE + 4;
