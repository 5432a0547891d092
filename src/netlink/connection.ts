import type { Entries, Values } from "./attributes.js";
import { type Acknowledgement, readAcknowledgement } from "./acknowledgement.js";
import { align, type Bytes, bytesOf, Writer } from "./bytes.js";
import { debug, describeMessages } from "./debug.js";
import { errnoNumber, NetlinkError, type Refusal } from "./error.js";
import {
  locateAttribute,
  type Message,
  type MessageContent,
  type MessageType,
  type MessageTypes,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
  readHeader,
  readMessage,
  writeMessage,
} from "./message.js";
import type { ExchangeEnd, NetlinkSocket } from "./socket.js";

/** A batch leaves when it has grown to this, so that the kernel works while the rest is being written. */
const BATCH_SIZE = 32768;
/** How often a dump that changes interrupted is made anew. */
const DUMP_TRIES = 10;

/** A condition on an attribute of the reply to the request before: it holds this number, or is absent. */
export interface Condition {
  readonly attribute: number;
  readonly equals?: number | undefined;
}

/** What a request is about, and how its replies are wanted. */
export interface About {
  /** Such as a link's name, for errors. */
  readonly subject?: string | undefined;
  /** The object that a reply's attributes are put into, from its header; an empty one unless given. */
  readonly into?: ((header: never) => object) | undefined;
  /** The message that a reply is decoded as, where its whole table is not needed. */
  readonly reply?: MessageType | undefined;
  /**
   * Send it only if the reply to the request made just before, in this turn, is like this; reject with ECANCELED
   * otherwise. What is read and what depends on it cost one trip to the kernel so.
   */
  readonly when?: readonly Condition[] | undefined;
}

/** A request under way. */
interface Pending {
  readonly messageType: MessageType;
  readonly sequence: number;
  readonly about: About;
  readonly replies: Message[];
  interrupted: boolean;
  bytes: Bytes | undefined;
  offset: number;
  resolve: (replies: Message[]) => void;
  reject: (error: Error) => void;
}

/** Messages of a known type, as they come back. */
export type Reply<H, E extends Entries> = Message<H, Values<{ entries: E }>>;

/** Typed requests over one socket. */
export interface Connection {
  /**
   * Sends a message and resolves with what came back before its acknowledgement. Requests made in the same turn of
   * the event loop leave together, and are executed in the order in which they were made. Rejects with
   * NetlinkError, or with InputError before anything is sent.
   */
  request<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Reply<H, E>[]>;
  /** Like request, for replies that may be large: nothing else is under way beside it. */
  requestAlone<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Reply<H, E>[]>;
  /** Like request, for a whole table. A dump that was interrupted by a change is made anew. */
  dump<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Reply<H, E>[]>;
  /** Sends what waits to be sent, and rejects all that comes after. What is under way is settled as it is answered. */
  close(reason: Error): void;
}

