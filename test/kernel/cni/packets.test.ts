import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import { guardPort } from "../../../src/networks/index.js";
import { answering, ask, isDenied } from "../networks/scene.js";
import { place, type Place } from "../scene/guests.js";
import { cniScene, type CniScene } from "./scene.js";

/** A container in which programs run. */
async function running(
  scene: CniScene,
  options: object,
  id: string,
): Promise<Place & { readonly address: string; readonly port: string }> {
  const inside = await place();
  const { fd } = await inside.host.namespaceDescriptor();
  const container = { id, host: inside.host, netns: `/proc/${process.pid}/fd/${fd}` };
  const { ips } = await scene.ask("ADD", scene.layer3(options), { container });
  const port = linkOf("pods", { container: id, ifname: "eth0" });
  return {
    ...inside,
    address: ips![0]!.address.split("/")[0]!,
    port,
    [Symbol.asyncDispose]: () => inside[Symbol.asyncDispose](),
  };
}

/** A neighbour of the machine that knows no way to containers. */
async function neighbour({ here }: CniScene): Promise<Place> {
  const outside = await place();
  await here.host.addVeth("up0", { peer: { name: "eth0", namespace: outside.host } });
  await here.host.addAddress("up0", "203.0.113.1/24");
  await here.host.setLink("up0", { up: true });
  await outside.host.addAddress("eth0", "203.0.113.2/24");
  await outside.host.setLink("eth0", { up: true });
  await here.host.waitFor("up0", "carrier");
  return outside;
}

test("ipMasq: outside sees this machine's address, other containers and this machine the container's own", async () => {
  await using scene = await cniScene();
  await using outside = await neighbour(scene);
  await using one = await running(scene, {}, "one");
  await using two = await running(scene, {}, "two");
  await answering(outside, 80);
  await answering(two, 80);
  await answering(scene.here, 90);
  for (const protocol of ["tcp", "udp"] as const) {
    expect(await ask(one, protocol, "203.0.113.2", 80)).toBe("203.0.113.1 at 80");
    expect(await ask(one, protocol, two.address, 80)).toBe(`${one.address} at 80`);
    expect(await ask(one, protocol, "10.22.0.1", 90)).toBe(`${one.address} at 90`);
  }
  await scene.ask("DEL", scene.layer3(), { id: "two" });
  expect(await ask(one, "tcp", "203.0.113.2", 80)).toBe("203.0.113.1 at 80");
});

test("portMappings: from outside, from this machine, from containers, and from the container itself; until it goes", async () => {
  await using scene = await cniScene();
  await using outside = await neighbour(scene);
  const portMappings = [
    { hostPort: 8080, containerPort: 80, protocol: "tcp" },
    { hostPort: 5300, containerPort: 53, protocol: "udp", hostIP: "203.0.113.1" },
    { hostPort: 9090, containerPort: 80, protocol: "tcp", hostIP: "203.0.113.9" },
  ];
  const options = { hairpinMode: true, runtimeConfig: { portMappings } };
  await using server = await running(scene, options, "server");
  await using client = await running(scene, {}, "client");
  await answering(server, 80, 53);
  expect(await ask(outside, "tcp", "203.0.113.1", 8080)).toBe("203.0.113.2 at 80");
  expect(await ask(outside, "udp", "203.0.113.1", 5300)).toBe("203.0.113.2 at 53");
  expect(await ask(scene.here, "tcp", "203.0.113.1", 8080)).toMatch(/ at 80$/);
  expect(await ask(client, "tcp", "203.0.113.1", 8080)).toBe("10.22.0.1 at 80");
  expect(await ask(server, "tcp", "203.0.113.1", 8080)).toBe("10.22.0.1 at 80");
  // For another address of this machine, and by another protocol, it does not hold.
  expect(await isDenied(outside, "tcp", "203.0.113.1", 9090)).toBe(true);
  expect(await isDenied(outside, "udp", "203.0.113.1", 8080)).toBe(true);
  await scene.ask("DEL", scene.layer3(options), { id: "server" });
  expect(await isDenied(outside, "tcp", "203.0.113.1", 8080)).toBe(true);
});

