import type { Entries, Values } from "./codecs/attributes.js";
import { readAcknowledgement } from "./acknowledgement.js";
import { align, type Bytes, bytesOf, Writer } from "./codecs/bytes.js";
import { debug, printMessages } from "./debug.js";
import { type Dump, untilWhole } from "./dump.js";
import {
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
  type NetlinkHeader,
  readHeader,
  writeMessage,
} from "./message.js";
import { observed, requestChannel } from "./request-channel.js";
import { type About, malformed, type Pending, readReply, refused, settle, unanswered } from "./pending.js";
import type { ExchangeEnd, NetlinkSocket, Receive } from "../kernel/netlink-socket.js";
import { type Outcome, outcomeOf, type SequencedRequest, writeConditions } from "./sequence.js";
import { type Written, writeWords } from "./template.js";

/** A batch leaves when it has grown to this, so that the kernel works while the rest is being written. */
const BATCH_SIZE = 32768;
/** More requests than these are worth a thread, which executes while the event loop writes and reads others. */
const FEW = 32;
/**
 * What is asked for in the same turn of the event loop leaves together: when nothing more has been asked for in so many laps of the
 * queue of microtasks, which awaiting what is settled already, or a function that does, takes.
 */
const QUIET = 3;
const NOW = Promise.resolve();
const UNCONDITIONAL = Buffer.alloc(0);
const NOTHING = bytesOf(UNCONDITIONAL);

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
  /**
   * Sends requests that depend on the replies to those before them, in one message to the kernel. Resolves with how each
   * went; one whose conditions do not hold fails with ECANCELED.
   */
  sequence(requests: readonly SequencedRequest[]): Promise<Outcome[]>;
  /** Like request, for replies that may be large: nothing else is under way beside it. */
  requestAlone<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Reply<H, E>[]>;
  /** Like request, for a whole table, as it is read in one go. Changes may have interrupted that. */
  dumpOnce<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Dump<Reply<H, E>>>;
  /** The same, made anew as untilWhole does it when changes interrupted it: where they go on, what stood, or EINTR. */
  dump<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about?: About,
  ): Promise<Reply<H, E>[]>;
  /** The port id that the kernel names the socket by; 0 until it has answered something. */
  readonly port: number;
  /** Called with each request when it is over, for as long as they are in it. */
  readonly observers: Set<(request: Pending) => void>;
  /** How many times something was sent: what is asked for while it stays is executed together. */
  readonly sent: number;
  /** Sends what waits to be sent: what is asked of the kernel in another way from now on comes after it. */
  readonly flush: () => void;
  /** Sends what waits to be sent, and rejects all that comes after. What is under way is settled as it is answered. */
  close(reason: Error): void;
}

/** Whether the kernel answers a request at once, which is sent with a flag beside its own. */
export type IsBrief = (messageType: MessageType, content: MessageContent<never, Entries>, flag: number) => boolean;

