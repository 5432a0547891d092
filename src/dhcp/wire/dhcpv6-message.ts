import { raw } from "../../netlink/codecs/codec.js";
import { hardwareAddress, ipv6 } from "../../netlink/codecs/internet.js";
import { be16 } from "../../netlink/codecs/numbers.js";
import { list, seconds } from "./codecs.js";
import { domainNames } from "./domain-names.js";
import { asBuffer } from "./ethernet.js";
import { type OptionValues, optionTable, type RawOption } from "./option-table.js";

/** Message types of DHCPv6 (RFC 8415, 7.3), of which stateless hosts and servers use the last two. */
const messageTypes = {
  solicit: 1,
  advertise: 2,
  request: 3,
  confirm: 4,
  renew: 5,
  rebind: 6,
  reply: 7,
  release: 8,
  decline: 9,
  reconfigure: 10,
  informationRequest: 11,
} as const;
export type Dhcpv6MessageType = keyof typeof messageTypes;
const TYPES = new Map<number, Dhcpv6MessageType>(
  Object.entries(messageTypes).map(([name, number]) => [number, name as Dhcpv6MessageType]),
);

/** Options of DHCPv6 that need no address (RFC 8415, 21; RFC 3646). */
export const dhcpv6Options = optionTable("DHCPv6", {
  clientId: [1, hardwareAddress, "the client's DUID"],
  serverId: [2, hardwareAddress, "the server's DUID"],
  optionRequest: [6, list(be16), "codes of the options that the client wants"],
  elapsedTime: [8, be16, "for how long the client has tried, in hundredths of a second"],
  dnsServers: [23, list(ipv6), "resolvers"],
  domainList: [24, domainNames, "domains in which names are looked up"],
  informationRefreshTime: [32, seconds, "when the client is to ask again"],
  sntpServers: [31, list(ipv6), "time servers (RFC 4075)"],
  bootFileUrl: [59, raw, "URL of the boot file (RFC 5970)"],
});
/** Options of a DHCPv6 message (RFC 8415). */
export type Dhcpv6Options = OptionValues<typeof dhcpv6Options.entries>;

/** A message between client and server (RFC 8415, 8). */
export interface Dhcpv6Message {
  readonly type: Dhcpv6MessageType;
  /** 24 bits. */
  readonly transactionId: number;
  readonly options: Dhcpv6Options;
}

const HEADER = 4;

/** The bytes of a message. Throws InputError. */
export function encodeDhcpv6Message({ type, transactionId, options }: Dhcpv6Message): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt32BE(messageTypes[type] * 2 ** 24 + transactionId);
  const parts = dhcpv6Options.payloads(options).map(({ code, bytes }) => {
    const option = Buffer.alloc(4 + bytes.length);
    option.writeUInt16BE(code, 0);
    option.writeUInt16BE(bytes.length, 2);
    option.set(bytes, 4);
    return option;
  });
  return Buffer.concat([head, ...parts]);
}

/** The message in these bytes; undefined when it is none, or a relay's. */
export function decodeDhcpv6Message(message: Uint8Array): Dhcpv6Message | undefined {
  const bytes = asBuffer(message);
  const type = bytes.length < HEADER ? undefined : TYPES.get(bytes[0]!);
  if (type === undefined) return undefined;
  const payloads: RawOption[] = [];
  let at = HEADER;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) return undefined;
    payloads.push({ code: bytes.readUInt16BE(at), bytes: bytes.subarray(at + 4, end) });
    at = end;
  }
  return { type, transactionId: bytes.readUInt32BE(0) & 0xffffff, options: dhcpv6Options.values(payloads) };
}
