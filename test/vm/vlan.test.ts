import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type VlanOptions } from "../../src/index.js";

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
