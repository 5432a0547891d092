import { Writer } from "../netlink/codecs/bytes.js";
import type { Entries } from "../netlink/codecs/attributes.js";
import { writeBatch } from "../netfilter/messages/batch.js";
import type { Change } from "../netfilter/messages/change.js";
import { type MessageContent, type MessageType, NLM_F_ACK, writeMessage } from "../netlink/message.js";
import { type Case, sortedCases } from "../runner/plan.js";
import { type Answer, INDEX_OFFSET, type AnswerField, ANSWER_FIELDS } from "./answer-fields.js";
import type { Insertion, PlanStep } from "./plan.js";

/** What a step may have besides its kind, its text and its bytes. */
export interface StepDetails {
  readonly skip?: readonly Case[];
  readonly places?: readonly Insertion[];
  readonly answer?: Answer;
  readonly object?: AnswerField;
}

function stepOf(kind: PlanStep["kind"], text: string, message: Uint8Array, details: StepDetails): PlanStep {
  return { kind, text: text === "" ? "" : `: ${text}`, message, skip: [], places: [], ...details };
}

function finished<H, E extends Entries>(type: MessageType<H, E>, content: MessageContent<H, E>): Buffer {
  const writer = new Writer();
  writeMessage(writer, type, 0, { ...content, flags: (content.flags ?? 0) | NLM_F_ACK });
  return writer.take();
}

/** A step that changes something of the TAP, whose index is filled in. */
export function change<H, E extends Entries>(
  text: string,
  type: MessageType<H, E>,
  content: MessageContent<H, E>,
  details: StepDetails = {},
): PlanStep {
  const places = [{ to: INDEX_OFFSET, field: ANSWER_FIELDS.tapIndex }, ...(details.places ?? [])];
  return stepOf("do", text, finished(type, content), { ...details, places });
}

/** NETLINK_NETFILTER (linux/netlink.h). */
const NETLINK_NETFILTER = 12;

/** A step that changes the ruleset, all or nothing. */
export function batch(text: string, changes: readonly Change[], details: StepDetails = {}): PlanStep {
  return { ...stepOf("batch", text, writeBatch(changes, 1).messages, details), protocol: NETLINK_NETFILTER };
}

/** A step that asks Open vSwitch's database something, or changes it, by the bytes of a request, and keeps the first UUID of the answer. */
export function ofDatabase(
  kind: "inquire" | "transact",
  text: string,
  request: Uint8Array,
  details: StepDetails,
): PlanStep {
  return stepOf(kind, text, request, details);
}

/** A step that asks the kernel something, and keeps the answer. */
export function question<H, E extends Entries>(
  text: string,
  type: MessageType<H, E>,
  content: MessageContent<H, E>,
  details: StepDetails & { readonly answer: Answer },
): PlanStep {
  return stepOf("ask", text, finished(type, content), details);
}

/** A step that refuses with its text unless a field of an answer starts with these bytes. */
export function check(text: string, object: AnswerField, expected: Uint8Array, details: StepDetails = {}): PlanStep {
  return stepOf("check", text, expected, { ...details, object });
}

/** A step that refuses unless bridge.conf allows the bridge. */
export function allowance(object: AnswerField, details: StepDetails = {}): PlanStep {
  return stepOf("allow", "", new Uint8Array(), { ...details, object });
}

/** Steps that are left out in further cases. */
export function skipping(skip: readonly Case[], steps: readonly PlanStep[]): PlanStep[] {
  return steps.map((step) => ({ ...step, skip: sortedCases([...step.skip, ...skip]) }));
}
