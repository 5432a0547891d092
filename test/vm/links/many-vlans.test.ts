import { expect, test } from "vitest";
import { Host, type VlanOptions } from "../../../src/index.js";

/** A bridge for each VLAN of a trunk; `npm run bench` does the same with a thousand, against the clock. */
const COUNT = 100;

test(`${COUNT} VLANs of one trunk, each in its own bridge, are made at once, read back, and removed together`, async () => {
  await using host = await Host.open({ namespace: "new" });
  const trunk = await host.addVeth("eno5", { peer: { name: "switch", up: true }, up: true });
  const ids = Array.from({ length: COUNT }, (_, i) => i + 1);

  const bridges = await Promise.all(ids.map((id) => host.addBridge(`brvlan-${id}`, { up: true })));
  const vlans = await Promise.all(ids.map((id) => host.addVlan(`eno5.${id}`, { link: trunk, id })));
  await Promise.all(vlans.map((vlan, i) => host.attach(vlan, bridges[i]!)));

  const found = (await host.links()).filter(({ kind }) => kind === "vlan");
  const names = new Map(bridges.map(({ index, name }) => [index, name]));
  expect(found.map(({ name, link, up }) => ({ name, link, up }))).toEqual(
    ids.map((id) => ({ name: `eno5.${id}`, link: trunk.index, up: true })),
  );
  expect(found.map(({ linkInfo }) => (linkInfo?.data as VlanOptions).id)).toEqual(ids);
  expect(found.map(({ master }) => names.get(master!))).toEqual(ids.map((id) => `brvlan-${id}`));

  expect(await host.removeAll([...vlans, ...bridges])).toEqual({ method: "group" });
  const left = (await host.links()).filter(({ kind }) => kind === "vlan" || kind === "bridge");
  expect(left).toEqual([]);
  expect(await host.link("eno5")).toMatchObject({ index: trunk.index });
});
