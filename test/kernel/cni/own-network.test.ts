import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import { networkPorts, networks } from "../../../src/networks/index.js";
import { cniScene } from "./scene.js";

const configuration = { cniVersion: "1.1.0", name: "lan", type: "linkwright-bridge", network: "one" };

test("a container on a network has an address that the network keeps for it, its gateway, and is among its ports; until DEL", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  const folders = scene.ground.networks;
  const own = networks(host, folders);
  await own.define({ name: "one", mode: "nat", subnet: "192.168.77.0/24", subnet6: "fd00:77::/64", antiSpoof: true });
  const container = await scene.container();
  expect(await scene.fails("STATUS", configuration)).toMatchObject({ code: 50 });
  expect(await scene.fails("ADD", configuration, { container })).toMatchObject({
    code: 50,
    msg: "the network one is not up: linkwright network start one",
  });
  await own.start("one");
  try {
    await scene.ask("STATUS", configuration);
    const result = await scene.ask("ADD", configuration, { container });
    const inside = await container.host.link("eth0");
    expect(result.ips).toMatchObject([
      { address: "192.168.77.254/24", gateway: "192.168.77.1", interface: 2 },
      { gateway: "fd00:77::1", interface: 2 },
    ]);
    const routes = await container.host.routes.list({ family: "inet" });
    expect(routes.find(({ destination }) => destination === "default")?.gateway).toBe("192.168.77.1");
    const port = linkOf("lan", { container: container.id, ifname: "eth0" });
    expect(await networkPorts(host, "one", folders)).toMatchObject([
      {
        link: port,
        antiSpoof: true,
        macs: [inside.address],
        addresses: expect.arrayContaining(["192.168.77.254"]) as string[],
      },
    ]);
    await scene.ask("CHECK", { ...configuration, prevResult: result }, { container });
    const other = await scene.container();
    const second = await scene.ask("ADD", configuration, { container: other });
    expect(second.ips![0]!.address).toBe("192.168.77.253/24");
    for (const each of [container, other]) await scene.ask("DEL", configuration, { container: each });
    expect(await networkPorts(host, "one", folders)).toEqual([]);
    const again = await scene.ask("ADD", configuration, { container });
    expect(again.ips![0]!.address).toBe("192.168.77.254/24");
    await scene.ask("DEL", configuration, { container });
    const environment = { CNI_ARGS: "IP=192.168.77.99" };
    const asked = { ...configuration, runtimeConfig: { ips: ["192.168.77.99/24"] } };
    const wished = await scene.ask("ADD", asked, { container, environment });
    expect(wished.ips![0]!.address).toBe("192.168.77.99/24");
    expect(await scene.fails("ADD", asked, { container: other })).toMatchObject({
      code: 7,
      msg: expect.stringContaining("192.168.77.99") as string,
    });
    await scene.ask("DEL", asked, { container });
  } finally {
    await own.stop("one", { force: true });
  }
});

test("a network that is stopped does not cut containers off: forwarding that it began goes on once one relies on it", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  const own = networks(host, scene.ground.networks);
  await own.define({ name: "one", mode: "nat", subnet: "192.168.77.0/24" });
  for (const [relies, after] of [
    [false, "0"],
    [true, "1"],
  ] as const) {
    await host.setSysctl("net.ipv4.ip_forward", 0);
    await own.start("one");
    if (relies) await scene.ask("ADD", scene.layer3(), { container: await scene.container() });
    await own.stop("one");
    expect(await host.sysctl("net.ipv4.ip_forward")).toBe(after);
  }
});

test("beside a network, what it says itself is refused: addresses, a bridge, masquerade, forwards; and more than one address that is asked for", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  for (const [key, more] of [
    ["ipam", { ipam: { type: "host-local", subnet: "10.0.0.0/8" } }],
    ["bridge", { bridge: "br9" }],
    ["ipMasq", { ipMasq: true }],
    ["portMappings", { runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 80 }] } }],
    ["ips", { runtimeConfig: { ips: ["192.168.77.9", "192.168.77.10"] } }],
    ["ips", { args: { cni: { ips: ["fd00:77::9"] } } }],
  ] as const) {
    const failed = await scene.fails("ADD", { ...configuration, ...more }, { container });
    expect(failed).toMatchObject({ code: 7, msg: expect.stringMatching(new RegExp(`${key}: .*network`)) as string });
  }
});
