import { bytesOf, Writer } from "./codecs/bytes.js";
import type { ErrorCode } from "../base/errno.js";
import { InputError, quoted } from "../base/errors.js";
import { NetlinkError } from "../kernel/error.js";
import type { Connection } from "./connection.js";
import {
  HEADER_SIZE,
  type Message,
  type MessageType,
  type MessageTypes,
  type NetlinkHeader,
  readHeader,
  readMessage,
  writeMessage,
} from "./message.js";

/** A request that was written down instead of being sent. It is data: JSON holds it. */
export interface RecordedRequest {
  /** The message's name, such as "RTM_DELLINK". */
  readonly message: string;
  /** What it is about, such as a link's name. */
  readonly subject?: string | undefined;
  /** The whole message in hexadecimal, from struct nlmsghdr on; its number and port id are 0, and it asks for no acknowledgement. */
  readonly bytes: string;
  /** Refusals that mean that it is so already. */
  readonly unless: readonly ErrorCode[];
}

/** A message that asks, and changes nothing. */
function asks({ name }: MessageType): boolean {
  return /^[A-Z]+_GET/.test(name);
}

/** A connection that writes changes down instead of making them; what is asked is asked of the connection behind it. */
export interface Recording {
  readonly connection: Connection;
  readonly requests: readonly RecordedRequest[];
}

export function recording(connection: Connection): Recording {
  const requests: RecordedRequest[] = [];
  const record: Connection["request"] = async (messageType, content, about = {}) => {
    if (asks(messageType as MessageType)) return connection.request(messageType, content, about);
    const writer = new Writer();
    writeMessage(writer, messageType, 0, content);
    const { unless = [], subject } = about;
    requests.push({ message: messageType.name, subject, bytes: writer.take().toString("hex"), unless });
    return [];
  };
  const recorder: Connection = {
    ...connection,
    request: record,
    requestAlone: record,
    async sequence(steps) {
      const change = steps.find(({ messageType }) => !asks(messageType));
      if (change === undefined) return connection.sequence(steps);
      throw new InputError("it depends on the reply to another, and cannot be written down", change.messageType.name);
    },
  };
  return { connection: recorder, requests };
}

/** A connection on which these refusals mean that what was asked for is so already. */
export function unless(connection: Connection, codes: readonly ErrorCode[]): Connection {
  const request: Connection["request"] = async (messageType, content, about = {}) => {
    try {
      return await connection.request(messageType, content, { ...about, unless: [...(about.unless ?? []), ...codes] });
    } catch (error) {
      if (error instanceof NetlinkError && codes.includes(error.code)) return [];
      throw error;
    }
  };
  return { ...connection, request };
}

interface Read {
  readonly messageType: MessageType;
  readonly header: NetlinkHeader;
  readonly bytes: Buffer;
}

function read({ message, bytes: text }: RecordedRequest, types: MessageTypes): Read {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{2})+$/i.test(text))
    throw new InputError(`${quoted(text)} is no message in hexadecimal`, "bytes");
  const bytes = Buffer.from(text, "hex");
  const header = readHeader(bytesOf(bytes), 0);
  if (header?.length !== bytes.length) throw new InputError("it is not one whole message", "bytes");
  const messageType = types.get(header.type);
  if (messageType === undefined || messageType.name !== message)
    throw new InputError(
      `${quoted(message)} is not what the bytes are: ${messageType?.name ?? header.type}`,
      "message",
    );
  return { messageType, header, bytes };
}

/** A request that was written down, decoded. Throws InputError for what is none of the types' messages. */
export function decodeRequest(request: RecordedRequest, types: MessageTypes): Message<object, object> {
  const { messageType, header, bytes } = read(request, types);
  const message = readMessage(bytesOf(bytes), 0, header, messageType);
  if (message === undefined) throw new InputError(`the ${request.message} cannot be read`, "bytes");
  return message as Message<object, object>;
}

/** Sends a request that was written down. */
export async function sendRecorded(
  connection: Connection,
  request: RecordedRequest,
  types: MessageTypes,
): Promise<void> {
  const { messageType, header, bytes } = read(request, types);
  const body = bytes.subarray(HEADER_SIZE);
  const asWritten: MessageType = {
    ...messageType,
    header: {
      ...messageType.header,
      writePartial(writer) {
        writer.raw(body);
      },
    },
    check: () => undefined,
  };
  const { subject, unless: codes } = request;
  await unless(connection, codes).request(asWritten, { flags: header.flags }, { subject });
}
