import { expect, test } from "vitest";
import { cniScene } from "./scene.js";

test("a container gets its interface, address, gateway and default route; the bridge the gateway's address; the answer says so", async () => {
  await using scene = await cniScene();
  const { here, layer3, ask } = scene;
  const container = await scene.container();
  const result = await ask("ADD", layer3(), { container });
  const { host } = here;
  const bridge = await host.link("cni0");
  const [port] = await host.links({ master: "cni0" });
  const inside = await container.host.link("eth0");
  expect(result).toEqual({
    cniVersion: "1.1.0",
    interfaces: [
      { name: "cni0", mac: bridge.address, mtu: 1500 },
      { name: port!.name, mac: port!.address, mtu: 1500 },
      { name: "eth0", mac: inside.address, mtu: 1500, sandbox: container.netns },
    ],
    ips: [{ interface: 2, address: "10.22.0.2/24", gateway: "10.22.0.1" }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.22.0.1" }],
    dns: {},
  });
  expect((await host.addresses({ link: "cni0", family: "inet" })).map(({ address }) => address)).toEqual([
    "10.22.0.1/24",
  ]);
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("1");
  const routes = await container.host.routes.list({ family: "inet" });
  expect(routes.map(({ destination, gateway }) => [destination, gateway])).toEqual([
    ["default", "10.22.0.1"],
    ["10.22.0.0/24", undefined],
  ]);
});
