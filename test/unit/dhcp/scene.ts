import type { Clock } from "../../../src/dhcp/clock.js";
import { startDhcpServer } from "../../../src/dhcp/server/server.js";
import type { DhcpServer, DhcpServerSurroundings } from "../../../src/dhcp/server/server.js";
import type { DhcpServerSettings } from "../../../src/dhcp/server/settings.js";
import type { DhcpServerEvent } from "../../../src/dhcp/server/events.js";
import type { FrameOrigin, Transport } from "../../../src/dhcp/transport.js";
import { leasesInMemory } from "../../../src/dhcp/leases/lease-file.js";
import { type LeaseTable, openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import type { DhcpOptions } from "../../../src/dhcp/wire/dhcp-options.js";
import { decodeDhcpPacket, type DhcpPacket, encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram, encodeIpv4Datagram, type Ipv4Datagram } from "../../../src/dhcp/wire/ipv4.js";

/** A clock that stands still until it is told to go on. */
export interface SimulatedClock extends Clock {
  boot: string;
  /** What the wall's clock is ahead of `now`. */
  wallOffset: number;
  /** Lets time pass, with all that is due in it, and what that promises. */
  advance(milliseconds: number): Promise<void>;
  /** Timers that wait. */
  readonly waiting: number;
}

/** Lets promises settle. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function simulatedClock(start = 1_000_000): SimulatedClock {
  let now = start;
  let timers: { due: number; callback: () => void }[] = [];
  const clock: SimulatedClock = {
    boot: "boot-1",
    wallOffset: Date.UTC(2026, 0, 1),
    now: () => now,
    wallTime: () => now + clock.wallOffset,
    after(milliseconds, callback) {
      const timer = { due: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    get waiting() {
      return timers.length;
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      await settled();
      for (;;) {
        const next = timers.reduce<(typeof timers)[number] | undefined>(
          (first, timer) => (timer.due <= end && timer.due < (first?.due ?? Infinity) ? timer : first),
          undefined,
        );
        if (next === undefined) break;
        timers = timers.filter((each) => each !== next);
        now = Math.max(now, next.due);
        next.callback();
        await settled();
      }
      now = end;
    },
  };
  return clock;
}

/** A wire to which several are joined: each hears what the others send. */
export interface Wire {
  join(mac: string): Transport;
  /** All frames that went over it. */
  readonly frames: Uint8Array[];
  /** Whether a frame gets through; all do at first. */
  passes: (frame: Uint8Array, from: string) => boolean;
}

export function simulatedWire(clock: Clock): Wire {
  const ends: { mac: string; listeners: Set<(frame: Uint8Array, about: FrameOrigin) => void> }[] = [];
  const wire: Wire = {
    frames: [],
    passes: () => true,
    join(mac) {
      const end = { mac, listeners: new Set<(frame: Uint8Array, about: FrameOrigin) => void>() };
      ends.push(end);
      return {
        mac,
        send(frame) {
          const copy = Buffer.from(frame);
          wire.frames.push(copy);
          if (!wire.passes(copy, mac)) return;
          clock.after(0, () => {
            for (const other of ends) if (other !== end) for (const listener of other.listeners) listener(copy, {});
          });
        },
        receive(listener) {
          end.listeners.add(listener);
          return () => void end.listeners.delete(listener);
        },
      };
    },
  };
  return wire;
}

export const SERVER_MAC = "52:54:00:00:00:01";
export const ROUTER = "10.0.0.1";
export const SETTINGS: DhcpServerSettings = {
  subnet: "10.0.0.0/24",
  address: ROUTER,
  ranges: [{ first: "10.0.0.10", last: "10.0.0.29" }],
  options: {
    routers: [ROUTER],
    domainNameServers: ["10.0.0.1", "9.9.9.9"],
    domainName: "example.org",
    interfaceMtu: 1400,
  },
};

/** A guest's MAC. */
export function guestMac(number: number): string {
  const [high, low] = [(number >> 8) & 255, number & 255].map((byte) => byte.toString(16).padStart(2, "0"));
  return `52:54:00:aa:${high}:${low}`;
}

/** A datagram with a message in it. */
export interface Heard extends Ipv4Datagram {
  readonly packet: DhcpPacket;
}

/** A client that says what it is told to, and keeps what it hears. */
export interface BareClient {
  readonly mac: string;
  readonly heard: Heard[];
  say(options: DhcpOptions, header?: Partial<DhcpPacket>): void;
  /** The last answer, which is forgotten. */
  last(): Heard | undefined;
}

export function bareClient(wire: Wire, mac: string): BareClient {
  const transport = wire.join(mac);
  const heard: Heard[] = [];
  transport.receive((frame) => {
    const datagram = decodeIpv4Datagram(frame);
    const packet = datagram?.destinationPort === 68 ? decodeDhcpPacket(datagram.payload) : undefined;
    if (datagram !== undefined && packet?.chaddr === mac) heard.push({ ...datagram, packet });
  });
  let xid = 0;
  return {
    mac,
    heard,
    say(options, header = {}) {
      const payload = encodeDhcpPacket({ op: "request", xid: ++xid, chaddr: mac, ...header, options });
      transport.send(
        encodeIpv4Datagram({
          sourceMac: mac,
          destinationMac: "ff:ff:ff:ff:ff:ff",
          source: header.ciaddr ?? "0.0.0.0",
          destination: "255.255.255.255",
          sourcePort: 68,
          destinationPort: 67,
          payload,
        }),
      );
    },
    last: () => heard.splice(0).at(-1),
  };
}

/** A server on a wire of its own. */
export interface ServerScene {
  readonly clock: SimulatedClock;
  readonly wire: Wire;
  readonly server: DhcpServer;
  readonly leases: LeaseTable;
  readonly events: DhcpServerEvent[];
  guest(number: number): BareClient;
}

export async function serverScene(
  settings: Partial<DhcpServerSettings> = {},
  surroundings: Partial<DhcpServerSurroundings> = {},
): Promise<ServerScene> {
  const clock = (surroundings.clock as SimulatedClock | undefined) ?? simulatedClock();
  const wire = simulatedWire(clock);
  const leases = surroundings.leases ?? (await openLeaseTable(leasesInMemory(), clock));
  const events: DhcpServerEvent[] = [];
  const transport = wire.join(SERVER_MAC);
  const server = startDhcpServer(
    { ...SETTINGS, ...settings },
    { transport, clock, leases, report: (event) => events.push(event), ...surroundings },
  );
  await clock.advance(2000);
  return { clock, wire, server, leases, events, guest: (number) => bareClient(wire, guestMac(number)) };
}

/** Four messages: the acknowledgement that a guest gets, if it comes so far. */
export async function lease(
  scene: ServerScene,
  guest: BareClient,
  options: DhcpOptions = {},
): Promise<Heard | undefined> {
  guest.say({ messageType: "discover", ...options });
  await scene.clock.advance(10);
  const offer = guest.last();
  if (offer?.packet.options.messageType !== "offer") return undefined;
  guest.say({
    ...options,
    messageType: "request",
    requestedAddress: offer.packet.yiaddr,
    serverIdentifier: offer.packet.options.serverIdentifier,
  });
  await scene.clock.advance(10);
  return guest.last();
}