/** Speaks one netlink family, whose messages are `types`, over a socket. */
export function connect(socket: NetlinkSocket, types: MessageTypes): Connection {
  const writer = new Writer();
  const pending = new Map<number, Pending>();
  let batch: Pending[] = [];
  let guards: number[] = [];
  let sequence = 0;
  let flushing = false;
  let closed: Error | undefined;

  function flush(): void {
    flushing = false;
    if (batch.length > 0) send();
  }

  function send(): void {
    const members = batch;
    const messages = writer.take();
    const bytes = bytesOf(messages);
    const conditions = Uint32Array.from(guards);
    batch = [];
    guards = [];
    for (const member of members) member.bytes = bytes;
    if (debug.enabled) for (const line of describeMessages(types, messages)) debug("> %s", line);
    try {
      socket.exchange(messages, conditions, (piece, end) => {
        if (piece !== undefined) receive(piece, members);
        if (end !== undefined) settleRest(members, end);
      });
    } catch (error) {
      for (const member of members) fail(member, error as Error);
    }
  }

  function fail(member: Pending, error: Error): void {
    if (pending.delete(member.sequence)) member.reject(error);
  }

  function receive(piece: Buffer, members: readonly Pending[]): void {
    if (debug.enabled) for (const line of describeMessages(types, piece)) debug("< %s", line);
    const bytes = bytesOf(piece);
    let offset = 0;
    while (offset < piece.length) {
      const header = readHeader(bytes, offset);
      if (header === undefined) {
        for (const member of members) fail(member, malformed(member, "a reply has a wrong length"));
        return;
      }
      const member = pending.get(header.sequence);
      if (member !== undefined) {
        if ((header.flags & NLM_F_DUMP_INTR) !== 0) member.interrupted = true;
        if (header.type === NLMSG_ERROR || header.type === NLMSG_DONE)
          settle(member, readAcknowledgement(bytes, offset, header));
        else if (header.type !== NLMSG_NOOP && header.type !== NLMSG_OVERRUN) {
          const { reply, into } = member.about;
          const messageType = header.type === reply?.type ? reply : types.get(header.type);
          const expected = messageType?.header === member.messageType.header;
          const message = messageType && readMessage(bytes, offset, header, messageType, expected ? into : undefined);
          if (message !== undefined) member.replies.push(message);
          else if (messageType !== undefined)
            fail(member, malformed(member, `an ${messageType.name} in the reply cannot be read`));
        }
      }
      offset += align(header.length);
    }
  }

  function settle(member: Pending, acknowledgement: Acknowledgement | undefined): void {
    if (acknowledgement === undefined) fail(member, malformed(member, "the acknowledgement cannot be read"));
    else if (acknowledgement.errno !== 0) fail(member, refused(member, acknowledgement));
    else if (pending.delete(member.sequence)) member.resolve(member.replies);
  }

  function settleRest(members: readonly Pending[], end: ExchangeEnd): void {
    for (const member of members) {
      if (!pending.has(member.sequence)) continue;
      if (end.errno === 0) fail(member, malformed(member, "no acknowledgement came"));
      else
        fail(
          member,
          new NetlinkError({
            ...requestOf(member),
            errno: end.errno,
            kernelMessage:
              end.syscall === "sendmsg"
                ? "it could not be sent"
                : `${end.syscall} failed; whether it was done is not known`,
          }),
        );
    }
  }

  function enqueue<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about: About,
  ): Promise<Pending> {
    return new Promise((resolve, reject) => {
      if (closed !== undefined) throw closed;
      const offset = writer.length;
      // A message that cannot be written takes no number: the numbers of a batch follow each other.
      const next = (sequence + 1) >>> 0;
      writeMessage(writer, messageType, next, content);
      sequence = next;
      for (const { attribute, equals } of about.when ?? [])
        guards.push(offset, messageType.header.size, attribute, equals === undefined ? 0 : 1, equals ?? 0);
      const member: Pending = {
        messageType: messageType,
        sequence,
        about,
        replies: [],
        interrupted: false,
        bytes: undefined,
        offset,
        resolve: () => {
          resolve(member);
        },
        reject,
      };
      pending.set(sequence, member);
      batch.push(member);
    });
  }

  function exchangeAlone<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about: About,
  ): Promise<Pending> {
    if (batch.length > 0) send();
    const answered = enqueue(messageType, content, about);
    if (batch.length > 0) send();
    return answered;
  }

  return {
    async request(messageType, content, about = {}) {
      if (writer.length >= BATCH_SIZE && about.when === undefined) send();
      const answered = enqueue(messageType, { ...content, flags: (content.flags ?? 0) | NLM_F_ACK }, about);
      if (!flushing && batch.length > 0) {
        flushing = true;
        process.nextTick(flush);
      }
      return (await answered).replies as Reply<never, never>[];
    },

    async requestAlone(messageType, content, about = {}) {
      const flags = (content.flags ?? 0) | NLM_F_ACK;
      return (await exchangeAlone(messageType, { ...content, flags }, about)).replies as Reply<never, never>[];
    },

    async dump(messageType, content, about = {}) {
      const flags = (content.flags ?? 0) | NLM_F_DUMP;
      for (let attempt = 0; attempt < DUMP_TRIES; attempt++) {
        const { replies, interrupted } = await exchangeAlone(messageType, { ...content, flags }, about);
        if (!interrupted) return replies as Reply<never, never>[];
      }
      throw new NetlinkError({
        errno: errnoNumber("EINTR"),
        syscall: messageType.name,
        subject: about.subject,
        kernelMessage: `changes interrupted the listing ${DUMP_TRIES} times in a row`,
        hint: "try again when less is changing",
      });
    },

    close(reason) {
      flush();
      closed = reason;
    },
  };
}

function requestOf({ messageType, about: { subject } }: Pending): Pick<Refusal, "syscall" | "subject" | "request"> {
  return { syscall: messageType.name, subject, request: `${messageType.name}${subject ? ` ${subject}` : ""}` };
}

function malformed(member: Pending, what: string): NetlinkError {
  return new NetlinkError({
    ...requestOf(member),
    errno: errnoNumber("EBADMSG"),
    kernelMessage: what,
  });
}

function refused(member: Pending, acknowledgement: Acknowledgement): NetlinkError {
  const { messageType, bytes, offset } = member;
  const { errno, message, missing, allowed } = acknowledgement;
  const attribute =
    acknowledgement.offset !== undefined && bytes !== undefined
      ? locateAttribute(bytes, offset, messageType, acknowledgement.offset)
      : undefined;
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
