import type { AttributeTable, Entries, Values } from "./codecs/attributes.js";
import { type Bytes, LITTLE_ENDIAN, type Writer, align } from "./codecs/bytes.js";
import type { Siblings } from "./codecs/codec.js";
import type { Struct } from "./codecs/struct.js";

/** struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence number, u32 port id (linux/netlink.h). */
export const HEADER_SIZE = 16;

export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_ECHO = 0x8;
export const NLM_F_DUMP_INTR = 0x10;
/** On requests that create. */
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
/** On requests that get: NLM_F_ROOT | NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300;
/** On requests that delete. */
export const NLM_F_BULK = 0x200;
/** On acknowledgements. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

/** One message of a netlink family: the struct behind nlmsghdr and the table of its attributes. */
export interface MessageType<H = unknown, E extends Entries = Entries> {
  /** The kernel's name, such as "RTM_NEWLINK". */
  readonly name: string;
  readonly type: number;
  readonly header: Struct<H>;
  readonly attributes: AttributeTable<E>;
  /** The table of messages with this header where it is another one, as for an address family of its own. */
  readonly variant?: (header: Partial<H>) => AttributeTable | undefined;
  /** Throws InputError for what must never be sent. */
  readonly check?: (attributes: Siblings, header: Siblings) => void;
}

/** A message's type where any may stand: TypeScript cannot know that it is only read and written as its own. */
export function anyMessageType(type: { readonly name: string; readonly type: number }): MessageType {
  return type as MessageType;
}

/** A family's messages by their number. */
export type MessageTypes = ReadonlyMap<number, MessageType>;

/** A received message, decoded. */
export interface Message<H = unknown, A = unknown> {
  readonly name: string;
  readonly flags: number;
  readonly header: H;
  readonly attributes: A;
}

/** What is to be sent. */
export interface MessageContent<H, E extends Entries> {
  readonly flags?: number | undefined;
  readonly header?: Partial<H> | undefined;
  readonly attributes?: Values<{ entries: E }> | undefined;
}

/** The fields of struct nlmsghdr. */
export interface NetlinkHeader {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
}

/** The table of a message's attributes, by its header. */
function tableOf<H, E extends Entries>(messageType: MessageType<H, E>, header: Partial<H>): AttributeTable<E> {
  return (messageType.variant?.(header) as AttributeTable<E> | undefined) ?? messageType.attributes;
}

/** Appends a message, with `more` flags; on InputError nothing is appended. */
export function writeMessage<H, E extends Entries>(
  writer: Writer,
  messageType: MessageType<H, E>,
  sequence: number,
  content: MessageContent<H, E>,
  more = 0,
): void {
  const start = writer.length;
  messageType.check?.(content.attributes ?? {}, content.header ?? {});
  try {
    writer.u32(0);
    writer.u16(messageType.type);
    writer.u16((content.flags ?? 0) | more | NLM_F_REQUEST);
    writer.u32(sequence);
    writer.u32(0);
    const fields = content.header ?? {};
    messageType.header.writePartial(writer, fields);
    writer.pad();
    if (content.attributes !== undefined) tableOf(messageType, fields).encode(writer, content.attributes);
  } catch (error) {
    writer.length = start;
    throw error;
  }
  writer.view.setUint32(start, writer.length - start, LITTLE_ENDIAN);
}

/** The header at an offset, or undefined when the bytes up to `stop` cannot hold the message that it announces. */
export function readHeader(bytes: Bytes, offset: number, stop = bytes.view.byteLength): NetlinkHeader | undefined {
  const { view } = bytes;
  const rest = stop - offset;
  if (rest < HEADER_SIZE) return undefined;
  const length = view.getUint32(offset, LITTLE_ENDIAN);
  if (length < HEADER_SIZE || length > rest) return undefined;
  return {
    length,
    type: view.getUint16(offset + 4, LITTLE_ENDIAN),
    flags: view.getUint16(offset + 6, LITTLE_ENDIAN),
    sequence: view.getUint32(offset + 8, LITTLE_ENDIAN),
    port: view.getUint32(offset + 12, LITTLE_ENDIAN),
  };
}

/** Decodes a message's body; undefined when it is truncated or a length in it is wrong. */
export function readMessage<H, E extends Entries>(
  bytes: Bytes,
  offset: number,
  header: NetlinkHeader,
  messageType: MessageType<H, E>,
  into?: (header: never) => object,
): Message<H, Values<{ entries: E }>> | undefined {
  const body = offset + HEADER_SIZE;
  const end = offset + header.length;
  if (end - body < messageType.header.size) return undefined;
  const fields = messageType.header.readAt(bytes, body);
  const start = body + align(messageType.header.size);
  const table = tableOf(messageType, fields);
  // Who says what the attributes go into knows the header; TypeScript does not know that it is this one.
  const attributes = table.decode(bytes, start, end, into?.(fields as never));
  if (attributes === undefined) return undefined;
  return { name: messageType.name, flags: header.flags, header: fields, attributes };
}

/** The path of the attribute at an offset into a request, such as "linkInfo.data.forwardDelay". */
export function locateAttribute(
  request: Bytes,
  start: number,
  messageType: MessageType,
  offset: number,
): string | undefined {
  const header = readHeader(request, start);
  if (header === undefined) return undefined;
  const { size } = messageType.header;
  if (header.length < HEADER_SIZE + size) return undefined;
  const table = tableOf(messageType, messageType.header.readAt(request, start + HEADER_SIZE) as object);
  return table.locate(request, start + HEADER_SIZE + align(size), start + header.length, start + offset);
}
