import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Ground, groundOf, perform } from "../../../src/cni/index.js";
import type { Result } from "../../../src/cni/result.js";
import { Host } from "../../../src/index.js";
import { place, type Place } from "../scene/guests.js";
import { answering, ask } from "../networks/scene.js";

/** A node of a cluster: a namespace on a common segment, with the subnet of its pods. */
interface Node {
  readonly host: Host;
  readonly ground: Ground;
  readonly number: number;
  readonly folder: string;
}

/** Nodes that reach each other, by a switch that is a namespace, too. */
async function cluster(count: number): Promise<{ readonly nodes: readonly Node[] } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-nodes-"));
  const segment = await Host.open({ namespace: "new" });
  const hosts: Host[] = [segment];
  await segment.addBridge("sw0", { up: true });
  const nodes: Node[] = [];
  for (let number = 1; number <= count; number++) {
    const host = await Host.open({ namespace: "new" });
    hosts.push(host);
    await segment.addVeth(`node${number}`, { peer: { name: "eth0", namespace: host, up: true } });
    await segment.attach(`node${number}`, "sw0");
    await host.addAddress("eth0", `192.0.2.${number}/24`);
    const own = join(folder, String(number));
    const networks = { state: join(own, "state"), run: join(own, "networks-run") };
    nodes.push({ host, number, folder: own, ground: await groundOf(host, join(own, "run"), networks) });
  }
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const host of hosts) await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const macOf = (number: number): string => `02:fa:00:00:00:${number.toString(16).padStart(2, "0")}`;

/** What flanneld makes on a node with its VXLAN backend: the link, and of each other node a route, a neighbour and an FDB entry. */
async function flannel({ host, number }: Node, all: readonly Node[]): Promise<void> {
  await host.addVxlan("flannel.1", {
    ...{ id: 1, link: "eth0", local: `192.0.2.${number}`, port: 8472, learning: false },
    ...{ address: macOf(number), mtu: 1450, up: true },
  });
  await host.addAddress("flannel.1", `10.244.${number}.0/32`);
  for (const other of all) {
    if (other.number === number) continue;
    const gateway = `10.244.${other.number}.0`;
    await host.neighbours.add("flannel.1", gateway, { lladdr: macOf(other.number), state: "permanent" });
    await host.fdb.add("flannel.1", macOf(other.number), { dst: `192.0.2.${other.number}` });
    await host.routes.add(`${gateway}/24`, { gateway, link: "flannel.1", onlink: true });
  }
}

/** The configuration of a delegate as flannel's plugin writes it, by the subnet that flanneld has leased. */
function flannelsDelegate({ number, folder }: Node): object {
  return {
    cniVersion: "0.3.1",
    hairpinMode: true,
    ipMasq: false,
    ipam: {
      ranges: [[{ subnet: `10.244.${number}.0/24` }]],
      routes: [{ dst: "10.244.0.0/16" }],
      type: "host-local",
      dataDir: join(folder, "networks"),
    },
    isDefaultGateway: true,
    isGateway: true,
    mtu: 1450,
    name: "cbr0",
    type: "linkwright-bridge",
  };
}

/** The configuration of a further network as Multus hands it on, of a NetworkAttachmentDefinition: no gateway, a segment of its own. */
function multusDelegate({ number, folder }: Node): object {
  return {
    bridge: "storage",
    cniVersion: "1.0.0",
    ipam: {
      type: "host-local",
      dataDir: join(folder, "networks"),
      ranges: [[{ subnet: "10.50.0.0/16", rangeStart: `10.50.${number}.1`, rangeEnd: `10.50.${number}.99` }]],
    },
    name: "storage",
    type: "linkwright-bridge",
  };
}

