import type { Entries, Values } from "../netlink/codecs/attributes.js";
import type { Connection, Reply } from "../netlink/connection.js";
import { InputError, quoted } from "../base/errors.js";
import { checkKnown, checkObject } from "../base/input.js";
import { anyMessageType, NLM_F_DUMP } from "../netlink/message.js";
import { messages } from "../rtnetlink/messages.js";

type Messages = typeof messages;
/** The name of a message that there is a table for. */
export type MessageName = keyof Messages;
type HeaderOf<N extends MessageName> = Messages[N] extends { header: { readAt(...args: never): infer H } } ? H : never;
type EntriesOf<N extends MessageName> = Messages[N] extends { attributes: { entries: infer E extends Entries } }
  ? E
  : never;

/** A request of one's own making. */
export interface Request<N extends MessageName> {
  /** NLM_F_* beside NLM_F_REQUEST and NLM_F_ACK. */
  readonly flags?: number | undefined;
  readonly header?: Partial<HeaderOf<N>> | undefined;
  readonly attributes?: Values<{ entries: EntriesOf<N> }> | undefined;
}

/** What comes back: messages of the same family. */
export type RequestReply<N extends MessageName> = Reply<HeaderOf<N>, EntriesOf<N>>;

/** Sends a message of NETLINK_ROUTE by its name. */
export async function sendRequest<N extends MessageName>(
  connection: Connection,
  name: N,
  request: Request<N>,
): Promise<RequestReply<N>[]> {
  if (!Object.hasOwn(messages, name)) throw new InputError(`no message ${quoted(name)}`, "name");
  checkKnown(request, ["flags", "header", "attributes"], "request");
  const { flags = 0, header = {}, attributes = {} } = request;
  if (!Number.isInteger(flags) || flags < 0 || flags > 0xffff)
    throw new InputError(`${quoted(flags)} is not a number of flags, which are 16 bits`, "flags");
  checkObject(header, "header");
  checkObject(attributes, "attributes");
  const isDump = name.startsWith("RTM_GET") && (flags & NLM_F_DUMP) !== 0;
  const send = isDump ? connection.dump : connection.request;
  const replies = await send(anyMessageType(messages[name]), { flags, header, attributes });
  return replies as RequestReply<N>[];
}
