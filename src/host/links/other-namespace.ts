import { connect, type Connection } from "../../netlink/connection.js";
import { native } from "../../kernel/addon.js";
import { messageTypes } from "../../rtnetlink/protocol/message-types.js";
import { hostClosed, startThread } from "../../kernel/thread.js";

/** Speaks to the namespace of a descriptor for as long as `use` takes. */
export async function connectedTo<T>(fd: number, use: (there: Connection) => Promise<T>): Promise<T> {
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${fd}` });
  const there = connect(thread.socket, messageTypes);
  try {
    return await use(there);
  } finally {
    there.close(hostClosed());
    await thread.call((host, id) => {
      native.closeThread(host, id);
    });
  }
}
