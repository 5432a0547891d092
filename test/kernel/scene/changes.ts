import { startThread } from "../../../src/kernel/thread.js";
import { namespaceBy } from "../../../src/host/work/namespace.js";
import type { Host } from "../../../src/index.js";
import { bytesOf } from "../../../src/netlink/codecs/bytes.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { readHeader, readMessage } from "../../../src/netlink/message.js";
import { native } from "../../../src/kernel/addon.js";
import type { LinkHeader, LinkMessageType, LinkValues } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

/** A message that changes a link. */
export interface Change {
  readonly header: LinkHeader;
  readonly attributes: LinkValues;
  /** The exchange with the kernel in which it was sent, counted from 1. */
  readonly exchange: number;
}

/**
 * The messages that change links, in their order, of what is sent while `work` runs on a host's own connection. `meanwhile` is
 * done before each exchange, which waits for it.
 */
export async function changesOf(
  open: () => Promise<Host>,
  work: (connection: Connection, host: Host) => Promise<void>,
  meanwhile?: (exchange: number, host: Host) => Promise<void>,
): Promise<Change[]> {
  await using host = await open();
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  const changes: Change[] = [];
  let count = 0;
  const socket: typeof thread.socket = {
    ...thread.socket,
    exchange(messages, ...rest) {
      count++;
      const bytes = bytesOf(messages);
      for (let offset = 0; offset < messages.length;) {
        const header = readHeader(bytes, offset)!;
        const type = messageTypes.get(header.type) as unknown as LinkMessageType;
        if (type.name === "RTM_NEWLINK")
          changes.push({ ...readMessage(bytes, offset, header, type)!, exchange: count });
        offset += (header.length + 3) & ~3;
      }
      if (meanwhile === undefined) thread.socket.exchange(messages, ...rest);
      else void meanwhile(count, host).then(() => thread.socket.exchange(messages, ...rest));
    },
  };
  try {
    await work(namespaceBy(thread, connect(socket, messageTypes)).connection, host);
  } finally {
    await thread.call((handle, id) => {
      native.closeThread(handle, id);
    });
  }
  return changes;
}
