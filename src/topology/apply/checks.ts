import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import { InputError, quoted } from "../../base/errors.js";
import { checksumOf, sumOf } from "../../dhcp/wire/checksum.js";
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ethernetFrame } from "../../dhcp/wire/ethernet.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import { parseInternetAddress } from "../../netlink/codecs/internet.js";

/** What decides in a person's place whether a declaration is kept. */
export type Check =
  | { readonly kind: "ping"; readonly address: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  | { readonly kind: "neighbour" };

/** How long is waited for one answer, milliseconds; then it is asked again. */
const ANSWER = 250;
const LOOK = 10;

/** A check as it is spelled: ping:ADDRESS, tcp:ADDRESS:PORT, neighbour. Throws InputError. */
export function parseCheck(text: string): Check {
  if (text === "neighbour") return { kind: "neighbour" };
  const [, kind, address = "", port] = /^(ping|tcp):(?:\[?([0-9a-fA-F.:]+?)\]?)(?::(\d+))?$/.exec(text) ?? [];
  const number = Number(port);
  if (kind === "ping") {
    const whole = text.slice("ping:".length);
    if (isIP(whole) !== 0) return { kind, address: whole };
  } else if (kind === "tcp" && isIP(address) !== 0 && number > 0 && number < 65536)
    return { kind, address, port: number };
  throw new InputError(`${quoted(text)} is none of ping:ADDRESS, tcp:ADDRESS:PORT and neighbour`, "checks");
}

/** By what way a packet leaves: the link, its MAC and address, and the MAC that it is sent to. */
interface Way {
  readonly link: number;
  readonly own: string;
  readonly source: string;
  readonly next: string;
}

/** The MAC of a neighbour, which the kernel is asked to look for; undefined while it does not answer. */
async function resolved(host: Host, link: number, address: string): Promise<string | undefined> {
  const before = await host.neighbours.get(link, address).catch(() => undefined);
  if (before?.state === "permanent") return before.lladdr;
  // What was known may have gone.
  if (before !== undefined) await host.neighbours.remove(link, address).catch(() => undefined);
  await host.neighbours.replace(link, address, { flags: ["use"], state: "none" });
  for (let waited = 0; waited < ANSWER; waited += LOOK) {
    const { state, lladdr } = await host.neighbours.get(link, address);
    if (state === "reachable") return lladdr;
    await passed(LOOK);
  }
  return undefined;
}

async function wayTo(host: Host, address: string): Promise<Way | undefined> {
  const { link, gateway, source } = await host.routes.get(address);
  if (link === undefined || source === undefined) return undefined;
  const { address: own } = await host.link(link);
  const next = await resolved(host, link, gateway ?? address);
  return own === undefined || next === undefined ? undefined : { link, own, source, next };
}

const ICMP = 1;
const TCP = 6;
const ICMP6 = 58;

/** An IP packet in its frame, with the checksums that it needs. `checksumAt`: where the payload has its own. */
function framed(way: Way, address: string, protocol: number, payload: Buffer, checksumAt: number): Buffer {
  const [from, to] = [parseInternetAddress(way.source), parseInternetAddress(address)];
  const isIPv6 = to.length === 16;
  const header = isIPv6 ? 40 : 20;
  const etherType = isIPv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  const frame = ethernetFrame({ destination: way.next, source: way.own, etherType }, header + payload.length);
  const packet = frame.subarray(ETHERNET_HEADER);
  if (isIPv6) {
    packet.writeUInt32BE(0x60000000, 0);
    packet.writeUInt16BE(payload.length, 4);
    packet.writeUInt16BE((protocol << 8) | 64, 6);
  } else {
    packet.writeUInt16BE(0x4500, 0);
    packet.writeUInt16BE(header + payload.length, 2);
    packet.writeUInt16BE(0x4000, 6);
    packet.writeUInt16BE((64 << 8) | protocol, 8);
  }
  packet.set(from, isIPv6 ? 8 : 12);
  packet.set(to, isIPv6 ? 24 : 16);
  if (!isIPv6) packet.writeUInt16BE(checksumOf(sumOf(packet, 0, header)), 10);
  packet.set(payload, header);
  const covered = protocol === ICMP ? 0 : sumOf(packet, isIPv6 ? 8 : 12, header) + protocol + payload.length;
  packet.writeUInt16BE(checksumOf(covered + sumOf(packet, header, packet.length)), header + checksumAt);
  return frame;
}

/** What an IP packet carries from an address, if it is of this protocol. */
function payloadFrom(frame: Buffer, address: string, protocol: number): Buffer | undefined {
  const type = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET_HEADER);
  const from = Buffer.from(parseInternetAddress(address));
  if (from.length === 16) {
    if (type !== ETHERTYPE_IPV6 || packet.length < 40 || packet[6] !== protocol) return undefined;
    return packet.subarray(8, 24).equals(from) ? packet.subarray(40) : undefined;
  }
  if (type !== ETHERTYPE_IPV4 || packet.length < 20 || packet[9] !== protocol) return undefined;
  return packet.subarray(12, 16).equals(from) ? packet.subarray((packet[0]! & 15) * 4) : undefined;
}

