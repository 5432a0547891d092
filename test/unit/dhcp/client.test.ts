import { describe, expect, test } from "vitest";
import { startDhcpClient } from "../../../src/dhcp/client/client.js";
import type { DhcpClientEvent } from "../../../src/dhcp/client/events.js";
import { leasesInMemory } from "../../../src/dhcp/leases/lease-file.js";
import { openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import { startDhcpServer } from "../../../src/dhcp/server/server.js";
import { arpAnnouncement, decodeArp } from "../../../src/dhcp/wire/arp.js";
import { decodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram } from "../../../src/dhcp/wire/ipv4.js";
import { clientScene, MAC, sent, types } from "./client-scene.js";
import { ROUTER, SERVER_MAC, serverScene, SETTINGS } from "./scene.js";

const HOUR = 3_600_000;

describe("a client without a lease", () => {
  test("discovers, requests, asks by ARP whether the address is free, and announces it", async () => {
    const scene = await clientScene({ hostname: "blue", rapidCommit: false, clientId: "01:02" });
    await scene.clock.advance(100);
    expect(scene.client.state).toBe("probing");
    await scene.clock.advance(500);
    expect(scene.client.state).toBe("bound");
    expect(types(scene)).toEqual(["discover", "request"]);
    expect(sent(scene).every(({ options }) => options.clientIdentifier === "01:02")).toBe(true);
    const [event] = scene.told;
    expect(event).toMatchObject({
      event: "lease",
      renewed: false,
      lease: {
        address: "10.0.0.10",
        prefixLength: 24,
        serverIdentifier: ROUTER,
        serverMac: SERVER_MAC,
        leaseTime: HOUR,
      },
    });
    expect(scene.client.lease?.options).toMatchObject({ routers: [ROUTER], domainName: "example.org" });
    const arp = scene.wire.frames
      .flatMap((frame) => decodeArp(frame) ?? [])
      .filter(({ senderMac }) => senderMac === MAC);
    expect(arp.map(({ senderAddress }) => senderAddress)).toEqual(["0.0.0.0", "0.0.0.0", "0.0.0.0", "10.0.0.10"]);
    expect(scene.leases.at("10.0.0.10")?.hostname).toBe("blue");
  });

  test("takes a lease in two messages", async () => {
    const scene = await clientScene({ conflictDetection: 0 });
    await scene.clock.advance(100);
    expect(scene.client.state).toBe("bound");
    expect(types(scene)).toEqual(["discover"]);
  });

  test("asks ever more seldom while nobody answers, and tells", async () => {
    const scene = await serverScene();
    scene.server.stop();
    const told: DhcpClientEvent[] = [];
    const transport = scene.wire.join(MAC);
    startDhcpClient({}, { transport, clock: scene.clock, random: () => 0.5, report: (event) => told.push(event) });
    const from = scene.wire.frames.length;
    await scene.clock.advance(4000 + 8000 + 16000 + 32000 + 64000 + 64000 + 10);
    expect(types(scene, from - 1).length).toBe(7);
    expect(told.length).toBe(6);
  });

  test("declines an address that somebody else has, waits, and gets another", async () => {
    const scene = await clientScene({}, { probeAhead: 0 });
    const squatter = scene.wire.join("52:54:00:00:00:99");
    squatter.receive((frame) => {
      const arp = decodeArp(frame);
      if (arp?.targetAddress === "10.0.0.10") squatter.send(arpAnnouncement(squatter.mac, "10.0.0.10"));
    });
    await scene.clock.advance(1000);
    expect(scene.told.map(({ event }) => event)).toEqual(["conflict"]);
    expect(types(scene).at(-1)).toBe("decline");
    expect(scene.events.some(({ event }) => event === "decline")).toBe(true);
    await scene.clock.advance(8000);
    expect(types(scene).at(-1)).toBe("decline");
    await scene.clock.advance(3000);
    expect(scene.client.lease?.address).toBe("10.0.0.11");
  });

  test("begins anew when the server that it chose is gone, and takes a second one's offer", async () => {
    const scene = await clientScene({ rapidCommit: false, conflictDetection: 0 });
    // The first server's acknowledgements are lost.
    scene.wire.passes = (frame, from) => {
      const datagram = from === SERVER_MAC ? decodeIpv4Datagram(frame) : undefined;
      return datagram === undefined || decodeDhcpPacket(datagram.payload)?.options.messageType !== "ack";
    };
    await scene.clock.advance(100);
    expect(scene.client.state).toBe("requesting");
    startDhcpServer(
      { ...SETTINGS, address: "10.0.0.2", ranges: [{ first: "10.0.0.100", last: "10.0.0.110" }] },
      {
        transport: scene.wire.join("52:54:00:00:00:02"),
        clock: scene.clock,
        leases: await openLeaseTable(leasesInMemory(), scene.clock),
      },
    );
    scene.server.stop();
    await scene.clock.advance(100_000);
    expect(scene.client.lease).toMatchObject({ address: "10.0.0.100", serverIdentifier: "10.0.0.2" });
  });

  test("takes one server's offer, and tells of the other", async () => {
    const scene = await serverScene();
    startDhcpServer(
      { ...SETTINGS, address: "10.0.0.2", ranges: [{ first: "10.0.0.100", last: "10.0.0.110" }] },
      {
        transport: scene.wire.join("52:54:00:00:00:02"),
        clock: scene.clock,
        leases: await openLeaseTable(leasesInMemory(), scene.clock),
      },
    );
    const told: DhcpClientEvent[] = [];
    const transport = scene.wire.join(MAC);
    const client = startDhcpClient(
      { rapidCommit: false },
      { transport, clock: scene.clock, report: (event) => told.push(event) },
    );
    await scene.clock.advance(1000);
    expect(client.lease?.serverIdentifier).toBe(ROUTER);
    expect(told[0]).toEqual({ event: "otherServer", address: "10.0.0.2" });
  });
});
