import type { Entries } from "./codecs/attributes.js";
import type { Writer } from "./codecs/bytes.js";
import type { Message, MessageContent, MessageType, MessageTypes } from "./message.js";
import { type About, type Pending, readReply } from "./pending.js";

/** A condition on an attribute of the reply to an earlier step: it holds this number, or is absent. */
interface ReplyCondition {
  /** How many steps before: 1 for the one just before. */
  readonly back: number;
  readonly attribute: number;
  readonly equals?: number | undefined;
}

/** A condition on the link with this index: it has this MTU. To look at it would take ten times as long. */
interface MtuCondition {
  readonly link: number;
  readonly mtu: number;
}

export type Condition = ReplyCondition | MtuCondition;

/** A request that is one of several in a trip. It is sent only if all the conditions hold. */
export interface Step {
  readonly messageType: MessageType;
  readonly content: MessageContent<never, Entries>;
  readonly about: About;
  /** It only asks for one thing, and is over with the reply: no acknowledgement is asked for. */
  readonly asks: boolean;
  readonly when: readonly Condition[];
}

/** How a step went: what it failed with, if it did, and what came back, decoded when it is asked for. */
export interface Outcome {
  readonly error: Error | undefined;
  replies(): Message[];
}

/** Makes a step of a trip. */
export function step<H, E extends Entries>(
  messageType: MessageType<H, E>,
  content: MessageContent<H, E>,
  about: About = {},
  when: readonly Condition[] = [],
): Step {
  return { messageType, content: content as Step["content"], about, asks: false, when };
}

/** Makes a step that asks for one thing. */
export function question<H, E extends Entries>(
  messageType: MessageType<H, E>,
  content: MessageContent<H, E>,
  about: About = {},
): Step {
  return { ...step(messageType, content, about), asks: true };
}

/** A condition's numbers behind the offset, as NetlinkSocket wants them. */
function numbersOf(condition: Condition, { header }: MessageType): number[] {
  if ("link" in condition) return [0, condition.link, 0, 1, condition.mtu];
  const { back, attribute, equals } = condition;
  return [back, header.size, attribute, ...(equals === undefined ? [0, 0] : [1, equals])];
}

/** Writes the conditions of the message at an offset. */
export function writeConditions(
  guards: Writer,
  offset: number,
  messageType: MessageType,
  conditions: readonly Condition[],
): void {
  for (const condition of conditions) {
    guards.u32(offset);
    for (const number of numbersOf(condition, messageType)) guards.u32(number);
  }
}

/** How a step went that is over. */
export function outcomeOf(member: Pending, types: MessageTypes): Outcome {
  return {
    error: member.error,
    replies() {
      for (const reply of member.unread!.splice(0)) readReply(member, reply, types);
      return member.replies;
    },
  };
}
