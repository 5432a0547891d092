import { readAcknowledgement } from "../../netlink/acknowledgement.js";
import { align, type Bytes, bytesOf, Writer } from "../../netlink/codecs/bytes.js";
import { debug, printMessages } from "../../netlink/debug.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { under } from "../../base/errors.js";
import { locateAttribute, NLM_F_ACK, NLMSG_ERROR, readHeader, writeMessage } from "../../netlink/message.js";
import type { ExchangeEnd, NetlinkSocket } from "../../kernel/netlink-socket.js";
import type { Change, Changes } from "./change.js";
import { netfilterMessageTypes, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, subsystem } from "./nfnetlink.js";

const NO_GUARDS = Buffer.alloc(0);

interface Member {
  readonly change: Change;
  readonly offset: number;
}

interface Batch {
  readonly bytes: Bytes;
  readonly messages: Buffer;
  /** The change that a message with a sequence number makes. */
  readonly members: ReadonlyMap<number, Member>;
  /** The sequence numbers of its first message and of its last change. */
  readonly first: number;
  readonly last: number;
}

function flatten(changes: Changes): Change[] {
  return changes.flatMap((each) => (Array.isArray(each) ? flatten(each as Changes) : [each as Change]));
}

/** Changes between NFNL_MSG_BATCH_BEGIN and _END: the kernel makes all of them, or none. Throws InputError. */
export function writeBatch(changes: readonly Change[], first: number, generation?: number): Batch {
  const writer = new Writer();
  const members = new Map<number, Member>();
  const header = { resourceId: subsystem.nftables };
  const last = first + changes.length;
  writeMessage(writer, NFNL_MSG_BATCH_BEGIN, first, { header, attributes: { genid: generation } });
  for (const [place, change] of changes.entries()) {
    const sequence = first + 1 + place;
    const { messageType, family, attributes, flags, subject } = change;
    members.set(sequence, { change, offset: writer.length });
    under(subject, () => {
      const content = { header: { family }, attributes, flags };
      // Without an error, silence would be all that comes: the last change asks for an acknowledgement.
      writeMessage(writer, messageType, sequence, content, sequence === last ? NLM_F_ACK : 0);
    });
  }
  writeMessage(writer, NFNL_MSG_BATCH_END, last + 1, { header });
  const { bytes } = writer;
  return { bytes, messages: writer.take(), members, first, last };
}

/** The path of an attribute, with the name of the expression that it leads to: "expressions.2.lookup". */
function named(path: string | undefined, { attributes }: Change): string | undefined {
  const found = /^expressions\.(\d+)(?:\.(?:name|data))?/.exec(path ?? "");
  if (found === null) return path;
  const { name, other } = (attributes["expressions"] as readonly { name?: string; other?: string }[])[
    Number(found[1])
  ]!;
  return `expressions.${found[1]}.${name ?? other}${path!.slice(found[0].length)}`;
}

/** What a batch failed with; undefined when all of it was done. */
function failureOf(batch: Batch, pieces: readonly Buffer[], end: ExchangeEnd): NetlinkError | undefined {
  let acknowledged = false;
  for (const piece of pieces) {
    if (debug.enabled) printMessages("<", netfilterMessageTypes, piece);
    const bytes = bytesOf(piece);
    for (let offset = 0; offset < piece.length;) {
      const header = readHeader(bytes, offset);
      if (header === undefined) return broken(batch, "a reply has a wrong length");
      const { sequence } = header;
      const acknowledgement = header.type === NLMSG_ERROR ? readAcknowledgement(bytes, offset, header) : undefined;
      offset += align(header.length);
      if (acknowledgement === undefined || sequence < batch.first || sequence > batch.last + 1) continue;
      // The first error is the cause of those behind it.
      if (acknowledgement.errno !== 0) return refused(batch, sequence, acknowledgement);
      if (sequence === batch.last) acknowledged = true;
    }
  }
  if (acknowledged) return undefined;
  if (end.errno === 0) return broken(batch, "no acknowledgement came; whether it was done is not known");
  return broken(batch, end.syscall === "sendmsg" ? "it could not be sent" : `${end.syscall} failed`, end.errno);
}

function broken({ members, first }: Batch, kernelMessage: string, errno = errnoNumber("EBADMSG")): NetlinkError {
  const subject = members.get(first + 1)?.change.subject;
  return new NetlinkError({ errno, syscall: NFNL_MSG_BATCH_BEGIN.name, subject, kernelMessage });
}

function refused(
  { members, bytes }: Batch,
  sequence: number,
  { errno, message, offset: at }: NonNullable<ReturnType<typeof readAcknowledgement>>,
): NetlinkError {
  const member = members.get(sequence);
  if (member === undefined)
    return new NetlinkError({
      errno,
      syscall: NFNL_MSG_BATCH_BEGIN.name,
      subject: "the ruleset",
      kernelMessage: message,
    });
  const { change, offset } = member;
  const { messageType, subject } = change;
  const path = at === undefined ? undefined : locateAttribute(bytes, offset, messageType, at);
  return new NetlinkError({
    errno,
    syscall: messageType.name,
    subject,
    request: `${messageType.name} ${subject}`,
    attribute: named(path, change),
    kernelMessage: message,
  });
}

/** Makes changes to the ruleset, all or none. */
export interface Committer {
  /**
   * Makes all of the changes, or none. With a `generation`, only if the ruleset still is of it: else rejects with ERESTART.
   * Rejects with NetlinkError, whose subject is what was refused by name, or with InputError before anything is sent.
   */
  commit(changes: Changes, generation?: number): Promise<void>;
}

/** Speaks of batches over a socket of NETLINK_NETFILTER. */
export function committer(socket: NetlinkSocket): Committer {
  let sequence = 1;
  return {
    async commit(changes, generation) {
      const list = flatten(changes);
      if (list.length === 0) return;
      if (sequence + list.length + 2 > 0xffffffff) sequence = 1;
      const batch = writeBatch(list, sequence, generation);
      sequence = batch.last + 2;
      if (debug.enabled) printMessages(">", netfilterMessageTypes, batch.messages);
      const error = await new Promise<NetlinkError | undefined>((resolve) => {
        const pieces: Buffer[] = [];
        const receive: Parameters<NetlinkSocket["exchange"]>[2] = (piece, end) => {
          if (piece !== undefined) pieces.push(piece);
          if (end !== undefined) resolve(failureOf(batch, pieces, end));
        };
        socket.exchange(batch.messages, NO_GUARDS, receive, "batch");
      });
      if (error !== undefined) throw error;
    },
  };
}
