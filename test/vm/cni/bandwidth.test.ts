import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import { cniScene } from "../../kernel/cni/scene.js";

const LAYER2 = { cniVersion: "1.1.0", name: "wires", type: "linkwright-bridge" };

test("rate: what the container receives and sends, by the runtime before the configuration; CHECK knows it", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  const rate = { ingressRate: 80_000_000, ingressBurst: 8_000_000, egressRate: 40_000_000 };
  const container = await scene.container();
  const prevResult = await scene.ask("ADD", { ...LAYER2, rate }, { container });
  expect(await host.rateLimit(linkOf("wires", { container: container.id, ifname: "eth0" }))).toMatchObject({
    egress: { rate: 80_000_000, burst: 1_000_000 },
    ingress: { rate: 40_000_000 },
  });
  await scene.ask("CHECK", { ...LAYER2, rate, prevResult }, { container });
  const other = await scene.container();
  const runtimeConfig = { bandwidth: { egressRate: 8_000_000 } };
  const told = await scene.ask("ADD", { ...LAYER2, rate, runtimeConfig }, { container: other });
  const port = linkOf("wires", { container: other.id, ifname: "eth0" });
  const limit = await host.rateLimit(port);
  expect(limit.egress).toBeUndefined();
  expect(limit.ingress?.rate).toBe(8_000_000);
  expect(await scene.fails("CHECK", { ...LAYER2, rate, prevResult: told }, { container: other })).toMatchObject({
    code: 101,
    msg: `${port} lets any number of bits per second through, not 80000000`,
  });
});
