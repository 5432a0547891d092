import { Writer } from "../netlink/codecs/bytes.js";
import { type Codec, unspoken } from "../netlink/codecs/codec.js";
import { InputError } from "../base/errors.js";
import { u32 } from "../netlink/codecs/numbers.js";
import { struct } from "../netlink/codecs/struct.js";
import { bits } from "../netlink/codecs/words.js";
import {
  chars,
  checksum,
  decodeWhole,
  encodeWhole,
  HEADER,
  type Insertion as InsertionOf,
  parts,
  type PlanStep as StepOf,
  stepsWith,
} from "../runner/plan.js";
import { type Answer, ANSWERS } from "./answer-fields.js";

export type Insertion = InsertionOf<Answer>;
/** A step of a plan; `text` follows the TAP's name in errors. */
export type PlanStep = StepOf<Answer>;

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

const pattern = chars(32);
const programs = bits(u32, { ifup: 1, ifdown: 2, helper: 4 });
const conditions = { programs, user: u32, group: u32, startedAs: pattern, tap: pattern, asked: pattern };
const ruleStruct = struct("rule", conditions);

const steps = stepsWith(ANSWERS);
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

const rules = parts(rule);

/** The program's room for a plan, and for a policy: its last byte stays free. */
export const LARGEST_FILE = 2048 * 1024 - 1;

/** The bytes of a plan that was made from a policy's bytes: always the same for the same policy. */
export function encodePlan(list: readonly PlanRule[], policy: Uint8Array): Buffer {
  const body = new Writer();
  rules.write(body, list, {});
  const whole = encodeWhole(body.take(), checksum(policy));
  if (whole.length > LARGEST_FILE)
    throw new InputError(`the plan would have ${whole.length} bytes; at most ${LARGEST_FILE} fit`);
  return whole;
}

/** A plan, read. */
export interface Plan {
  readonly rules: readonly PlanRule[];
  /** Whether it was made from these very bytes of a policy. */
  readonly isFor: (policy: Uint8Array) => boolean;
}

/** Reads a plan; throws InputError when it is none, of another version, or damaged. */
export function decodePlan(file: Uint8Array): Plan {
  const { bytes, policy: source } = decodeWhole(file);
  const list = rules.read(bytes, HEADER, file.length - HEADER, {});
  if (list === undefined) throw new InputError("it is malformed");
  return { rules: list, isFor: (policy) => checksum(policy) === source };
}
