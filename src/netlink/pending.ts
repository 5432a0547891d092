import type { Acknowledgement } from "./acknowledgement.js";
import type { Bytes } from "./codecs/bytes.js";
import { type ErrorCode, errnoNumber } from "../base/errno.js";
import { NetlinkError, type Refusal } from "../kernel/error.js";
import {
  locateAttribute,
  type Message,
  type MessageType,
  type MessageTypes,
  type NetlinkHeader,
  readMessage,
} from "./message.js";
import type { ExchangeEnd } from "../kernel/netlink-socket.js";

/** What a request is about, and how its replies are wanted. */
export interface About {
  /** Such as a link's name, for errors. */
  readonly subject?: string | undefined;
  /** What stands beside a reply's attributes, from its header; nothing unless given. */
  readonly into?: ((header: never) => object) | undefined;
  /** The message that a reply is decoded as, where its whole table is not needed. */
  readonly reply?: MessageType | undefined;
  /**
   * What tells an entry of a table from others, whatever changes of it. A table that keeps changing while it is read ends with what
   * stood; without, with EINTR.
   */
  readonly identity?: ((reply: never) => string) | undefined;
  /** It only asks for one thing, and is over with the reply: no acknowledgement is asked for. */
  readonly asks?: boolean | undefined;
  /** Refusals that mean that it is so already, for one that is written down (recording.ts). */
  readonly unless?: readonly ErrorCode[] | undefined;
}

/** A message that came back and may never be looked at. */
export interface Unread {
  readonly bytes: Bytes;
  readonly offset: number;
  readonly header: NetlinkHeader;
}

/** A request under way. */
export interface Pending {
  readonly messageType: MessageType;
  readonly sequence: number;
  readonly about: About;
  /** Where it was written. */
  bytes: Bytes;
  readonly offset: number;
  readonly replies: Message[];
  /** Replies are kept here, as they came, where they are decoded only when they are asked for. */
  readonly unread: Unread[] | undefined;
  /** It is over with the first reply. */
  readonly asks: boolean;
  interrupted: boolean;
  over: boolean;
  error: Error | undefined;
  /** Called once, when it is over. */
  readonly settled: (member: Pending) => void;
}

/** Decodes a reply, if its message is known; one that cannot be read fails a request that is not over. */
export function readReply(member: Pending, { bytes, offset, header }: Unread, types: MessageTypes): void {
  const { reply, into } = member.about;
  const messageType = header.type === reply?.type ? reply : types.get(header.type);
  if (messageType === undefined) return;
  const expected = messageType.header === member.messageType.header;
  try {
    const message = readMessage(bytes, offset, header, messageType, expected ? into : undefined);
    if (message !== undefined) member.replies.push(message);
    else settle(member, malformed(member, `an ${messageType.name} in the reply cannot be read`));
  } catch (error) {
    // The table of a kind that is met for the first time could not be loaded.
    settle(member, error as Error);
  }
}

/** Ends a request, once. */
export function settle(member: Pending, error: Error | undefined): void {
  if (member.over) return;
  member.over = true;
  member.error = error;
  member.settled(member);
}

/** What an error says of the request that it is about. */
function requestOf({ messageType, about: { subject } }: Pending): Pick<Refusal, "syscall" | "subject" | "request"> {
  return { syscall: messageType.name, subject, request: `${messageType.name}${subject ? ` ${subject}` : ""}` };
}

export function malformed(member: Pending, what: string): NetlinkError {
  return new NetlinkError({
    ...requestOf(member),
    errno: errnoNumber("EBADMSG"),
    kernelMessage: what,
  });
}

/** What is said of a request that an exchange ended without an answer to. */
export function unanswered(member: Pending, end: ExchangeEnd): NetlinkError {
  if (end.errno === 0) return malformed(member, "no acknowledgement came");
  const kernelMessage =
    end.syscall === "sendmsg" ? "it could not be sent" : `${end.syscall} failed; whether it was done is not known`;
  return new NetlinkError({ ...requestOf(member), errno: end.errno, kernelMessage });
}

/** What the kernel refused, from its acknowledgement. */
export function refused(member: Pending, acknowledgement: Acknowledgement): NetlinkError {
  const { messageType, bytes, offset } = member;
  const { errno, message, missing, allowed } = acknowledgement;
  const attribute =
    acknowledgement.offset === undefined
      ? undefined
      : locateAttribute(bytes, offset, messageType, acknowledgement.offset);
  const lacking = missing === undefined ? undefined : nameOf(messageType, missing);
  return new NetlinkError({
    ...requestOf(member),
    errno,
    attribute,
    allowed,
    kernelMessage: lacking === undefined ? message : `${message ?? "an attribute is missing"}: ${lacking}`,
  });
}

function nameOf(messageType: MessageType, number: number): string {
  const found = Object.entries(messageType.attributes.entries).find(([, entry]) => entry[0] === number);
  return found === undefined ? `attribute ${number}` : messageType.attributes.kernelName(found[0]);
}
