import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type VlanOptions } from "../../../src/index.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addVeth("trunk0", { peer: { name: "far0", up: true }, up: true });
});

afterAll(async () => {
  await host.close();
});

async function optionsOf(link: string): Promise<VlanOptions> {
  return (await host.link(link)).linkInfo!.data as VlanOptions;
}

test("a VLAN on a link given by name has the id, protocol, flags and priorities that it was created with", async () => {
  const vlan = await host.addVlan("trunk0.10", {
    link: "trunk0",
    id: 10,
    protocol: "802.1ad",
    flags: { gvrp: true, reorderHdr: false },
    ingressQos: [
      { from: 1, to: 5 },
      { from: 7, to: 70 },
    ],
    egressQos: [{ from: 5, to: 1 }],
    up: true,
  });
  expect(vlan).toMatchObject({ kind: "vlan", up: true, link: (await host.link("trunk0")).index });
  expect(vlan.linkInfo?.data).toEqual({
    id: 10,
    protocol: "802.1ad",
    flags: { reorderHdr: false, gvrp: true, looseBinding: false, mvrp: false, bridgeBinding: false },
    ingressQos: [
      { from: 1, to: 5 },
      { from: 7, to: 70 },
    ],
    egressQos: [{ from: 5, to: 1 }],
  });
});

test("a VLAN's flags and priorities change one by one, the others stay", async () => {
  await host.setKind("trunk0.10", "vlan", {
    flags: { looseBinding: true },
    ingressQos: [{ from: 7, to: 0 }],
    egressQos: [{ from: 6, to: 2 }],
  });
  expect(await optionsOf("trunk0.10")).toMatchObject({
    flags: { gvrp: true, looseBinding: true },
    ingressQos: [{ from: 1, to: 5 }],
    egressQos: [
      { from: 5, to: 1 },
      { from: 6, to: 2 },
    ],
  });
});

/** Which of some links are up. */
async function areUp(...links: string[]): Promise<boolean[]> {
  return Promise.all(links.map(async (link) => (await host.link(link)).up));
}

test("a VLAN that comes up brings up what it is on, as the kernel wants it: created, set, attached, and one on another", async () => {
  await host.addLink("below0", "dummy", {});
  await host.addVlan("below0.1", { link: "below0", id: 1, up: true });
  expect(await areUp("below0", "below0.1")).toEqual([true, true]);
  await host.setLink("below0", { up: false });
  await host.addVlan("below0.2", { link: "below0", id: 2 });
  await host.addVlan("below0.2.3", { link: "below0.2", id: 3 });
  await host.setLink("below0.2.3", { up: true });
  expect(await areUp("below0", "below0.2", "below0.2.3")).toEqual([true, true, true]);
  await host.setLink("below0", { up: false });
  await host.addBridge("above0", { up: true });
  await Promise.all([host.attach("below0.1", "above0"), host.attach("below0.2", "above0", { isolated: true })]);
  expect(await areUp("below0", "below0.1", "below0.2")).toEqual([true, true, true]);
  await host.setLink("below0", { up: false });
  await using there = await Host.open({ namespace: "new" });
  await host.addVlan("moved0", { link: "below0", id: 4, up: true, namespace: there });
  expect([(await there.link("moved0")).up, ...(await areUp("below0"))]).toEqual([true, true]);
});

test("what a VLAN is on stays down when the VLAN is refused for something else", async () => {
  await host.addLink("below1", "dummy", {});
  await expect(host.addVlan("below1.1", { link: "below1", id: 1, up: true, mtu: 9000 })).rejects.toThrow(/MTU of 1500/);
  await host.addVlan("below1.2", { link: "below1", id: 2 });
  await expect(host.setLink("below1.2", { up: true, mtu: 9000 })).rejects.toThrow(/MTU of 1500/);
  expect(await areUp("below1", "below1.2")).toEqual([false, false]);
});
