import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

test("a bond's MAC that follows its port is not said to be changed", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("d0", "dummy");
  await host.addBond("b0", { mode: "active-backup", failOverMac: "active", ports: ["d0"], up: true });
  const { address } = await host.link("b0");
  const wanted = { address: "02:00:00:00:00:77" };
  await expect(host.setBond("b0", wanted)).rejects.toThrow(/refused address of RTM_NEWLINK.*see failOverMac/);
  await expect(host.setLink("b0", wanted)).rejects.toThrow(/refused address of RTM_NEWLINK.*see failOverMac/);
  expect((await host.link("b0")).address).toBe(address);
});

test("a far end that a VXLAN does not have is not said to be removed, and one is found by what is given", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addLink("vx0", "vxlan", { id: 5, port: 4789, up: true });
  const all = "00:00:00:00:00:00";
  const ends = async (): Promise<unknown[]> =>
    (await host.fdb.list({ link: "vx0" })).map(({ dst, port, vni }) => [dst, port, vni]);
  await host.fdb.append("vx0", all, { dst: "192.0.2.4", port: 5000 });
  await host.fdb.append("vx0", all, { dst: "192.0.2.4", vni: 9 });
  await host.fdb.append("vx0", all, { dst: "192.0.2.5" });
  const before = await ends();
  for (const key of [{ dst: "192.0.2.9" }, { dst: "192.0.2.4", port: 7 }, { dst: "192.0.2.4", vni: 7 }, { port: 7 }])
    await expect(host.fdb.remove("vx0", all, key)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await ends()).toEqual(before);
  await host.fdb.remove("vx0", all, { dst: "192.0.2.4" });
  expect(await ends()).toEqual([["192.0.2.5", undefined, undefined]]);
  await host.fdb.remove("vx0", all, { dst: "192.0.2.5", port: 4789, vni: 5 });
  expect(await ends()).toEqual([]);
});
