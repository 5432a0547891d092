import { type Bytes, bytesOf, LITTLE_ENDIAN, Writer } from "../netlink/codecs/bytes.js";
import { type Codec, unspoken } from "../netlink/codecs/codec.js";
import { InputError } from "../base/errors.js";
import { repeated } from "../netlink/codecs/nests.js";
import { u16, u32, u64 } from "../netlink/codecs/numbers.js";
import { struct } from "../netlink/codecs/struct.js";
import { bits, words } from "../netlink/codecs/words.js";
import { type Answer, ANSWERS, type AnswerField } from "./answer-fields.js";

const CASES = {
  ifup: 1,
  ifdown: 2,
  helper: 4,
  root: 8,
  user: 16,
  port: 32,
  noPort: 64,
  doing: 128,
  undoing: 256,
  mayFail: 512,
} as const;

/** A case in which a step is left out; "mayFail" is none: its failure is no matter. */
export type Case = keyof typeof CASES;

const cases = bits(u32, CASES);

/** Each of some cases once, in the order in which a plan says them. */
export function sortedCases(some: readonly Case[]): Case[] {
  return (Object.keys(CASES) as Case[]).filter((each) => some.includes(each));
}

const KINDS = { ask: 1, check: 2, allow: 3, do: 4 } as const;

/** A place in a message: an offset in bytes, and the field of an answer that belongs there. */
export interface Insertion {
  readonly to: number;
  readonly field: AnswerField;
}

/**
 * A step of a plan. "ask" and "do" send the message, with the object behind it when that is an attribute; "check" compares
 * the object with the message; "allow" has bridge.conf allow the object. `text` follows the TAP's name in errors.
 */
export interface PlanStep {
  readonly kind: keyof typeof KINDS;
  readonly text: string;
  readonly message: Uint8Array;
  readonly skip: readonly Case[];
  readonly places: readonly Insertion[];
  readonly answer?: Answer | undefined;
  readonly object?: AnswerField | undefined;
}

/** A rule of a plan: every condition that is there must hold. */
export interface PlanRule {
  readonly programs: readonly ("ifup" | "ifdown" | "helper")[];
  readonly user?: number | undefined;
  readonly group?: number | undefined;
  readonly startedAs?: string | undefined;
  readonly tap?: string | undefined;
  readonly asked?: string | undefined;
  readonly steps: readonly PlanStep[];
}

const answer = words(u16, ANSWERS);
const fields = { answer, header: u16, path0: u16, path1: u16, path2: u16, from: u16, to: u16, size: u16 };
/** struct place, struct step, struct rule and struct header of native/qemu. */
const placeStruct = struct("place", fields);
const stepStruct = struct("step", {
  skip: cases,
  kind: words(u16, KINDS),
  answer,
  places: u16,
  length: u16,
  object: placeStruct,
});

/** Text in a field of a struct, with a NUL at its end. */
function chars(size: number): Codec<string> {
  return {
    type: "char []",
    words: "",
    size,
    write(writer, value) {
      const bytes = Buffer.from(value);
      if (bytes.length >= size) throw new InputError(`${JSON.stringify(value)} has more than ${size - 1} bytes`);
      writer.raw(bytes);
      writer.zeros(size - bytes.length);
    },
    read: ({ buffer }, offset) => buffer.toString("utf8", offset, buffer.indexOf(0, offset)),
    parse: unspoken("text"),
  };
}

const pattern = chars(32);
const programs = bits(u32, { ifup: 1, ifdown: 2, helper: 4 });
const conditions = { programs, user: u32, group: u32, startedAs: pattern, tap: pattern, asked: pattern };
const ruleStruct = struct("rule", conditions);
const header = struct("header", { magic: u64, version: u32, length: u32, checksum: u64, policy: u64 });

type WirePlace = Parameters<typeof placeStruct.writePartial>[1];

function toWire({ path: [path0 = 0, path1 = 0, path2 = 0], ...field }: AnswerField, to: number): Required<WirePlace> {
  return { ...field, path0, path1, path2, to };
}

function fromWire({ answer, header, path0, path1, path2, from, size }: Required<WirePlace>): AnswerField {
  return { answer: answer as Answer, header, path: [path0, path1, path2].filter((type) => type !== 0), from, size };
}