/** Speaks one netlink family, whose messages are `types`, over a socket. Unless it is said which are, no request is brief. */
export function connect(socket: NetlinkSocket, types: MessageTypes, isBrief: IsBrief = () => false): Connection {
  const writer = new Writer();
  const conditions = new Writer();
  let batch: Pending[] = [];
  let sequence = 0;
  let sent = 0;
  let brief = true;
  let flushing = false;
  let seen = 0;
  let quiet = 0;
  let closed: Error | undefined;
  let port = 0;
  let received = NOTHING;
  const observers = new Set<(request: Pending) => void>();

  function flush(): void {
    flushing = false;
    if (batch.length > 0) send();
  }

  /** Flushes when what is done at once has been done, and whoever awaited something else has asked for more, too. */
  function flushSoon(): void {
    if (flushing || batch.length === 0) return;
    flushing = true;
    quiet = 0;
    seen = batch.length;
    void NOW.then(lap);
  }

  function lap(): void {
    if (batch.length !== seen) quiet = 0;
    seen = batch.length;
    if (++quiet > QUIET) flush();
    else void NOW.then(lap);
  }

  function send(): void {
    const members = batch;
    const { bytes } = writer;
    const messages = writer.take();
    const written = conditions.length > conditions.start ? conditions.take() : UNCONDITIONAL;
    const kind = brief && members.length <= FEW ? "brief" : "any";
    batch = [];
    brief = true;
    sent++;
    for (const member of members) member.bytes = bytes;
    if (debug.enabled) printMessages(">", types, messages);
    try {
      const take: Receive = (piece, end, start = 0, stop = piece?.length ?? 0) => {
        if (piece !== undefined) receive(piece, start, stop, members);
        if (end !== undefined) settleRest(members, end);
      };
      socket.exchange(messages, written, take, kind);
    } catch (error) {
      for (const member of members) settle(member, error as Error);
    }
  }

  function receive(piece: Buffer, start: number, stop: number, members: readonly Pending[]): void {
    if (debug.enabled) printMessages("<", types, piece.subarray(start, stop));
    if (received.buffer !== piece) received = bytesOf(piece);
    const bytes = received;
    const first = members[0]!.sequence;
    let offset = start;
    while (offset < stop) {
      const header = readHeader(bytes, offset, stop);
      if (header === undefined) {
        for (const member of members) if (!member.over) settle(member, malformed(member, "a reply has a wrong length"));
        return;
      }
      const member = members[(header.sequence - first) >>> 0];
      if (member !== undefined && !member.over) take(member, bytes, offset, header);
      offset += align(header.length);
    }
  }

  /** What comes back for a request. */
  function take(member: Pending, bytes: Bytes, offset: number, header: NetlinkHeader): void {
    const { type, flags } = header;
    port ||= header.port;
    if ((flags & NLM_F_DUMP_INTR) !== 0) member.interrupted = true;
    if (type === NLMSG_ERROR || type === NLMSG_DONE) {
      const acknowledgement = readAcknowledgement(bytes, offset, header);
      if (acknowledgement === undefined) settle(member, malformed(member, "the acknowledgement cannot be read"));
      else settle(member, acknowledgement.errno === 0 ? undefined : refused(member, acknowledgement));
    } else if (type !== NLMSG_NOOP && type !== NLMSG_OVERRUN) {
      if (member.unread !== undefined) member.unread.push({ bytes, offset, header });
      else readReply(member, { bytes, offset, header }, types);
      if (member.asks) settle(member, undefined);
    }
  }

  function settleRest(members: readonly Pending[], end: ExchangeEnd): void {
    for (const member of members) if (!member.over) settle(member, end.error ?? unanswered(member, end));
  }

  function enqueue<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    flag: number,
    about: About,
    settled: Pending["settled"],
    asks = false,
    unread?: Pending["unread"],
  ): void {
    if (closed !== undefined) throw closed;
    const offset = writer.length;
    // A message that cannot be written takes no number: the numbers of a batch follow each other.
    const next = (sequence + 1) >>> 0;
    writeMessage(writer, messageType, next, content, flag);
    sequence = next;
    brief &&= isBrief(messageType as MessageType, content as SequencedRequest["content"], flag);
    add(messageType as MessageType, offset, about, settled, asks, unread);
  }

  /** Adds what has been written, as the last, to what leaves together. */
  function add(
    messageType: MessageType,
    offset: number,
    about: About,
    settled: Pending["settled"],
    asks: boolean,
    unread: Pending["unread"],
  ): void {
    batch.push({
      messageType,
      sequence,
      about,
      bytes: writer.bytes,
      offset,
      replies: [],
      unread,
      asks,
      interrupted: false,
      over: false,
      error: undefined,
      settled: observers.size === 0 && !requestChannel.hasSubscribers ? settled : observed(settled, observers),
    });
  }

  /** The same for a message that a template gave. */
  function enqueueWritten(
    messageType: MessageType,
    written: Written,
    about: About,
    settled: Pending["settled"],
    asks: boolean,
    unread: Pending["unread"],
  ): void {
    if (closed !== undefined) throw closed;
    const offset = writer.length;
    sequence = (sequence + 1) >>> 0;
    writeWords(writer, written, sequence);
    brief &&= isBrief(messageType, written.like, 0);
    add(messageType, offset, about, settled, asks, unread);
  }

  function exchangeAlone<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    flag: number,
    about: About,
  ): Promise<Pending> {
    if (batch.length > 0) send();
    return new Promise((resolve, reject) => {
      enqueue(messageType, content, flag, about, (member) => {
        if (member.error === undefined) resolve(member);
        else reject(member.error);
      });
      send();
    });
  }

  async function dumpOnce<H, E extends Entries>(
    messageType: MessageType<H, E>,
    content: MessageContent<H, E>,
    about: About = {},
  ): Promise<Dump<Reply<H, E>>> {
    const { replies, interrupted } = await exchangeAlone(messageType, content, NLM_F_DUMP, about);
    return { replies: replies as Reply<H, E>[], interrupted };
  }

  /** Adds the requests of a sequence, all or none. */
  function enqueueSequence(requests: readonly SequencedRequest[], settled: Pending["settled"]): readonly Pending[] {
    const before = { length: writer.length, conditional: conditions.length, count: batch.length, sequence };
    try {
      for (const each of requests) {
        const { messageType, about, asks, conditions: own, written } = each;
        const offset = writer.length;
        const unread: Pending["unread"] = [];
        if (written === undefined)
          enqueue(messageType, each.content, asks ? 0 : NLM_F_ACK, about, settled, asks, unread);
        else enqueueWritten(messageType, written, about, settled, asks, unread);
        writeConditions(conditions, offset - writer.start, messageType, own);
      }
    } catch (error) {
      writer.length = before.length;
      conditions.length = before.conditional;
      batch.length = before.count;
      sequence = before.sequence;
      throw error;
    }
    return batch.slice(before.count);
  }

  return {
    request(messageType, content, about = {}) {
      if (writer.length - writer.start >= BATCH_SIZE) send();
      const { asks = false } = about;
      return new Promise((resolve, reject) => {
        const settled: Pending["settled"] = ({ error, replies }) => {
          if (error === undefined) resolve(replies as Reply<never, never>[]);
          else reject(error);
        };
        enqueue(messageType, content, asks ? 0 : NLM_F_ACK, about, settled, asks);
        flushSoon();
      });
    },

    sequence(requests) {
      if (writer.length - writer.start >= BATCH_SIZE) send();
      return new Promise((resolve) => {
        let left = requests.length;
        const members = enqueueSequence(requests, () => {
          if (--left === 0) resolve(members.map((member) => outcomeOf(member, types)));
        });
        flushSoon();
      });
    },

    async requestAlone(messageType, content, about = {}) {
      return (await exchangeAlone(messageType, content, NLM_F_ACK, about)).replies as Reply<never, never>[];
    },

    dumpOnce,

    dump(messageType, content, about = {}) {
      const identity = about.identity as ((reply: unknown) => string) | undefined;
      return untilWhole(() => dumpOnce(messageType, content, about), messageType.name, about.subject, identity);
    },

    get port() {
      return port;
    },

    observers,

    get sent() {
      return sent;
    },

    flush() {
      if (batch.length > 0) send();
    },

    close(reason) {
      flush();
      closed = reason;
    },
  };
}
