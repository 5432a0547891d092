import { spawnSync } from "node:child_process";
import type { Host } from "../../../src/index.js";
import { writeBatch } from "../../../src/netfilter/messages/batch.js";
import type { Change } from "../../../src/netfilter/messages/change.js";
import { removeTable } from "../../../src/netfilter/index.js";
import { Writer } from "../../../src/netlink/codecs/bytes.js";
import { type MessageContent, type MessageType, NLM_F_ACK, writeMessage } from "../../../src/netlink/message.js";
import type { Entries } from "../../../src/netlink/codecs/attributes.js";
import { additions, emptyTable, removals, TABLE } from "../../../src/networks/firewall.js";
import { type NetworkDefinition, planOf } from "../../../src/networks/definition.js";
import { RTM_NEWADDR } from "../../../src/rtnetlink/address/address.js";
import { within } from "./networks-guests.js";
import { RTM_DELLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";

/** NETLINK_ROUTE, NETLINK_NETFILTER (linux/netlink.h), and what the program in C takes for a file of /proc. */
const [ROUTE, NETFILTER, FILE] = [0, 12, 255];
/** NLM_F_CREATE and NLM_F_EXCL. */
const NEW = 0x600;
const UP = { flags: ["up"], change: ["up"] } as const;
/** No other link has it. */
const INDEX = 100_000;

function piece(kind: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function message<H, E extends Entries>(type: MessageType<H, E>, content: MessageContent<H, E>): Buffer {
  const writer = new Writer();
  writeMessage(writer, type, 1, { ...content, flags: (content.flags ?? 0) | NLM_F_ACK });
  return piece(ROUTE, writer.take());
}

const rules = (changes: readonly Change[]): Buffer => piece(NETFILTER, writeBatch(changes, 1).messages);
const setting = (name: string, value: number): Buffer => piece(FILE, Buffer.from(`/proc/sys/${name}\0${value}\0`));

/** What a program in C does to start and to stop a network: the same messages that linkwright sends, without a look at anything. */
export function floorOf(host: Host, program: string, definition: NetworkDefinition, isAlone: boolean) {
  const plan = planOf({ ...definition, mac: "52:54:00:77:00:01" });
  const { bridge, mac } = plan;
  const [{ address, subnet }] = plan.subnets as [(typeof plan.subnets)[number]];
  const broadcast = address.replace(/\.\d+$/, ".255");
  const header = { index: INDEX };
  const start = Buffer.concat([
    message(RTM_NEWLINK, {
      flags: NEW,
      header,
      attributes: { name: bridge, address: mac, linkInfo: { kind: "bridge", data: { forwardDelay: 0 } } },
    }),
    setting(`net/ipv6/conf/${bridge}/disable_ipv6`, 1),
    setting(`net/ipv4/conf/${bridge}/forwarding`, 1),
    message(RTM_NEWADDR, {
      flags: NEW,
      header: { family: 2, prefixLength: subnet.length, index: INDEX },
      attributes: { address, local: address, broadcast },
    }),
    message(RTM_NEWLINK, { header: { ...header, ...UP } }),
    rules([...(isAlone ? emptyTable() : []), ...additions(plan)]),
    ...(isAlone ? [setting("net/ipv4/ip_forward", 1)] : []),
  ]);
  const stop = Buffer.concat([
    rules(isAlone ? [removeTable(TABLE)].flat() : removals(plan)),
    message(RTM_DELLINK, { header }),
    ...(isAlone ? [setting("net/ipv4/ip_forward", 0)] : []),
  ]);

  /** Milliseconds that it takes, but for the process's own start. */
  async function run(input: Buffer): Promise<number> {
    const { status, stdout, stderr } = await within(host, ([nsenter = "", ...words]) =>
      spawnSync(nsenter, [...words, program], { input, encoding: "utf8" }),
    );
    if (status !== 0) throw new Error(`in C: ${stderr.trim() || status}`);
    return Number(stdout);
  }

  return { start: () => run(start), stop: () => run(stop) };
}