const step: Codec<PlanStep> = {
  type: "struct step",
  words: "",
  write(writer, { kind, text, message, skip, places, answer = "known", object }) {
    const counts = { places: places.length, length: message.length };
    const wire = object === undefined ? {} : { object: toWire(object, 0) };
    stepStruct.writePartial(writer, { skip, kind, answer, ...counts, ...wire });
    for (const { to, field } of places) placeStruct.write(writer, toWire(field, to), {});
    writer.raw(message);
    writer.raw(Buffer.from(`${text}\0`));
  },
  read(bytes, offset, length) {
    const end = offset + length;
    const head = stepStruct.read(bytes, offset, length, {});
    if (head === undefined) return undefined;
    const start = offset + stepStruct.size + head.places * placeStruct.size;
    const text = start + head.length;
    if (text >= end || bytes.buffer[end - 1] !== 0) return undefined;
    const places = Array.from({ length: head.places }, (_, i): Insertion => {
      const place = placeStruct.readAt(bytes, offset + stepStruct.size + i * placeStruct.size);
      return { to: place.to, field: fromWire(place) };
    });
    return {
      kind: head.kind as PlanStep["kind"],
      text: bytes.buffer.toString("utf8", text, end - 1),
      message: bytes.buffer.subarray(start, text),
      skip: head.skip as Case[],
      places,
      ...(head.answer === "known" ? {} : { answer: head.answer as Answer }),
      ...(head.object.header === 0 && head.object.from === 0 ? {} : { object: fromWire(head.object) }),
    };
  },
  parse: unspoken("step"),
};

const steps = repeated(1, step);
const ANYBODY = 0xffffffff;

const rule: Codec<PlanRule> = {
  type: "struct rule",
  words: "",
  write(writer, { programs, user = ANYBODY, group = ANYBODY, startedAs = "*", tap = "*", asked = "*", steps: list }) {
    ruleStruct.write(writer, { programs, user, group, startedAs, tap, asked }, {});
    steps.write(writer, list, {});
  },
  read(bytes, offset, length) {
    const head = ruleStruct.read(bytes, offset, length, {});
    const list = head && steps.read(bytes, offset + ruleStruct.size, length - ruleStruct.size, {});
    if (list === undefined) return undefined;
    const given = Object.entries(head!).filter(([, value]) => value !== ANYBODY && value !== "*");
    return { ...(Object.fromEntries(given) as Omit<PlanRule, "steps">), steps: list };
  },
  parse: unspoken("rule"),
};

const rules = repeated(1, rule);

/** "LWQPLAN\n", as the number that these bytes are. */
const MAGIC = bytesOf(Buffer.from("LWQPLAN\n")).view.getBigUint64(0, LITTLE_ENDIAN);
const VERSION = 2;
/** The program's room for a plan, and for a policy: its last byte stays free. */
export const LARGEST_FILE = 256 * 1024 - 1;

/** FNV-1a, 64 bits. */
export function checksum(bytes: Uint8Array): bigint {
  let sum = 0xcbf29ce484222325n;
  for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  return sum;
}

/** The bytes of a plan that was made from a policy's bytes: always the same for the same policy. */
export function encodePlan(list: readonly PlanRule[], policy: Uint8Array): Buffer {
  const body = new Writer();
  rules.write(body, list, {});
  const bytes = body.take();
  const whole = new Writer();
  const length = header.size + bytes.length;
  if (length > LARGEST_FILE) throw new InputError(`the plan would have ${length} bytes; at most ${LARGEST_FILE} fit`);
  const sums = { checksum: checksum(bytes), policy: checksum(policy) };
  header.write(whole, { magic: MAGIC, version: VERSION, length, ...sums }, {});
  whole.raw(bytes);
  return whole.take();
}

/** A plan, read. */
export interface Plan {
  readonly rules: readonly PlanRule[];
  /** Whether it was made from these very bytes of a policy. */
  readonly isFor: (policy: Uint8Array) => boolean;
}

/** Reads a plan; throws InputError when it is none, of another version, or damaged. */
export function decodePlan(file: Uint8Array): Plan {
  const bytes: Bytes = bytesOf(file);
  const { magic, version, length, checksum: sum, policy: source } = header.read(bytes, 0, file.length, {}) ?? {};
  if (magic !== MAGIC) throw new InputError("it is no plan");
  if (version !== VERSION) throw new InputError(`it is of version ${version}, not ${VERSION}`);
  if (length !== file.length || sum !== checksum(file.subarray(header.size)))
    throw new InputError("it is damaged: its length or its checksum is wrong");
  const list = rules.read(bytes, header.size, file.length - header.size, {});
  if (list === undefined) throw new InputError("it is malformed");
  return { rules: list, isFor: (policy) => checksum(policy) === source };
}
