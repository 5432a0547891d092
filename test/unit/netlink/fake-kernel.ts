import { expect } from "vitest";
import {
  type AttributeTable,
  type Entries,
  type Values,
  writeAttribute,
} from "../../../src/netlink/codecs/attributes.js";
import { align, bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { raw, text } from "../../../src/netlink/codecs/codec.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import {
  HEADER_SIZE,
  type Message,
  type MessageContent,
  type MessageType,
  type NetlinkHeader,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  readHeader,
  readMessage,
  writeMessage,
} from "../../../src/netlink/message.js";
import { s32, s64, u32, u64 } from "../../../src/netlink/codecs/numbers.js";
import type { ExchangeEnd, NetlinkSocket } from "../../../src/kernel/netlink-socket.js";
import { RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

/** enum nlmsgerr_attrs (linux/netlink.h). */
export const NLMSGERR_ATTR = { MSG: 1, OFFS: 2, COOKIE: 3, POLICY: 4, MISS_TYPE: 5, MISS_NEST: 6 };

/** enum netlink_policy_type_attr (linux/netlink.h). */
export const NL_POLICY_TYPE_ATTR = {
  TYPE: 1,
  MIN_VALUE_S: 2,
  MAX_VALUE_S: 3,
  MIN_VALUE_U: 4,
  MAX_VALUE_U: 5,
  MIN_LENGTH: 6,
  MAX_LENGTH: 7,
};

/** One message that reached the fake kernel. */
export interface Sent {
  readonly header: NetlinkHeader;
  readonly message: Message | undefined;
  readonly bytes: Buffer;
  /** What the reply to a message before must be like for this one to be sent: six numbers each. */
  readonly conditions: readonly (readonly number[])[];
}

/** What an exchange is answered with: pieces as they arrive, and how it ends. */
export interface Answer {
  readonly pieces: readonly Uint8Array[];
  readonly end?: ExchangeEnd;
}

export interface FakeKernel {
  readonly socket: NetlinkSocket;
  /** What was sent, an array for each exchange. */
  readonly exchanges: readonly (readonly Sent[])[];
  /** The names of the messages of each exchange. */
  names(): string[][];
}

function split(messages: Buffer, written: Buffer): Sent[] {
  const numbers = new Uint32Array(Uint8Array.from(written).buffer);
  const conditions = Array.from({ length: numbers.length / 6 }, (_, place) => [
    ...numbers.slice(place * 6, place * 6 + 6),
  ]);
  const bytes = bytesOf(messages);
  const sent: Sent[] = [];
  for (let offset = 0; offset < messages.length;) {
    const header = readHeader(bytes, offset);
    if (header === undefined) throw new Error(`no message at ${offset} of ${messages.toString("hex")}`);
    const messageType = messageTypes.get(header.type);
    sent.push({
      header,
      message: messageType && readMessage(bytes, offset, header, messageType),
      bytes: Buffer.from(messages.subarray(offset, offset + header.length)),
      conditions: conditions.filter(([start]) => start === offset),
    });
    offset += align(header.length);
  }
  return sent;
}

const DONE_WELL: ExchangeEnd = { errno: 0, syscall: undefined };

/** A socket whose exchanges are answered by a script, later and in order, as by a thread. */
export function fakeKernel(script: (sent: readonly Sent[], exchange: number) => Answer): FakeKernel {
  const exchanges: Sent[][] = [];
  const socket: NetlinkSocket = {
    exchange(messages, conditions, receive) {
      const sent = split(messages, conditions);
      const { pieces, end = DONE_WELL } = script(sent, exchanges.push(sent) - 1);
      setImmediate(() => {
        pieces.forEach((piece) => {
          receive(Buffer.from(piece), undefined);
        });
        receive(undefined, end);
      });
    },
  };
  return {
    socket,
    exchanges,
    names: () => exchanges.map((sent) => sent.map(({ message, header }) => message?.name ?? `type ${header.type}`)),
  };
}

/** Answers each message on its own, in order, in one piece. */
export function each(answer: (sent: Sent) => Uint8Array): (sent: readonly Sent[]) => Answer {
  return (sent) => ({ pieces: [Buffer.concat(sent.map(answer))] });
}

/** What an acknowledgement says. */
export interface AcknowledgementContent {
  readonly errno?: number;
  readonly message?: string;
  readonly offset?: number;
  readonly missing?: number;
  /** The lines of a policy. */
  readonly policy?: readonly (readonly [type: number, value: bigint | number])[];
}

function acknowledgementAttributes(writer: Writer, { message, offset, missing, policy }: AcknowledgementContent): void {
  if (message !== undefined) writeAttribute(writer, NLMSGERR_ATTR.MSG, text(), message);
  if (offset !== undefined) writeAttribute(writer, NLMSGERR_ATTR.OFFS, u32, offset);
  if (missing !== undefined) writeAttribute(writer, NLMSGERR_ATTR.MISS_TYPE, u32, missing);
  if (policy === undefined) return;
  const inner = new Writer();
  for (const [type, value] of policy)
    if (typeof value === "bigint") writeAttribute(inner, type, value < 0n ? s64 : u64, value);
    else writeAttribute(inner, type, u32, value);
  writeAttribute(writer, NLMSGERR_ATTR.POLICY, raw, inner.take());
}

function envelope(type: number, flags: number, sequence: number, body: Uint8Array): Buffer {
  const writer = new Writer();
  writer.u32(HEADER_SIZE + body.length);
  writer.u16(type);
  writer.u16(flags);
  writer.u32(sequence);
  writer.u32(0);
  writer.raw(body);
  writer.pad();
  return writer.take();
}

/** A message of any type and body. */
export function anyMessage(sequence: number, type: number, body: Uint8Array, flags = 0): Buffer {
  return envelope(type, flags, sequence, body);
}

/** NLMSG_ERROR, capped as the kernel's are when it has been asked for that. */
export function acknowledge({ header, bytes }: Sent, content: AcknowledgementContent = {}): Buffer {
  const writer = new Writer();
  s32.write(writer, -(content.errno ?? 0), {});
  writer.raw(bytes.subarray(0, HEADER_SIZE));
  const plain = writer.length;
  acknowledgementAttributes(writer, content);
  const flags = NLM_F_CAPPED | (writer.length > plain ? NLM_F_ACK_TLVS : 0);
  return envelope(NLMSG_ERROR, flags, header.sequence, writer.take());
}

/** NLMSG_ERROR with the whole request in it, as without NETLINK_CAP_ACK. */
export function acknowledgeWhole({ header, bytes }: Sent, content: AcknowledgementContent): Buffer {
  const writer = new Writer();
  s32.write(writer, -(content.errno ?? 0), {});
  writer.raw(bytes);
  writer.pad();
  acknowledgementAttributes(writer, content);
  return envelope(NLMSG_ERROR, NLM_F_ACK_TLVS, header.sequence, writer.take());
}

/** NLMSG_DONE, the end of a dump. */
export function done({ header }: Sent, { flags = 0, errno = 0 }: { flags?: number; errno?: number } = {}): Buffer {
  const writer = new Writer();
  s32.write(writer, -errno, {});
  return envelope(NLMSG_DONE, NLM_F_MULTI | flags, header.sequence, writer.take());
}

/** A message that answers another. */
export function reply<H, E extends Entries>(
  { header }: Sent,
  messageType: MessageType<H, E>,
  content: MessageContent<H, E>,
): Buffer {
  const writer = new Writer();
  writeMessage(writer, messageType, header.sequence, content);
  const bytes = writer.take();
  bytes.writeUInt16LE(bytes.readUInt16LE(6) & ~NLM_F_REQUEST, 6);
  return bytes;
}

/** Where an attribute starts in a message, found by what it holds. */
export function offsetOf({ bytes }: Sent, number: number, payload: Uint8Array): number {
  const writer = new Writer();
  writeAttribute(writer, number, raw, payload);
  const needle = writer.take();
  const offset = bytes.indexOf(needle, HEADER_SIZE);
  if (offset < 0) throw new Error(`attribute ${number} is not in ${bytes.toString("hex")}`);
  return offset;
}

/** A table's values as bytes. */
export function encode<E extends Entries>(table: AttributeTable<E>, values: Values<{ entries: E }>): Buffer {
  const writer = new Writer();
  table.encode(writer, values);
  return writer.take();
}

/** Bytes as a table's values. */
export function decode<E extends Entries>(
  table: AttributeTable<E>,
  buffer: Uint8Array,
): Values<{ entries: E }> | undefined {
  return table.decode(bytesOf(buffer), 0, buffer.length);
}

/** A connection to a fake kernel. */
export function connected(script: (sent: readonly Sent[], exchange: number) => Answer): {
  connection: Connection;
  kernel: FakeKernel;
} {
  const kernel = fakeKernel(script);
  return { connection: connect(kernel.socket, messageTypes), kernel };
}

/** A link, as a reply. */
export function link(sent: Sent, index: number, name: string, flags = 0): Buffer {
  return reply(sent, RTM_NEWLINK, { flags, header: { index }, attributes: { name } });
}

/** The name of the link that a request is about. */
export function nameIn({ message }: Sent): string {
  return (message!.attributes as { name: string }).name;
}

/** The NetlinkError that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<NetlinkError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NetlinkError);
  return error as NetlinkError;
}

/** Answers each message with a plain acknowledgement. */
export const ok = each((sent) => acknowledge(sent));
