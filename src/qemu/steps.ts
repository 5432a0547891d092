import { Writer } from "../netlink/bytes.js";
import type { Entries } from "../netlink/attributes.js";
import { HEADER_SIZE, type MessageContent, type MessageType, NLM_F_ACK, writeMessage } from "../netlink/message.js";
import type { Place } from "./plan.js";

/** Where struct ifinfomsg and struct tcmsg have the link's index, in a message. */
const INDEX_OFFSET = HEADER_SIZE + 4;

/** A step of a plan, with all that a step has. */
export interface PlannedStep {
  readonly name: string;
  readonly message: Buffer;
  readonly places: readonly Place[];
}

/** A finished message about the TAP, whose index is filled in when it is sent. */
export function step<H, E extends Entries>(
  name: string,
  type: MessageType<H, E>,
  content: MessageContent<H, E>,
): PlannedStep {
  const writer = new Writer();
  writeMessage(writer, type, 0, { ...content, flags: (content.flags ?? 0) | NLM_F_ACK });
  return { name, message: writer.take(), places: [{ offset: INDEX_OFFSET, value: "tapIndex" }] };
}
