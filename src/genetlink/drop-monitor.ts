import { NetlinkError } from "../kernel/error.js";
import { openMulticast } from "../kernel/multicast.js";
import { enterNamespace } from "../kernel/namespace.js";
import { attributes, type Values } from "../netlink/codecs/attributes.js";
import { align, bytesOf } from "../netlink/codecs/bytes.js";
import { flag, pad, raw, text } from "../netlink/codecs/codec.js";
import { nest } from "../netlink/codecs/nests.js";
import { u16, u32, u64, u8 } from "../netlink/codecs/numbers.js";
import { nameText } from "../netlink/codecs/link-name.js";
import { words } from "../netlink/codecs/words.js";
import { readHeader, readMessage } from "../netlink/message.js";
import { genericFamily, NETLINK_GENERIC } from "./generic.js";

/** The link that a packet came in by (NET_DM_ATTR_PORT_*, linux/net_dropmon.h). */
export const inPort = attributes("NET_DM_ATTR_PORT", () => ({
  netdevIfindex: [0, u32, "index of the link, in a namespace that is not told"],
  netdevName: [1, nameText(15), "the name of the link with that index in the initial namespace"],
}));

/** What drop monitoring says and takes (NET_DM_ATTR_*, linux/net_dropmon.h). */
export const dropAttributes = attributes("NET_DM_ATTR", () => ({
  alertMode: [1, words(u8, { summary: 0, packet: 1 }), "whether each packet is told"],
  pc: [2, u64, "where it was dropped"],
  symbol: [3, text(255), "the function in which it was, with the offset"],
  inPort: [4, nest(inPort), "the link that it came in by"],
  timestamp: [5, u64, "when, in nanoseconds since 1970"],
  proto: [6, u16, "its EtherType"],
  payload: [7, raw, "its first bytes, from the Ethernet header on"],
  pad: [8, pad, "padding"],
  truncLen: [9, u32, "how many bytes of a packet are told; 0: all"],
  origLen: [10, u32, "how many it had"],
  queueLen: [11, u32, "how many packets wait to be told on each processor"],
  stats: [12, raw, "what was not told, of the kernel's drops"],
  hwStats: [13, raw, "what was not told, of devices' drops"],
  origin: [14, words(u16, { sw: 0, hw: 1 }), "who dropped it"],
  hwTrapGroupName: [15, text(255), "the device's group of traps"],
  hwTrapName: [16, text(255), "the device's trap"],
  hwEntries: [17, raw, "devices' traps, in summaries"],
  hwEntry: [18, raw, "a device's trap, in summaries"],
  hwTrapCount: [19, u32, "how many packets it had"],
  swDrops: [20, flag, "what the kernel drops"],
  hwDrops: [21, flag, "what devices drop"],
  flowActionCookie: [22, raw, "the rule of traffic control that dropped it"],
  reason: [23, text(255), "why, by the name of the kernel's reason (SKB_DROP_REASON_*)", { since: "5.18" }],
}));

type DropValues = Values<typeof dropAttributes>;

/** NET_DM_CMD_* (linux/net_dropmon.h). */
const CONFIG = 2;
const START = 3;
const STOP = 4;
const PACKET_ALERT = 5;
const CONFIG_GET = 6;
const VERSION = 2;
/** Enough for what tells one packet from another. */
const TOLD_BYTES = 128;
const WAITING = 1000;

/** A packet that the kernel dropped, in any namespace of this machine. */
export interface PacketDrop {
  /** Where in the kernel, such as "nft_do_chain+0x3a/0x80 [nf_tables]". */
  readonly symbol: string;
  /** Such as "NETFILTER_DROP"; "NOT_SPECIFIED" says nothing, and undefined is a kernel before 5.18. */
  readonly reason: string | undefined;
  /** The index of the link that it came in by, in its namespace, which is not told. */
  readonly index: number | undefined;
  /** Its first 128 bytes at most. */
  readonly bytes: Uint8Array;
}

/** The kernel tells of drops until this is closed. */
export interface DropMonitor extends AsyncDisposable {
  /** Ends the listening; the kernel stops telling of drops when nobody else listens. */
  close(): Promise<void>;
}

function dropOf({ symbol, reason, inPort: port, payload }: DropValues): PacketDrop {
  return { symbol: symbol ?? "?", reason, index: port?.netdevIfindex, bytes: payload ?? new Uint8Array() };
}

/**
 * Has the kernel tell of each packet that it drops (drop_monitor, net/core/drop_monitor.c), on the whole machine: there is one such
 * monitor, for the initial network namespace alone. Rejects with NetlinkError: ENOENT where this process is in another namespace, or the
 * kernel has no drop monitor; EPERM; EBUSY while another program monitors. What was set before is set again by close().
 */
export async function monitorDrops(tell: (drop: PacketDrop) => void): Promise<DropMonitor> {
  const thread = await enterNamespace("current");
  try {
    const { messageType, groups, connection } = await genericFamily(
      await thread.openSocket(NETLINK_GENERIC),
      "NET_DM",
      dropAttributes,
    );
    const ask = async (cmd: number, values: DropValues = {}): Promise<DropValues> => {
      const content = { header: { cmd, version: VERSION }, attributes: values };
      const [reply] = await connection.request(messageType, content, { subject: "the drop monitor" });
      return reply?.attributes ?? {};
    };
    const { alertMode, truncLen, queueLen } = await ask(CONFIG_GET);
    await ask(CONFIG, { alertMode: "packet", truncLen: TOLD_BYTES, queueLen: WAITING });
    const events = await openMulticast(thread, { family: NETLINK_GENERIC, groups: [groups.get("events") ?? 0] });
    events.onReadable(() => {
      events.read((buffer, start, length) => {
        const bytes = bytesOf(buffer);
        for (let offset = start; offset < start + length;) {
          const header = readHeader(bytes, offset);
          if (header === undefined) break;
          if (header.type === messageType.type) {
            const message = readMessage(bytes, offset, header, messageType);
            if (message?.header.cmd === PACKET_ALERT) tell(dropOf(message.attributes));
          }
          offset += align(header.length);
        }
      });
    });
    await ask(START, { swDrops: true });
    const close = async (): Promise<void> => {
      try {
        await ask(STOP, { swDrops: true });
        await ask(CONFIG, { alertMode, truncLen, queueLen });
      } finally {
        await events.close();
        await thread.end();
      }
    };
    return { close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await thread.end();
    if (error instanceof NetlinkError && error.code === "ENOENT")
      throw error.with({
        hint: "it is there for programs in the initial network namespace alone, with CONFIG_NET_DROP_MONITOR (module drop_monitor)",
      });
    throw error;
  }
}
