import { builtin } from "../base/builtin.js";
import { align, bytesOf } from "./codecs/bytes.js";
import { readAcknowledgement } from "./acknowledgement.js";
import { errnoCode, errnoNumber } from "../base/errno.js";
import { type MessageTypes, NLMSG_DONE, NLMSG_ERROR, readHeader, readMessage } from "./message.js";

function show(value: unknown): string {
  return builtin("node:util").inspect(value, { depth: 8, breakLength: Infinity, compact: true });
}

/** Each message in a buffer as a line of text. */
export function describeMessages(types: MessageTypes, buffer: Buffer): string[] {
  const bytes = bytesOf(buffer);
  const lines: string[] = [];
  let offset = 0;
  while (offset < buffer.length) {
    const header = readHeader(bytes, offset);
    if (header === undefined) {
      lines.push(`${buffer.length - offset} bytes that are no message: ${buffer.toString("hex", offset)}`);
      break;
    }
    const { type, sequence, flags } = header;
    const start = `#${sequence} flags=0x${flags.toString(16)}`;
    const messageType = types.get(type);
    if (type === NLMSG_ERROR || type === NLMSG_DONE) {
      const { errno = -1, ...more } = readAcknowledgement(bytes, offset, header) ?? {};
      const outcome =
        errno === 0
          ? "ok"
          : errno === errnoNumber("ECANCELED")
            ? "not sent: its condition does not hold"
            : errnoCode(errno);
      lines.push(`${type === NLMSG_DONE ? "DONE" : "ACK"} ${start} ${outcome} ${show(more)}`);
    } else {
      const message = messageType && readMessage(bytes, offset, header, messageType);
      lines.push(
        message === undefined
          ? `type ${type} ${start} ${buffer.toString("hex", offset + 16, offset + header.length)}`
          : `${message.name} ${start} ${show(message.header)} ${show(message.attributes)}`,
      );
    }
    offset += align(header.length);
  }
  return lines;
}
