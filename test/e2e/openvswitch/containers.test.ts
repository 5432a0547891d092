import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import { groundOf, type Outcome, perform } from "../../../src/cni/index.js";
import { Host } from "../../../src/index.js";
import { bridgeNamed, it, NETDEV, portNamed, scene } from "./scene.js";

const set = scene("containers attached to Open vSwitch");

it("linkwright-ovs attaches a container in its VLAN, checks it, and takes the port out again; STATUS wants the bridge", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-cni-"));
  await using container = await Host.open({ namespace: "new" });
  try {
    const { fd } = await container.namespaceDescriptor();
    const netns = `/proc/${process.pid}/fd/${fd}`;
    const ground = await groundOf(set.host, join(folder, "run"));
    const configuration = {
      cniVersion: "1.1.0",
      name: "switched",
      bridge: "br0",
      vlan: 10,
      socket_file: join(set.real.folder, "db.sock"),
      ipam: { type: "static", addresses: [{ address: "10.22.0.9/24" }] },
    };
    const call = async (command: string, more: object = {}): Promise<Outcome> => {
      const answers: Outcome[] = [];
      const environment = {
        CNI_COMMAND: command,
        CNI_CONTAINERID: "one",
        CNI_NETNS: netns,
        CNI_IFNAME: "eth0",
        CNI_PATH: "/",
      };
      const input = JSON.stringify({ ...configuration, ...more });
      await perform(ground, { program: "linkwright-ovs", environment, input, namespace: netns }, (answer) => {
        answers.push(answer);
        return Promise.resolve();
      });
      return answers[0]!;
    };
    const none = await call("STATUS");
    expect(none.code).toBe(1);
    expect(JSON.parse(none.text)).toMatchObject({ code: 50 });
    await set.ovs.addBridge("br0", NETDEV);
    expect(await call("STATUS")).toMatchObject({ code: 0 });
    const added = await call("ADD");
    expect(added.code, added.text).toBe(0);
    const port = linkOf("switched", { container: "one", ifname: "eth0" });
    const inside = await container.link("eth0");
    expect(await portNamed(set, "br0", port)).toMatchObject({
      tag: 10,
      interfaces: [{ externalIds: { contID: "one", contIface: "eth0", owner: "linkwright-ovs" } }],
    });
    expect(inside.up).toBe(true);
    const prevResult = JSON.parse(added.text) as object;
    expect(prevResult).toMatchObject({
      interfaces: [{ name: port }, { name: "eth0", mac: inside.address, sandbox: netns }],
      ips: [{ address: "10.22.0.9/24", interface: 1 }],
    });
    expect(await call("CHECK", { prevResult })).toMatchObject({ code: 0 });
    await set.ovs.setPort(port, { tag: 11 });
    expect(JSON.parse((await call("CHECK", { prevResult })).text)).toMatchObject({ code: 101 });
    for (const round of [1, 2]) expect(await call("DEL"), `DEL ${round}`).toMatchObject({ code: 0 });
    expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0"]);
    expect((await set.host.links()).map(({ name }) => name)).not.toContain(port);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
