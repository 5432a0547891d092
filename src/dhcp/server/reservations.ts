import { InputError, under } from "../../base/errors.js";
import type { Client } from "./client.js";
import { checkReservation, type Network, type Reservation } from "./settings.js";

/** Addresses that only one client gets. */
export interface Reservations {
  of(client: Client): Reservation | undefined;
  at(address: string): Reservation | undefined;
  /** Throws InputError: a client has one reservation, an address one client. */
  add(reservation: Reservation): void;
  remove(address: string): void;
}

export function reservationsOf(network: Network, first: readonly Reservation[]): Reservations {
  const byAddress = new Map<string, Reservation>();
  const byMac = new Map<string, Reservation>();
  const byClientId = new Map<string, Reservation>();

  function add(given: Reservation): void {
    checkReservation(network, given);
    const mac = given.mac?.toLowerCase();
    const clientId = given.clientId?.toLowerCase();
    const reservation = { ...given, mac, clientId };
    if (byAddress.has(given.address)) throw new InputError(`${given.address} is reserved already`, "address");
    if (mac !== undefined && byMac.has(mac)) throw new InputError(`${mac} has a reservation already`, "mac");
    if (clientId !== undefined && byClientId.has(clientId))
      throw new InputError(`${clientId} has a reservation already`, "clientId");
    byAddress.set(reservation.address, reservation);
    if (mac !== undefined) byMac.set(mac, reservation);
    if (clientId !== undefined) byClientId.set(clientId, reservation);
  }

  for (const [place, reservation] of first.entries()) under(`reservations.${place}`, () => add(reservation));
  return {
    of: ({ mac, clientId }) => byMac.get(mac) ?? (clientId === undefined ? undefined : byClientId.get(clientId)),
    at: (address) => byAddress.get(address),
    add,
    remove(address) {
      const { mac, clientId } = byAddress.get(address) ?? {};
      byAddress.delete(address);
      if (mac !== undefined) byMac.delete(mac);
      if (clientId !== undefined) byClientId.delete(clientId);
    },
  };
}
