import { expect } from "vitest";
import { Host } from "../../../src/index.js";
import { codes } from "./machine.js";

/** A card: a pair, whose other end is somebody else's. */
export async function addCard(host: Host, name: string, ...addresses: readonly string[]): Promise<Host> {
  const beyond = await Host.open({ namespace: "new" });
  await host.addVeth(name, { up: true, peer: { name: "eth0", namespace: beyond } });
  await beyond.setLink("eth0", { up: true });
  for (const address of addresses)
    await host.addAddress(name, address, address.includes(":") ? { flags: ["nodad"] } : {});
  return beyond;
}

/** A bridge with two containers: pairs whose other ends are in namespaces of their own. */
export async function addContainers(host: Host, bridge: string, address: string, mtu = 1500): Promise<Host[]> {
  await host.addBridge(bridge, { up: true, mtu });
  await host.addAddress(bridge, address, address.includes(":") ? { flags: ["nodad"] } : {});
  const containers = [];
  for (const port of [`${bridge}-a`, `${bridge}-b`]) {
    const container = await Host.open({ namespace: "new" });
    containers.push(container);
    await host.addVeth(port, { up: true, mtu, peer: { name: "eth0", namespace: container, mtu } });
    await container.setLink("eth0", { up: true });
    await host.attach(port, bridge, { mode: true });
    await host.waitFor(port, "forwarding");
  }
  return containers;
}

/** Sees that nothing is found. */
export async function checkSilent(host: Host, files?: Readonly<Record<string, string>>): Promise<void> {
  expect(await codes(host, files)).toEqual([]);
}
