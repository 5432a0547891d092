import type { Clock } from "../clock.js";
import type { Transport } from "../transport.js";
import { type ArpPacket, arpProbe, contradicts } from "../wire/arp.js";

/** Probes that are sent for an address, and the time that each has for an answer. */
const PROBES = 2;
const WAIT = 500;

/** Finds out by ARP whether anybody has an address. */
export interface AddressProbe {
  /** Asks, and says within a second which MAC has the address, or undefined. */
  begin(address: string, done: (holder: string | undefined) => void): void;
  isUnderWay(address: string): boolean;
  /** To be told of every ARP packet. */
  hear(packet: ArpPacket): void;
  stop(): void;
}

export function addressProbe(transport: Transport, clock: Clock): AddressProbe {
  const underWay = new Map<string, { cancel: () => void; done: (holder: string | undefined) => void }>();

  function end(address: string, holder?: string): void {
    const probe = underWay.get(address);
    underWay.delete(address);
    probe?.cancel();
    probe?.done(holder);
  }

  function send(address: string, left: number, done: (holder: string | undefined) => void): void {
    transport.send(arpProbe(transport.mac, address));
    const next = left > 1 ? () => send(address, left - 1, done) : () => end(address);
    underWay.set(address, { cancel: clock.after(WAIT, next), done });
  }

  return {
    begin: (address, done) => send(address, PROBES, done),
    isUnderWay: (address) => underWay.has(address),
    hear(packet) {
      for (const address of [packet.senderAddress, packet.targetAddress])
        if (underWay.has(address) && contradicts(packet, transport.mac, address)) end(address, packet.senderMac);
    },
    stop() {
      for (const { cancel } of underWay.values()) cancel();
      underWay.clear();
    },
  };
}
