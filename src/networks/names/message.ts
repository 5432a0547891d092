import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";

/** What a message of DNS ends with (RFC 1035, 4.1.1): the name is unknown, nobody could be asked, nobody is asked. */
export const codes = { noError: 0, serverFailure: 2, noSuchName: 3, refused: 5 } as const;

/** A question, as its message has it. */
export interface Question {
  readonly id: number;
  /** As it was asked, without a dot at its end. */
  readonly name: string;
  /** Such as "A". */
  readonly type: string;
  readonly wantsRecursion: boolean;
  /** How many bytes an answer by UDP may have (RFC 6891); undefined where that is not said. */
  readonly mostBytes: number | undefined;
}

/** A record of an answer. */
export interface AnswerRecord {
  readonly name: string;
  readonly type: "A" | "AAAA" | "PTR";
  readonly data: string;
}

/** Of the third byte (QR, RFC 1035, 4.1.1). */
const RESPONSE = 0x80;
/** Without EDNS, bytes of an answer by UDP (RFC 1035, 4.2.1). */
const USUAL_BYTES = 512;
/** What fits into one packet of IPv6 (RFC 6891, 6.2.5). */
const OWN_BYTES = 1232;
/** Answers hold for as long as it takes to use them: a guest that comes back has another address. */
const TTL = 0;

function decoded(bytes: Buffer): Packet | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes of a message's header, and how many records it says that there are: questions, answers, authorities, others. */
const HEADER = 12;
const countsOf = (bytes: Buffer): number[] => [4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset));
/** EDNS and a signature. */
const MOST_OTHERS = 4;

/** The question of a message; undefined for what is none, or more than one. */
export function readQuestion(bytes: Buffer): Question | undefined {
  if (bytes.length < HEADER) return undefined;
  const [questions, answers, authorities, others = 0] = countsOf(bytes);
  if (questions !== 1 || answers !== 0 || authorities !== 0 || others > MOST_OTHERS) return undefined;
  const packet = decoded(bytes);
  const [question] = packet?.questions ?? [];
  if (packet?.type !== "query" || question === undefined) return undefined;
  if (question.class !== undefined && question.class !== "IN") return undefined;
  const options = packet.additionals?.find(({ type }) => type === "OPT") as { udpPayloadSize?: number } | undefined;
  return {
    id: packet.id ?? 0,
    name: question.name.replace(/\.$/, ""),
    type: question.type,
    wantsRecursion: ((packet.flags ?? 0) & RECURSION_DESIRED) !== 0,
    mostBytes: options === undefined ? undefined : Math.max(options.udpPayloadSize ?? 0, USUAL_BYTES),
  };
}

/** The question of a message as bytes: labels, each behind its length, an empty one, type and class. */
function questionBytes(message: Buffer): Buffer {
  let end = HEADER;
  while (end < message.length && message[end] !== 0) end += 1 + message[end]!;
  return message.subarray(HEADER, end + 5);
}

/** Whether a message is the answer to a question that was asked by this one: nobody else's. */
export function isAnswerTo(bytes: Buffer, message: Buffer): boolean {
  if (bytes.length < HEADER || (bytes[2]! & RESPONSE) === 0 || countsOf(bytes)[0] !== 1) return false;
  const asked = questionBytes(message);
  const theirs = bytes.subarray(HEADER, HEADER + asked.length);
  return bytes.readUInt16BE() === message.readUInt16BE() && theirs.equals(asked);
}

/** A message with another number. */
export function renumbered(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id);
  return copy;
}

/** An answer; what does not fit into a datagram is left out, and that is said, so that it is asked for by TCP. */
export function answerTo(
  question: Question,
  code: number,
  records: readonly AnswerRecord[],
  { stream, authoritative }: { readonly stream: boolean; readonly authoritative: boolean },
): Buffer {
  const flags =
    RECURSION_AVAILABLE |
    (question.wantsRecursion ? RECURSION_DESIRED : 0) |
    (authoritative ? AUTHORITATIVE_ANSWER : 0) |
    code;
  const message = (more: number, answers: readonly AnswerRecord[]): Buffer =>
    encode({
      type: "response",
      id: question.id,
      flags: flags | more,
      questions: [{ name: question.name, type: question.type as "A", class: "IN" }],
      answers: answers.map((each) => ({ ...each, ttl: TTL, class: "IN" as const })),
      additionals:
        question.mostBytes === undefined
          ? []
          : [
              {
                ...{ type: "OPT", name: ".", udpPayloadSize: OWN_BYTES, flags: 0, options: [] },
                ...{ extendedRcode: 0, ednsVersion: 0, flag_do: false },
              },
            ],
    });
  const whole = message(0, records);
  const most = Math.min(question.mostBytes ?? USUAL_BYTES, OWN_BYTES);
  return stream || whole.length <= most ? whole : message(TRUNCATED_RESPONSE, []);
}
