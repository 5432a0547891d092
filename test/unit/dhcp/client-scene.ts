import { type DhcpClient, startDhcpClient } from "../../../src/dhcp/client/client.js";
import type { DhcpClientEvent } from "../../../src/dhcp/client/events.js";
import type { DhcpClientSettings } from "../../../src/dhcp/client/settings.js";
import type { DhcpServerSettings } from "../../../src/dhcp/server/settings.js";
import { decodeDhcpPacket, type DhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram } from "../../../src/dhcp/wire/ipv4.js";
import { guestMac, serverScene, type ServerScene } from "./scene.js";

export const MAC = guestMac(1);

/** A client on a wire with a server. */
export interface ClientScene extends ServerScene {
  readonly client: DhcpClient;
  readonly told: DhcpClientEvent[];
  /** Starts another client with the same MAC on the same wire. */
  again(settings: DhcpClientSettings): { client: DhcpClient; told: DhcpClientEvent[] };
}

export async function clientScene(
  settings: DhcpClientSettings = {},
  server: Partial<DhcpServerSettings> = {},
): Promise<ClientScene> {
  const scene = await serverScene(server);
  let seed = 7;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  function again(more: DhcpClientSettings): { client: DhcpClient; told: DhcpClientEvent[] } {
    const told: DhcpClientEvent[] = [];
    const transport = scene.wire.join(MAC);
    const report = (event: DhcpClientEvent): void => void told.push(event);
    return { client: startDhcpClient(more, { transport, clock: scene.clock, random, report }), told };
  }
  const first = again(settings);
  return { ...scene, ...first, again };
}

/** The messages that a client sent, from a place in the wire's frames on. */
export function sent(scene: ServerScene, from = 0, mac = MAC): (DhcpPacket & { destination: string })[] {
  return scene.wire.frames.slice(from).flatMap((frame) => {
    const datagram = decodeIpv4Datagram(frame);
    const packet = datagram?.sourceMac === mac ? decodeDhcpPacket(datagram.payload) : undefined;
    return packet === undefined ? [] : [{ ...packet, destination: datagram!.destination }];
  });
}

export function types(scene: ServerScene, from = 0): unknown[] {
  return sent(scene, from).map(({ options }) => options.messageType);
}

/** A client that has its lease. */
export async function bound(
  settings: DhcpClientSettings = {},
  server: Partial<DhcpServerSettings> = {},
): Promise<ClientScene> {
  const scene = await clientScene({ conflictDetection: 0, ...settings }, server);
  await scene.clock.advance(1000);
  if (scene.client.state !== "bound") throw new Error(`the client is ${scene.client.state}`);
  return scene;
}
