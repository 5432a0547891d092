import type { Socket as DatagramSocket } from "node:dgram";
import type { Server, Socket } from "node:net";
import { builtin } from "../../base/builtin.js";
import type { Descriptor } from "../../kernel/descriptor.js";

/** Node's socket of UDP on one that was opened in a namespace; it has a duplicate, and closes that. */
export function datagrams(descriptor: Descriptor, address: string): DatagramSocket {
  const socket = builtin("node:dgram").createSocket(address.includes(":") ? "udp6" : "udp4");
  return socket.bind({ fd: descriptor.duplicate(), exclusive: true });
}

/** Node's server of TCP, the same way. */
export function listening(descriptor: Descriptor, attend: (connection: Socket) => void): Server {
  return builtin("node:net").createServer(attend).listen({ fd: descriptor.duplicate(), exclusive: true });
}

/** Node's connection of TCP, the same way: to be connected. */
export function connecting(descriptor: Descriptor): Socket {
  const options = { fd: descriptor.duplicate(), manualStart: true };
  return new (builtin("node:net").Socket)(options);
}

const LENGTH = 2;

/** A message of DNS as TCP has it, behind its length (RFC 1035, 4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Tells of each message of a connection, as a whole. */
export function onMessages(connection: Socket, tell: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  connection.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= LENGTH && rest.length >= LENGTH + rest.readUInt16BE()) {
      const end = LENGTH + rest.readUInt16BE();
      tell(rest.subarray(LENGTH, end));
      rest = rest.subarray(end);
    }
  });
}
