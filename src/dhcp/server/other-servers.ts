import type { Clock } from "../clock.js";
import type { Transport } from "../transport.js";
import { type DhcpPacket, encodeDhcpPacket } from "../wire/dhcp-packet.js";
import { BROADCAST_ADDRESS, BROADCAST_MAC, encodeIpv4Datagram, NO_ADDRESS } from "../wire/ipv4.js";
import type { DhcpServerEvent } from "./events.js";
import { CLIENT_PORT, SERVER_PORT } from "../ports.js";

/** The same server is told of again after this time. */
const SILENCE = 60_000;
/** A frame may be lost, above all on a link that has just come up: others are asked again, so many milliseconds later each time. */
const AGAIN = [1000, 3000];
const MOST = 16;

/** Notices servers that answer beside us. */
export interface OtherServers {
  /** An answer came by that is not ours. */
  heard(packet: DhcpPacket, mac: string): void;
  /** A client has chosen another server. */
  chosen(server: string): void;
  /** Asks as a client would that wants no address in the end, three times. */
  ask(): void;
  stop(): void;
}

/** The frame of a DHCPDISCOVER that servers answer to everybody. */
export function discovery(mac: string): Buffer {
  const packet: DhcpPacket = {
    op: "request",
    xid: crypto.getRandomValues(new Uint32Array(1))[0]!,
    broadcast: true,
    chaddr: mac,
    options: { messageType: "discover" },
  };
  return encodeIpv4Datagram({
    sourceMac: mac,
    destinationMac: BROADCAST_MAC,
    source: NO_ADDRESS,
    destination: BROADCAST_ADDRESS,
    sourcePort: CLIENT_PORT,
    destinationPort: SERVER_PORT,
    payload: encodeDhcpPacket(packet),
  });
}

export function otherServers(
  own: string,
  transport: Transport,
  clock: Clock,
  report: (event: DhcpServerEvent) => void,
): OtherServers {
  const told = new Map<string, number>();

  function tell(address: string, mac?: string): void {
    const now = clock.now();
    if (address === own || now < (told.get(address) ?? -Infinity) + SILENCE) return;
    if (told.size >= MOST) told.clear();
    told.set(address, now);
    report({ event: "otherServer", address, mac });
  }

  let stop = (): void => undefined;

  function ask([next, ...later]: readonly number[]): void {
    stop();
    transport.send(discovery(transport.mac));
    stop = next === undefined ? () => undefined : clock.after(next, () => ask(later));
  }

  return {
    heard: ({ options: { serverIdentifier } }, mac) => {
      if (serverIdentifier !== undefined) tell(serverIdentifier, mac);
    },
    chosen: (server) => tell(server),
    ask: () => ask(AGAIN),
    stop: () => stop(),
  };
}
