import { describe, expect, test } from "vitest";
import { leasesInMemory, type LeaseFile } from "../../../src/dhcp/leases/lease-file.js";
import { openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import type { DhcpServerSettings } from "../../../src/dhcp/server/settings.js";
import { startDhcpServer } from "../../../src/dhcp/server/server.js";
import { lease, serverScene, SETTINGS, settled, simulatedClock } from "./scene.js";

describe("a server", () => {
  test("notices another one: by what it is asked, by its answers, and by a client's choice", async () => {
    const scene = await serverScene();
    const other = "10.0.0.2";
    startDhcpServer(
      { ...SETTINGS, address: other, probeAhead: 0 },
      {
        transport: scene.wire.join("52:54:00:00:00:02"),
        clock: scene.clock,
        leases: await openLeaseTable(leasesInMemory(), scene.clock),
      },
    );
    scene.server.lookForOtherServers();
    await scene.clock.advance(100);
    expect(scene.events).toEqual([{ event: "otherServer", address: other, mac: "52:54:00:00:00:02" }]);
    await scene.clock.advance(100_000);
    scene.guest(1).say({ messageType: "request", requestedAddress: "10.0.0.10", serverIdentifier: other });
    await scene.clock.advance(100);
    expect(scene.events[1]).toEqual({ event: "otherServer", address: other, mac: undefined });
  });

  test("asks for another one again, for a frame may be lost, until it is stopped", async () => {
    const scene = await serverScene();
    const asked = (): number => scene.wire.frames.length;
    const before = asked();
    scene.server.lookForOtherServers();
    expect(asked() - before).toBe(1);
    await scene.clock.advance(60_000);
    expect(asked() - before).toBe(3);
    scene.server.lookForOtherServers();
    scene.server.stop();
    await scene.clock.advance(60_000);
    expect(asked() - before).toBe(4);
  });

  test("acknowledges nothing that is not on disk, and says so when it cannot write", async () => {
    const clock = simulatedClock();
    let written: (() => void) | undefined;
    const storage: LeaseFile = {
      ...leasesInMemory(),
      append: () =>
        new Promise((resolve, reject) => {
          written = resolve;
          fail = () => reject(new Error("no space"));
        }),
    };
    let fail: (() => void) | undefined;
    const scene = await serverScene({}, { clock, leases: await openLeaseTable(storage, clock) });
    const guest = scene.guest(1);
    expect(await lease(scene, guest)).toBeUndefined();
    fail?.();
    await settled();
    expect(scene.events).toMatchObject([{ event: "storageFailure" }]);
    expect(await lease(scene, guest)).toBeUndefined();
    written?.();
    await clock.advance(10);
    expect(guest.last()?.packet.options.messageType).toBe("ack");
  });

  test("that was stopped sends nothing and leaves no timer", async () => {
    const scene = await serverScene();
    scene.server.stop();
    expect(await lease(scene, scene.guest(1))).toBeUndefined();
    expect(scene.clock.waiting).toBe(0);
  });

  test("leaves relays' clients alone", async () => {
    const scene = await serverScene();
    const guest = scene.guest(1);
    guest.say({ messageType: "discover" }, { giaddr: "10.9.0.1" });
    await scene.clock.advance(10);
    expect(guest.last()).toBeUndefined();
  });

  test.each([
    [{ subnet: "10.0.0.0" }, "subnet"],
    [{ address: "10.0.1.1" }, "address"],
    [{ ranges: [{ first: "10.0.0.9", last: "10.0.0.3" }] }, "ranges.0"],
    [{ ranges: [{ first: "10.0.0.9", last: "10.0.1.3" }] }, "ranges.0.last"],
    [{ reservations: [{ address: "10.0.0.9" }] }, "reservations.0"],
    [{ reservations: [{ address: "10.0.0.9", mac: "nonsense" }] }, "reservations.0.mac"],
    [{ options: { routers: ["here"] } }, "options.routers"],
    [{ leaseTime: 5 }, "leaseTime"],
    [{ leaseTimes: 5 } as Partial<DhcpServerSettings>, "leaseTimes"],
  ])("refuses %o, with the name of what is wrong", async (settings, path) => {
    await expect(serverScene(settings)).rejects.toMatchObject({ path });
  });
});
