import { readFileSync } from "node:fs";
import { startThread } from "../../../src/kernel/thread.js";
import { createTap } from "../../../src/host/taps/tap.js";
import { native } from "../../../src/kernel/addon.js";
import { type Connection, connect } from "../../../src/netlink/connection.js";
import type { NetlinkSocket } from "../../../src/kernel/netlink-socket.js";
import { addAddress, listAddresses } from "../../../src/rtnetlink/address/address-requests.js";
import { changeLink, createLink, getLink, listLinks } from "../../../src/rtnetlink/link/link-requests.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

/** What a kernel answered to a dump. */
export interface Dump {
  readonly name: string;
  readonly bytes: Buffer;
}

function sample(name: string): Dump {
  const text = readFileSync(new URL(`samples/${name}.hex`, import.meta.url), "latin1");
  return { name: `${name} of Linux 6.18`, bytes: Buffer.from(text.replaceAll("\n", ""), "hex") };
}

/** Dumps of a namespace with the loopback, a bridge with a TAP, a veth pair, and two addresses. */
export const samples: readonly Dump[] = [sample("link-dump"), sample("address-dump")];

/** Each message of a dump, whole. */
export function messagesOf({ bytes }: Dump): Buffer[] {
  const found: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = bytes.readUInt32LE(offset);
    found.push(bytes.subarray(offset, offset + length));
    offset += (length + 3) & ~3;
  }
  return found;
}

async function furnish(connection: Connection, addTap: () => Promise<unknown>): Promise<void> {
  await createLink(connection, "br0", { linkInfo: { kind: "bridge", data: { forwardDelay: 4000 } } });
  const bridge = await getLink(connection, "br0");
  await addTap();
  await changeLink(connection, "tap0", { master: bridge.index, alias: "für Gäste" });
  await createLink(connection, "veth0", { linkInfo: { kind: "veth", data: { peer: { name: "veth1" } } } });
  await changeLink(connection, "br0", { up: true });
  await addAddress(connection, bridge.index, "10.0.0.1/24", { broadcast: "+", validLifetime: 60_000 });
  await addAddress(connection, bridge.index, "fd00::1/64", { flags: ["nodad"] });
}

/** Dumps of this kernel, from a namespace of their own; rejects where that is not allowed. */
export async function realDumps(): Promise<Dump[]> {
  const thread = await startThread({ kind: "new" });
  try {
    let pieces: Buffer[] = [];
    const recorder: NetlinkSocket = {
      exchange(messages, conditions, receive) {
        thread.socket.exchange(messages, conditions, (piece, end) => {
          if (piece !== undefined) pieces.push(Buffer.from(piece));
          receive(piece, end);
        });
      },
    };
    const connection = connect(recorder, messageTypes);
    const take = (name: string): Dump => {
      const bytes = Buffer.concat(pieces);
      pieces = [];
      return { name, bytes };
    };
    await furnish(connection, () => createTap(thread, connection, "tap0", {}));
    take("set-up");
    await listLinks(connection);
    const links = take("links of this kernel");
    await listAddresses(connection, {});
    return [links, take("addresses of this kernel")];
  } finally {
    await thread.call((host, id) => {
      native.closeThread(host, id);
    });
  }
}
