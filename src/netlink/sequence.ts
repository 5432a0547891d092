import type { Entries } from "./codecs/attributes.js";
import type { Writer } from "./codecs/bytes.js";
import type { Message, MessageContent, MessageType, MessageTypes } from "./message.js";
import { type About, type Pending, readReply } from "./pending.js";
import type { Written } from "./template.js";

/** A condition on an attribute of the reply to an earlier request: it holds this number, or is absent. */
interface ReplyCondition {
  /** How many requests before: 1 for the one just before. */
  readonly back: number;
  readonly attribute: number;
  readonly equals?: number | undefined;
}

/** A condition on the link with this index: it has this MTU. To look at it would take ten times as long. */
interface MtuCondition {
  readonly link: number;
  readonly mtu: number;
}

/**
 * The request is about the link in the reply to an earlier one, and so are those after it, as many as `others` says: each gets
 * its index as it is sent, whatever link has the name then. Without a reply it is not sent.
 */
interface SameLink {
  readonly back: number;
  readonly others: number;
}

/** Nobody else who heeds the namespace's lock (native/namespace/namespace_lock.h) changes anything meanwhile. */
interface LockCondition {
  readonly locked: true;
}

export type RequestCondition = ReplyCondition | MtuCondition | SameLink | LockCondition;

/** A request that is one of several in a sequence. It is sent only if all the conditions hold. */
export interface SequencedRequest {
  readonly messageType: MessageType;
  readonly content: MessageContent<never, Entries>;
  readonly about: About;
  /** It only asks for one thing, and is over with the reply: no acknowledgement is asked for. */
  readonly asks: boolean;
  readonly conditions: readonly RequestCondition[];
  /** The message as a template gave it (template.ts), where that is quicker than to write the content. */
  readonly written?: Written | undefined;
}

/** How a request went: what it failed with, if it did, and what came back, decoded when it is asked for. */
export interface Outcome {
  readonly error: Error | undefined;
  replies(): Message[];
}

/** Makes a request of a sequence. */
export function sequenced<H, E extends Entries>(
  messageType: MessageType<H, E>,
  content: MessageContent<H, E>,
  about: About = {},
  conditions: readonly RequestCondition[] = [],
): SequencedRequest {
  return { messageType, content: content as SequencedRequest["content"], about, asks: false, conditions };
}

/** Makes one that asks for one thing. */
export function sequencedQuestion<H, E extends Entries>(
  messageType: MessageType<H, E>,
  content: MessageContent<H, E>,
  about: About = {},
): SequencedRequest {
  return { ...sequenced(messageType, content, about), asks: true };
}

/** What native/netlink/condition.h calls them. */
const ABSENT = 0;
const PRESENT = 1;
const SAME = 2;
const LOCKED = 3;

/** Writes a condition's numbers behind the offset, as NetlinkSocket wants them. */
function writeCondition(
  written: Writer,
  back: number,
  header: number,
  attribute: number,
  kind: number,
  value: number,
): void {
  written.u32(back);
  written.u32(header);
  written.u32(attribute);
  written.u32(kind);
  written.u32(value);
}

/** Writes the conditions of the message at an offset. */
export function writeConditions(
  written: Writer,
  offset: number,
  messageType: MessageType,
  conditions: readonly RequestCondition[],
): void {
  const { size } = messageType.header;
  for (const condition of conditions) {
    written.u32(offset);
    if ("link" in condition) writeCondition(written, 0, condition.link, 0, PRESENT, condition.mtu);
    else if ("locked" in condition) writeCondition(written, 0, 0, 0, LOCKED, 0);
    else if ("others" in condition) writeCondition(written, condition.back, size, 0, SAME, condition.others);
    else {
      const { back, attribute, equals } = condition;
      writeCondition(written, back, size, attribute, equals === undefined ? ABSENT : PRESENT, equals ?? 0);
    }
  }
}

/** How a request went that is over. */
export function outcomeOf(member: Pending, types: MessageTypes): Outcome {
  return {
    error: member.error,
    replies() {
      for (const reply of member.unread!.splice(0)) readReply(member, reply, types);
      return member.replies;
    },
  };
}