/** Sends a packet, and waits for one that answers it. */
async function answered(
  host: Host,
  address: string,
  protocol: number,
  payload: Buffer,
  checksumAt: number,
  answers: (payload: Buffer) => boolean,
): Promise<boolean> {
  const way = await wayTo(host, address);
  if (way === undefined) return false;
  await using frames = await host.openFrames(way.link);
  return await new Promise((resolve) => {
    const over = (is: boolean): void => {
      clearTimeout(timer);
      stop();
      resolve(is);
    };
    const timer = setTimeout(over, ANSWER, false);
    const stop = frames.receive((frame) => {
      const found = payloadFrom(frame, address, protocol);
      if (found !== undefined && found.length >= 8 && answers(found)) over(true);
    });
    frames.send(framed(way, address, protocol, payload, checksumAt));
  });
}

function ping(host: Host, address: string): Promise<boolean> {
  const isIPv6 = isIP(address) === 6;
  const [request, reply] = isIPv6 ? [128, 129] : [8, 0];
  const payload = Buffer.alloc(64);
  const id = randomInt(0x10000);
  payload[0] = request;
  payload.writeUInt16BE(id, 4);
  return answered(
    host,
    address,
    isIPv6 ? ICMP6 : ICMP,
    payload,
    2,
    (found) => found[0] === reply && found.readUInt16BE(4) === id,
  );
}

/** Whether somebody listens at a port: a SYN is answered by one; the kernel, which knows nothing of it, resets that. */
function connects(host: Host, address: string, port: number): Promise<boolean> {
  const segment = Buffer.alloc(20);
  const own = randomInt(0xf000, 0xfff0);
  segment.writeUInt16BE(own, 0);
  segment.writeUInt16BE(port, 2);
  segment.writeUInt32BE(randomInt(0x7fffffff), 4);
  segment.writeUInt16BE(0x5002, 12);
  segment.writeUInt16BE(64240, 14);
  return answered(
    host,
    address,
    TCP,
    segment,
    16,
    (found) => found.readUInt16BE(0) === port && found.readUInt16BE(2) === own && (found[13]! & 0x12) === 0x12,
  );
}

/** Whether a gateway of a default route answers for its MAC. */
async function gatewayAnswers(host: Host): Promise<boolean> {
  const routes = await host.routes.list({ destination: "default" });
  const more = await host.routes.list({ destination: "default", family: "inet6" });
  for (const { link, gateway } of [...routes, ...more])
    if (link !== undefined && gateway !== undefined && (await resolved(host, link, gateway)) !== undefined) return true;
  return false;
}

async function holds(host: Host, check: Check): Promise<boolean> {
  try {
    if (check.kind === "neighbour") return await gatewayAnswers(host);
    return await (check.kind === "ping" ? ping(host, check.address) : connects(host, check.address, check.port));
  } catch (error) {
    // There is no way to there yet, or its link has no carrier.
    if (error instanceof NetlinkError) return false;
    throw error;
  }
}

/** Asks again and again for what is to be so; resolves with whether it is, in this time, milliseconds. */
export async function heldIn(host: Host, check: Check, time: number): Promise<boolean> {
  const end = performance.now() + time;
  for (;;) {
    if (await holds(host, check)) return true;
    if (performance.now() >= end) return false;
    await passed(LOOK);
  }
}