test("a port that both networks of a container are told of leads to it by the first", async () => {
  await using scene = await cniScene();
  await using outside = await neighbour(scene);
  const runtimeConfig = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };
  await using server = await running(scene, { runtimeConfig }, "server");
  const { fd } = await server.host.namespaceDescriptor();
  const container = { id: "server", host: server.host, netns: `/proc/${process.pid}/fd/${fd}` };
  const second = scene.layer3(
    { name: "second", bridge: "cni1", isDefaultGateway: false, isGateway: true, runtimeConfig },
    { subnet: "10.33.0.0/24" },
  );
  await scene.ask("ADD", second, { container, ifname: "eth1" });
  await answering(server, 80);
  expect(await ask(outside, "tcp", "203.0.113.1", 8080)).toBe("203.0.113.2 at 80");
  await scene.ask("DEL", second, { container, ifname: "eth1" });
  expect(await ask(outside, "tcp", "203.0.113.1", 8080)).toBe("203.0.113.2 at 80");
});

test("macspoofchk: what comes from another MAC than the container's own is dropped", async () => {
  await using scene = await cniScene();
  await using honest = await running(scene, {}, "honest");
  await using held = await running(scene, { macspoofchk: true }, "held");
  await answering(honest, 80);
  expect(await ask(held, "tcp", honest.address, 80)).toBe(`${held.address} at 80`);
  const { address: own } = await held.host.link("eth0");
  await held.host.setLink("eth0", { address: "02:00:00:00:00:99" });
  expect(await isDenied(held, "tcp", honest.address, 80)).toBe(true);
  await held.host.setLink("eth0", { address: own! });
  expect(await ask(held, "tcp", honest.address, 80)).toBe(`${held.address} at 80`);
});

test("antiSpoof: what says that it is another is dropped, by its MAC and by its address; with the container the guard goes", async () => {
  await using scene = await cniScene();
  await using honest = await running(scene, {}, "honest");
  await using held = await running(scene, { antiSpoof: true }, "held");
  await answering(honest, 80);
  expect(await ask(held, "tcp", honest.address, 80)).toBe(`${held.address} at 80`);
  const { host } = held;
  await host.addAddress("eth0", "10.22.0.200/24");
  await host.routes.add("10.22.0.1", { link: "eth0", source: "10.22.0.200" });
  await answering(scene.here, 80);
  expect(await isDenied(held, "tcp", "10.22.0.1", 80)).toBe(true);
  await host.routes.remove("10.22.0.1");
  expect(await ask(held, "tcp", "10.22.0.1", 80)).toBe(`${held.address} at 80`);
  const { address: own } = await host.link("eth0");
  await host.setLink("eth0", { address: "02:00:00:00:00:99" });
  expect(await isDenied(held, "tcp", honest.address, 80)).toBe(true);
  await host.setLink("eth0", { address: own! });
  expect(await ask(held, "tcp", honest.address, 80)).toBe(`${held.address} at 80`);
  // A port that is guarded all the same keeps the table, in which nothing of the container may be left.
  await scene.here.host.addVeth("other0", { peer: "other1" });
  await guardPort(scene.here.host, { link: "other0", mac: "02:00:00:00:00:77", addresses: [] });
  const elements = async () => {
    const { sets } = await scene.here.host.netfilter.ruleset({ family: "bridge", table: "linkwright" });
    return Object.fromEntries(sets.map((set): [string, number] => [set.name ?? "", set.elements.length]));
  };
  expect(await elements()).toMatchObject({ ports: 2, macs: 2, addresses4: 1, addresses6: 2 });
  await scene.ask("DEL", scene.layer3({ antiSpoof: true }), { id: "held" });
  expect(await elements()).toMatchObject({ ports: 1, macs: 1, addresses4: 0, addresses6: 1 });
});

test("portIsolation: isolated containers reach this machine, and not each other", async () => {
  await using scene = await cniScene();
  await using one = await running(scene, { portIsolation: true }, "one");
  await using two = await running(scene, { portIsolation: true }, "two");
  await answering(two, 80);
  await answering(scene.here, 80);
  expect(await ask(one, "tcp", "10.22.0.1", 80)).toBe(`${one.address} at 80`);
  expect(await isDenied(one, "tcp", two.address, 80)).toBe(true);
});
