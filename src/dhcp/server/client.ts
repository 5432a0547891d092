import type { DhcpPacket } from "../wire/dhcp-packet.js";
import type { ClientPort } from "./settings.js";

/** Who asks. */
export interface Client {
  /** What its leases are known by. */
  readonly key: string;
  readonly mac: string;
  readonly clientId: string | undefined;
  readonly port: ClientPort | undefined;
}

/** Whoever asks, by its client identifier if it has one that counts, else by its MAC; never as somebody behind another port. */
export function clientOf(packet: DhcpPacket, port: ClientPort | undefined, ignoreClientId: boolean): Client {
  const mac = packet.chaddr;
  const clientId = packet.options.clientIdentifier;
  const identity = clientId === undefined || ignoreClientId ? `mac ${mac}` : `id ${clientId}`;
  return { key: port === undefined ? identity : `${identity} at ${port.name}`, mac, clientId, port };
}

/** The name that a client says it has, where it can be a host's: its first label. */
export function hostnameOf({ options }: DhcpPacket): string | undefined {
  const [label = ""] = (options.hostName ?? options.clientFqdn?.name ?? "").split(".");
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label) ? label : undefined;
}
