import { describe, expect, test } from "vitest";
import type { ClientLease } from "../../../src/dhcp/client/client-lease.js";
import { arpAnnouncement, decodeArp } from "../../../src/dhcp/wire/arp.js";
import { bound, clientScene, MAC, sent, types } from "./client-scene.js";
import { guestMac, ROUTER, SERVER_MAC } from "./scene.js";

const HOUR = 3_600_000;

describe("a client with a lease", () => {
  test("asks its server for more time at T1", async () => {
    const scene = await bound();
    const from = scene.wire.frames.length;
    await scene.clock.advance(HOUR / 2);
    expect(sent(scene, from)).toMatchObject([
      { ciaddr: "10.0.0.10", destination: ROUTER, options: { messageType: "request" } },
    ]);
    expect(sent(scene, from)[0]?.options.requestedAddress).toBeUndefined();
    expect(scene.told.at(-1)).toMatchObject({ event: "lease", renewed: true });
    expect(scene.client.state).toBe("bound");
    await scene.clock.advance(10 * HOUR);
    expect(scene.client.lease?.address).toBe("10.0.0.10");
    expect(scene.told.every(({ event }) => event === "lease")).toBe(true);
  });

  test("asks every server at T2 where its own is away, keeps the address until the lease ends, and loses it then", async () => {
    const scene = await bound();
    scene.wire.passes = (_frame, from) => from !== SERVER_MAC;
    const from = scene.wire.frames.length;
    await scene.clock.advance(0.87 * HOUR);
    expect(scene.client.state).toBe("renewing");
    expect(sent(scene, from).every(({ destination }) => destination === ROUTER)).toBe(true);
    await scene.clock.advance(0.01 * HOUR);
    expect(scene.client.state).toBe("rebinding");
    expect(sent(scene, from).at(-1)?.destination).toBe("255.255.255.255");
    expect(scene.told.some(({ event }) => event === "lost")).toBe(false);
    await scene.clock.advance(0.12 * HOUR);
    expect(scene.told.find(({ event }) => event === "lost")).toMatchObject({ reason: "expired" });
    expect(scene.client).toMatchObject({ state: "selecting", lease: undefined });
    scene.wire.passes = () => true;
    await scene.clock.advance(HOUR);
    expect(scene.client.lease?.address).toBe("10.0.0.10");
  });

  test("is answered at T2 by the server that came back", async () => {
    const scene = await bound();
    scene.wire.passes = (_frame, from) => from !== SERVER_MAC;
    await scene.clock.advance(0.9 * HOUR);
    scene.wire.passes = () => true;
    await scene.clock.advance(0.09 * HOUR);
    expect(scene.client.state).toBe("bound");
    expect(scene.told.some(({ event }) => event === "lost")).toBe(false);
  });

  test("that is refused loses the address and gets another", async () => {
    const scene = await bound();
    scene.server.reserve({ address: "10.0.0.10", mac: guestMac(9) });
    await scene.clock.advance(HOUR / 2 + 100);
    expect(scene.told.slice(1)).toMatchObject([
      { event: "lost", reason: "nak" },
      { event: "lease", renewed: false, lease: { address: "10.0.0.11" } },
    ]);
  });

  test("that another client held is confirmed, not changed (INIT-REBOOT), with identifier and name kept", async () => {
    const scene = await bound({ clientId: "ff:01:02", hostname: "blue" });
    scene.client.stop();
    await scene.clock.advance(60_000);
    const held = JSON.parse(JSON.stringify(scene.client.lease)) as ClientLease;
    const from = scene.wire.frames.length;
    const { client, told } = scene.again({ lease: held });
    await scene.clock.advance(1000);
    expect(sent(scene, from)).toMatchObject([
      {
        options: {
          messageType: "request",
          requestedAddress: "10.0.0.10",
          clientIdentifier: "ff:01:02",
          hostName: "blue",
        },
      },
    ]);
    expect(sent(scene, from)[0]?.ciaddr).toBeUndefined();
    expect(client.state).toBe("bound");
    expect(told).toMatchObject([{ event: "lease", renewed: true, lease: { address: "10.0.0.10" } }]);
  });

  test("goes on with it where no server is there to confirm it", async () => {
    const scene = await bound();
    scene.client.stop();
    scene.wire.passes = (_frame, from) => from !== SERVER_MAC;
    const { client, told } = scene.again({ lease: scene.client.lease });
    await scene.clock.advance(20_000);
    expect(client).toMatchObject({ state: "bound", lease: { address: "10.0.0.10" } });
    scene.wire.passes = () => true;
    await scene.clock.advance(HOUR / 2);
    expect(told.at(-1)).toMatchObject({ event: "lease", renewed: true });
  });

  test("that has ended asks for the same address as for a new one", async () => {
    const scene = await bound();
    scene.client.stop();
    await scene.clock.advance(2 * HOUR);
    const from = scene.wire.frames.length;
    scene.again({ lease: scene.client.lease });
    await scene.clock.advance(100);
    expect(sent(scene, from)[0]?.options).toMatchObject({ messageType: "discover", requestedAddress: "10.0.0.10" });
  });

  test("does not last longer because the wall's clock was set back", async () => {
    const scene = await bound();
    scene.client.stop();
    scene.clock.wallOffset -= 24 * HOUR;
    scene.wire.passes = (_frame, from) => from !== SERVER_MAC;
    const { client, told } = scene.again({ lease: scene.client.lease });
    await scene.clock.advance(HOUR);
    expect(client.lease).toBeUndefined();
    expect(told.some((event) => event.event === "lost" && event.reason === "expired")).toBe(true);
  });

  test("gives it back", async () => {
    const scene = await bound();
    scene.client.release();
    await scene.clock.advance(10);
    expect(scene.told.at(-1)).toMatchObject({ event: "lost", reason: "released" });
    expect(scene.events.at(-1)).toMatchObject({ event: "release" });
    expect(scene.client.state).toBe("stopped");
    await scene.clock.advance(10 * HOUR);
    expect(types(scene).at(-1)).toBe("release");
  });

  test("defends it once in ten seconds against somebody else who uses it, and tells", async () => {
    const scene = await bound();
    const from = scene.wire.frames.length;
    const squatter = scene.wire.join("52:54:00:00:00:99");
    for (let time = 0; time < 5; time++) {
      squatter.send(arpAnnouncement(squatter.mac, "10.0.0.10"));
      await scene.clock.advance(1000);
    }
    const defences = scene.wire.frames.slice(from).filter((frame) => decodeArp(frame)?.senderMac === MAC);
    expect(defences.length).toBe(1);
    expect(scene.told.filter(({ event }) => event === "conflict").length).toBe(5);
  });

  test("that never ends is never renewed", async () => {
    const scene = await bound({}, { leaseTime: Infinity });
    const from = scene.wire.frames.length;
    await scene.clock.advance(1000 * HOUR);
    expect(sent(scene, from)).toEqual([]);
    expect(scene.client.lease?.leaseTime).toBeNull();
  });

  test("takes no answer to somebody else, to another question, or of another server", async () => {
    const scene = await clientScene({ rapidCommit: false, conflictDetection: 0 });
    scene.wire.passes = (_frame, from) => from !== SERVER_MAC;
    await scene.clock.advance(100);
    expect(scene.client.state).toBe("selecting");
    const [discover] = sent(scene);
    expect(discover?.options.messageType).toBe("discover");
    const frames = scene.wire.frames.length;
    scene.wire.passes = () => true;
    scene.guest(2).say({ messageType: "discover" }, { xid: discover!.xid });
    await scene.clock.advance(100);
    expect(scene.client.state).toBe("selecting");
    expect(sent(scene, frames)).toEqual([]);
  });
});
