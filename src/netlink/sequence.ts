import type { Entries } from "./attributes.js";
import type { Writer } from "./bytes.js";
import type { Message, MessageContent, MessageType, MessageTypes } from "./message.js";
import { type About, type Pending, readReply } from "./pending.js";
import type { Written } from "./template.js";

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

/** A condition of a look that only who did not get the turn (native/turn.h) needs; others are answered without a reply. */
interface TurnCondition {
  readonly unlessInTurn: true;
}

export type Condition = ReplyCondition | MtuCondition | TurnCondition;

/** A request that is one of several in a trip. It is sent only if all the conditions hold. */
export interface Step {
  readonly messageType: MessageType;
  readonly content: MessageContent<never, Entries>;
  readonly about: About;
  /** It only asks for one thing, and is over with the reply: no acknowledgement is asked for. */
  readonly asks: boolean;
  readonly when: readonly Condition[];
  /** The message as a template gave it (template.ts), where that is quicker than to write the content. */
  readonly written?: Written | undefined;
}

/** How a step went: what it failed with, if it did, and what came back, decoded when it is asked for. */
export interface Outcome {
  readonly error: Error | undefined;
  /** Whether anything came back beside an acknowledgement. */
  readonly replied: boolean;
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

/** Writes a condition as NetlinkSocket wants it. */
function writeCondition(
  guards: Writer,
  offset: number,
  back: number,
  header: number,
  attribute: number,
  equals: number | undefined,
): void {
  guards.u32(offset);
  guards.u32(back);
  guards.u32(header);
  guards.u32(attribute);
  guards.u32(equals === undefined ? 0 : 1);
  guards.u32(equals ?? 0);
}

/** Writes the conditions of the message at an offset. */
export function writeConditions(
  guards: Writer,
  offset: number,
  messageType: MessageType,
  conditions: readonly Condition[],
): void {
  for (const condition of conditions)
    if ("back" in condition)
      writeCondition(guards, offset, condition.back, messageType.header.size, condition.attribute, condition.equals);
    else if ("link" in condition) writeCondition(guards, offset, 0, condition.link, 0, condition.mtu);
    else writeCondition(guards, offset, 0, 0, 0, undefined);
}

/** How a step went that is over. */
export function outcomeOf(member: Pending, types: MessageTypes): Outcome {
  return {
    error: member.error,
    replied: member.unread!.length > 0,
    replies() {
      for (const reply of member.unread!.splice(0)) readReply(member, reply, types);
      return member.replies;
    },
  };
}