async function call(node: Node, command: string, configuration: object, pod: Place, ifname: string): Promise<Result> {
  const { fd } = await pod.host.namespaceDescriptor();
  const netns = `/proc/${process.pid}/fd/${fd}`;
  const environment = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: `pod-${node.number}`,
    CNI_NETNS: netns,
    CNI_IFNAME: ifname,
    CNI_PATH: "/usr/lib/cni",
    // What the kubelet's runtimes say, and no plugin of a network needs.
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod-${node.number};K8S_POD_INFRA_CONTAINER_ID=x`,
  };
  let said = "";
  await perform(
    node.ground,
    { program: "linkwright-bridge", environment, input: JSON.stringify(configuration), namespace: netns },
    ({ code, text }) => {
      if (code !== 0) throw new Error(text);
      said = text;
      return Promise.resolve();
    },
  );
  return said === "" ? {} : (JSON.parse(said) as Result);
}

test.each([2, 20])(
  "pods on %d nodes reach each other by the VXLAN that flannel makes, and nothing is left of them",
  async (count) => {
    await using here = await cluster(count);
    const { nodes } = here;
    await Promise.all(nodes.map((node) => flannel(node, nodes)));
    const pods = await Promise.all(nodes.map(() => place()));
    try {
      const added = await Promise.all(
        nodes.map((node, index) => call(node, "ADD", flannelsDelegate(node), pods[index]!, "eth0")),
      );
      expect(added.map(({ ips }) => ips?.[0]?.address)).toEqual(nodes.map(({ number }) => `10.244.${number}.2/24`));
      const last = pods.at(-1)!;
      await answering(last, 80);
      const asking = pods.slice(0, -1).filter((_, index) => index % 6 === 0);
      for (const pod of asking) {
        const [own] = await pod.host.addresses({ link: "eth0", family: "inet" });
        expect(await ask(pod, "tcp", `10.244.${count}.2`, 80)).toBe(`${own!.address.split("/")[0]} at 80`);
      }
      const links = await Promise.all(nodes.map(async ({ host }) => (await host.links()).length));
      await Promise.all(nodes.map((node, index) => call(node, "DEL", flannelsDelegate(node), pods[index]!, "eth0")));
      const left = await Promise.all(nodes.map(async ({ host }) => (await host.links()).length));
      expect(left).toEqual(links.map((before) => before - 1));
    } finally {
      for (const pod of pods) await pod[Symbol.asyncDispose]();
    }
  },
);

test("a second interface, as Multus asks for it: on a segment of both nodes, with the routes of the first as they were", async () => {
  await using here = await cluster(2);
  const { nodes } = here;
  await Promise.all(nodes.map((node) => flannel(node, nodes)));
  for (const { host } of nodes) await host.addBridge("storage", { up: true });
  // The segment's cable.
  await nodes[0]!.host.addVeth("cable", { peer: { name: "cable", namespace: nodes[1]!.host, up: true } });
  for (const { host } of nodes) await host.attach("cable", "storage");
  await using one = await place();
  await using two = await place();
  const pods = [one, two];
  for (const [index, node] of nodes.entries()) {
    await call(node, "ADD", flannelsDelegate(node), pods[index]!, "eth0");
    const before = (await pods[index]!.host.routes.list({ family: "inet" })).length;
    const { ips } = await call(node, "ADD", multusDelegate(node), pods[index]!, "net1");
    expect(ips?.[0]?.address).toBe(`10.50.${node.number}.1/16`);
    expect((await pods[index]!.host.routes.list({ family: "inet" })).length).toBe(before + 1);
  }
  await answering(two, 80);
  expect(await ask(one, "tcp", "10.50.2.1", 80)).toBe("10.50.1.1 at 80");
  expect(await ask(one, "tcp", "10.244.2.2", 80)).toBe("10.244.1.2 at 80");
  for (const [index, node] of nodes.entries()) {
    await call(node, "DEL", multusDelegate(node), pods[index]!, "net1");
    expect((await pods[index]!.host.links()).map(({ name }) => name)).toEqual(["lo", "eth0"]);
  }
});
