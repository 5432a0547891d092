import { attributes, type Values } from "../netlink/attributes.js";
import { type Bytes, bytesOf, LITTLE_ENDIAN, Writer } from "../netlink/bytes.js";
import { type Codec, raw, text, unspoken } from "../netlink/codec.js";
import { InputError } from "../netlink/error.js";
import { nest, repeated } from "../netlink/nests.js";
import { u32, u64 } from "../netlink/numbers.js";
import { struct } from "../netlink/struct.js";
import { bits } from "../netlink/words.js";

/** What a place in a plan's message is filled with when it is sent. The order is native/qemu/replay.c's. */
const PLACE_VALUES = [
  "tapIndex",
  "bridgeIndex",
  "bridgeMtu",
  "formerMtu",
  "formerMaster",
  "formerFlags",
  "guestMac",
  "formerMac",
] as const;

/** "guestMac" is the TAP's MAC with 0xfe for its first byte; what is "former" is the TAP's, as it came. */
export type PlaceValue = (typeof PLACE_VALUES)[number];

/** A place in a message: an offset in bytes, and what belongs there. */
export interface Place {
  readonly offset: number;
  readonly value: PlaceValue;
}

const places: Codec<readonly Place[]> = {
  type: "struct place []",
  words: "",
  write(writer, list) {
    for (const { offset, value } of list) {
      writer.u16(offset);
      writer.u16(PLACE_VALUES.indexOf(value) + 1);
    }
  },
  read({ view }: Bytes, offset, length) {
    const list: Place[] = [];
    for (let at = offset; at < offset + length; at += 4) {
      const value = PLACE_VALUES[view.getUint16(at + 2, LITTLE_ENDIAN) - 1];
      if (length % 4 !== 0 || value === undefined) return undefined;
      list.push({ offset: view.getUint16(at, LITTLE_ENDIAN), value });
    }
    return list;
  },
  parse: unspoken("place"),
};

const numbers: Codec<readonly number[]> = {
  type: "u32 []",
  words: "",
  write(writer, list) {
    for (const number of list) u32.write(writer, number, {});
  },
  read({ view }: Bytes, offset, length) {
    if (length % 4 !== 0) return undefined;
    return Array.from({ length: length / 4 }, (_, i) => view.getUint32(offset + 4 * i, LITTLE_ENDIAN));
  },
  parse: unspoken("number"),
};

/** The programs that QEMU calls, a bit each. */
export const programs = bits(u32, { ifup: 1, ifdown: 2, helper: 4 });

/** One message of a plan. */
export const planStep = attributes("STEP", () => ({
  name: [1, text(), "what it does, for errors: the bridge's name follows"],
  message: [2, raw, "the netlink message"],
  places: [3, places, "where it is filled in when it is sent"],
}));
export type PlanStep = Values<typeof planStep>;

/** One rule of a plan: every condition that is there must hold. */
export const planRule = attributes("RULE", () => ({
  programs: [1, programs, "the programs that it is for"],
  startedAs: [2, text(), "pattern for the name that the program is started under"],
  tap: [3, text(), "pattern for the TAP's name"],
  asked: [4, text(), "pattern for the bridge that is asked for"],
  users: [5, numbers, "the caller is one of these users"],
  groups: [6, numbers, "the caller is in one of these groups"],
  refuse: [7, text(), "why it is refused"],
  bridge: [8, text(), "the bridge; the one with the default route when it is missing"],
  up: [9, repeated(1, nest(planStep)), "steps that configure a TAP and bring it up"],
  undo: [10, repeated(1, nest(planStep)), "steps that put a TAP back as it came"],
  down: [11, repeated(1, nest(planStep)), "steps that let a TAP go"],
}));
export type PlanRule = Values<typeof planRule>;

const rules = repeated(1, nest(planRule));

/** "LWQPLAN\n", as the number that these bytes are. */
const MAGIC = bytesOf(Buffer.from("LWQPLAN\n")).view.getBigUint64(0, LITTLE_ENDIAN);
const VERSION = 1;
/** struct header of native/qemu/plan.c. */
const header = struct("header", { magic: u64, version: u32, length: u32, checksum: u64, policy: u64 });
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
  const bytes = bytesOf(file);
  const { magic, version, length, checksum: sum, policy: source } = header.read(bytes, 0, file.length, {}) ?? {};
  if (magic !== MAGIC) throw new InputError("it is no plan");
  if (version !== VERSION) throw new InputError(`it is of version ${version}, not ${VERSION}`);
  if (length !== file.length || sum !== checksum(file.subarray(header.size)))
    throw new InputError("it is damaged: its length or its checksum is wrong");
  const list = rules.read(bytes, header.size, file.length - header.size, {});
  if (list === undefined) throw new InputError("it is malformed");
  return { rules: list, isFor: (policy) => checksum(policy) === source };
}
