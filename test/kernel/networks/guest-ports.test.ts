import { expect, test } from "vitest";
import { keepLease } from "../../../src/dhcp/index.js";
import {
  guardedPorts,
  networkPorts,
  type GuestTap,
  type NetworkDefinition,
  serveNetwork,
} from "../../../src/networks/index.js";
import { removeTable } from "../../../src/netfilter/index.js";
import { networkScene, type NetworkScene } from "./scene.js";

const NAT: NetworkDefinition = {
  name: "one",
  mode: "nat",
  subnet: "192.168.77.0/24",
  subnet6: "fd00:77::/64",
  dhcp: { reservations: [{ mac: "52:54:00:77:00:01", address: "192.168.77.50" }] },
};
const MAC = "52:54:00:77:00:09";

async function started(scene: NetworkScene, more: Partial<NetworkDefinition> = {}): Promise<void> {
  await scene.guests.define({ ...NAT, ...more });
  await scene.guests.start("one");
}

/** The guest of a TAP is gone, however it ended: nobody has it open. */
async function gone({ tap }: GuestTap): Promise<void> {
  await tap.close();
}

test("a TAP's guest has an address that nobody else gets: the reserved one, the wished one, or one that is free", async () => {
  await using scene = await networkScene();
  const { guests } = scene;
  await expect(guests.tapForQemu("one")).rejects.toThrow('no network "one"');
  await guests.define(NAT);
  await expect(guests.tapForQemu("one")).rejects.toThrow("the network one is not up: start it first");
  await guests.start("one");
  const reserved = await guests.tapForQemu("one", { mac: "52:54:00:77:00:01" });
  expect(reserved.address).toBe("192.168.77.50");
  expect(reserved.addresses).toEqual(["192.168.77.50", "fd00:77::5054:ff:fe77:1"]);
  expect(reserved.arguments.join(" ")).toContain("mac=52:54:00:77:00:01");
  const wished = await guests.tapForQemu("one", { mac: MAC, address: "192.168.77.60" });
  const [free, other] = [await guests.tapForQemu("one"), await guests.tapForQemu("one")];
  expect([wished, free, other].map(({ address }) => address)).toEqual([
    "192.168.77.60",
    "192.168.77.254",
    "192.168.77.253",
  ]);
  for (const [address, words] of [
    ["192.168.77.60", `address: 192.168.77.60 is kept for ${MAC}`],
    ["192.168.77.50", "address: 192.168.77.50 is kept for 52:54:00:77:00:01"],
    ["192.168.77.1", "address: 192.168.77.1 is kept for this machine"],
    ["192.168.78.1", "address: 192.168.78.1 is no guest's in 192.168.77.0/24"],
  ] as const)
    await expect(guests.tapForQemu("one", { address })).rejects.toThrow(words);
  expect((await guests.info("one")).ports).toHaveLength(4);
  await gone(free);
  await other.close();
  await other.leave();
  expect((await guests.tapForQemu("one")).address).toBe("192.168.77.254");
});

test("DHCP gives a guest the address that was said before it started, by a server that runs already, and others another", async () => {
  await using scene = await networkScene();
  const { guests, here, folders } = scene;
  await started(scene, { subnet6: undefined });
  await using service = await serveNetwork(here.host, "one", { ...folders });
  await using tap = await guests.tapForQemu("one", { mac: MAC, hostname: "web" });
  expect(tap.address).toBe("192.168.77.254");
  // A guest that is a namespace in place of a QEMU, with the same MAC.
  const guest = await scene.guest("lw-one");
  await guest.host.setLink("eth0", { address: MAC });
  await using kept = await keepLease(guest.host, "eth0", {});
  expect(kept.lease?.address).toBe("192.168.77.254");
  const second = await scene.guest("lw-one");
  await using theirs = await keepLease(second.host, "eth0", {});
  expect(theirs.lease?.address).not.toBe("192.168.77.254");
  expect(service.dhcp!.leases()).toHaveLength(2);
});

test("antiSpoof of a network holds for the ports that are made for its guests, until they are gone, and after a flush", async () => {
  await using scene = await networkScene();
  const { guests, here } = scene;
  const before = await scene.dump();
  await started(scene, { antiSpoof: true });
  const tap = await guests.tapForQemu("one", { mac: MAC, addresses: ["10.9.9.9"] });
  const plain = await guests.tapForQemu("one", { antiSpoof: false });
  const link = tap.tap.name;
  const guarded = {
    link,
    mac: MAC,
    addresses: ["10.9.9.9", "192.168.77.254", "fd00:77::5054:ff:fe77:9", "fe80::5054:ff:fe77:9"],
  };
  expect(await guardedPorts(here.host)).toEqual([guarded]);
  await here.host.netfilter.commit([removeTable({ family: "bridge", table: "linkwright" })]);
  await guests.reload();
  expect(await guardedPorts(here.host)).toEqual([guarded]);
  await plain.close();
  await plain.leave();
  await gone(tap);
  await guests.stop("one");
  expect(await guardedPorts(here.host)).toEqual([]);
  expect(await scene.dump()).toBe(before);
  await guests.define({ name: "alone", mode: "isolated", antiSpoof: true });
  await guests.start("alone");
  await expect(guests.tapForQemu("alone")).rejects.toThrow("addresses: the network alone gives no addresses");
  expect((await guests.info("alone")).ports).toEqual([]);
});

test("ports say which TAP, process, MAC and addresses a guest has", async () => {
  await using scene = await networkScene();
  const { guests, here, folders } = scene;
  await started(scene, { antiSpoof: true });
  await using tap = await guests.tapForQemu("one", { mac: MAC });
  const [port] = await networkPorts(here.host, "one", folders);
  expect(port).toMatchObject({
    network: "one",
    link: tap.tap.name,
    kind: "tun",
    antiSpoof: true,
    macs: [MAC],
    addresses: ["192.168.77.254", "fd00:77::5054:ff:fe77:9"],
  });
  expect(port!.holders).toContainEqual({ pid: process.pid, command: expect.any(String) as string });
});
