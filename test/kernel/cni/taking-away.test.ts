import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkOf } from "../../../src/cni/attachment.js";
import { keptRules } from "../../../src/cni/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { cniScene, type CniScene, type Container, reserved, type Wish } from "./scene.js";

const TABLE = { family: "inet", table: "linkwright-cni" } as const;

/** All that is left of attachments: ports, addresses, elements of rules, files. */
async function left(scene: CniScene): Promise<object> {
  const { host } = scene.here;
  const folder = join(scene.ground.folder, "pods");
  const { sets } = await host.netfilter.ruleset();
  return {
    ports: (await host.links({ kind: "veth" })).length,
    addresses: Object.keys(reserved(scene)),
    elements: sets.flatMap(({ elements = [] }) => elements).length,
    files: existsSync(folder) ? readdirSync(folder).length : 0,
  };
}

const ALL = {
  macspoofchk: true,
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};

const circumstances: Record<string, (scene: CniScene, container: Container) => Wish | Promise<Wish>> = {
  "as it is to be": (_, container) => ({ container }),
  "with CNI_NETNS empty": (_, container) => ({ container, netns: "" }),
  "with the namespace gone": (_, container) => ({ container, netns: "/run/netns/gone" }),
  "with the interface gone": async (_, container) => {
    await container.host.remove("eth0");
    return { container };
  },
  "with the rules gone": async ({ here }, container) => {
    await here.host.netfilter.commit([nft.removeTable(TABLE), nft.removeTable({ ...TABLE, family: "bridge" })]);
    return { container };
  },
  "with its reservation gone": ({ folder }, container) => {
    rmSync(join(folder, "networks/pods/10.22.0.3"));
    return { container };
  },
  "after the machine was started again": async ({ here, ground }, container) => {
    await here.host.remove("cni0");
    for (const { name } of await here.host.links({ kind: "veth" })) await here.host.remove(name);
    await here.host.netfilter.commit([nft.removeTable(TABLE), nft.removeTable({ ...TABLE, family: "bridge" })]);
    rmSync(ground.folder, { recursive: true });
    return { container, netns: "/run/netns/gone" };
  },
};

test.each(Object.entries(circumstances))("DEL leaves nothing, %s, and again", async (_, arise) => {
  await using scene = await cniScene();
  const container = await scene.container();
  await scene.ask("ADD", scene.layer3(), { container: await scene.container("other") });
  await scene.ask("DEL", scene.layer3(), { id: "other" });
  await scene.ask("ADD", scene.layer3(ALL), { container });
  expect(await left(scene)).toEqual({ ports: 1, addresses: ["10.22.0.3"], elements: 4, files: 1 });
  const wish = await arise(scene, container);
  const nothing = { ports: 0, addresses: [], elements: 0, files: 0 };
  await scene.ask("DEL", scene.layer3(ALL), wish);
  expect(await left(scene)).toEqual(nothing);
  await scene.ask("DEL", scene.layer3(ALL), wish);
  expect(await left(scene)).toEqual(nothing);
});

test("DEL removes the link, and is to be tried again, when the database of Open vSwitch does not answer", async () => {
  await using scene = await cniScene();
  const { host } = scene.here;
  const link = linkOf("pods", { container: "one", ifname: "eth0" });
  await host.addVeth(link, { peer: "other" });
  const configuration = { cniVersion: "1.1.0", name: "pods", bridge: "ovs0", socket_file: join(scene.folder, "none") };
  const failed = await scene.fails("DEL", configuration, { id: "one", program: "linkwright-ovs" });
  expect(failed.code).toBe(11);
  expect(await host.links({ kind: "veth" })).toEqual([]);
});

test("DEL takes nobody else's", async () => {
  await using scene = await cniScene();
  const [one, other] = [await scene.container(), await scene.container()];
  await scene.ask("ADD", scene.layer3(), { container: other });
  const before = await left(scene);
  await scene.ask("ADD", scene.layer3(), { container: one });
  await scene.ask("ADD", scene.layer3(), { container: one, ifname: "eth1" });
  await scene.ask("DEL", scene.layer3(), { container: one, ifname: "eth1" });
  expect(Object.values(reserved(scene))).toEqual([`${other.id}\r\neth0`, `${one.id}\r\neth0`]);
  await scene.ask("DEL", scene.layer3(), { container: one });
  expect(await left(scene)).toEqual(before);
});

const failures: Record<
  string,
  [more: object, prepare: (scene: CniScene, container: Container) => Promise<unknown>, code: number, words: RegExp]
> = {
  "an interface of that name": [{}, (_, { host }) => host.addBridge("eth0"), 100, /eth0/],
  "no free address": [
    { ipam: { type: "host-local", subnet: "10.22.0.0/30" } },
    async (scene) => {
      const full = { ipam: { ...(scene.layer3().ipam as object), subnet: "10.22.0.0/30" } };
      await scene.ask("ADD", scene.layer3(full), { container: await scene.container("full") });
    },
    100,
    /10\.22\.0\.0\/30 has no free address/,
  ],
  "another address on the bridge": [
    {},
    async ({ here: { host } }) => {
      await host.addBridge("cni0", { up: true });
      await host.addAddress("cni0", "10.22.0.9/24");
    },
    100,
    /cni0 has 10\.22\.0\.9\/24, not 10\.22\.0\.1\/24: forceAddress/,
  ],
  "a port that is another's": [
    ALL,
    async (scene) => {
      await scene.ask("ADD", scene.layer3(ALL), { container: await scene.container("first") });
    },
    100,
    /8080\/tcp/,
  ],
  "a bridge that is none": [
    {},
    ({ here: { host } }) => host.addVeth("cni0", { peer: "other" }),
    7,
    /^bridge: cni0 is no bridge, but veth/,
  ],
  "a route that cannot be": [
    { ipam: { type: "host-local", subnet: "10.22.0.0/24", routes: [{ dst: "10.9.0.0/16", gw: "10.8.0.1" }] } },
    () => Promise.resolve(),
    100,
    /10\.9\.0\.0|10\.8\.0\.1|unreachable|gateway/i,
  ],
};

test.each(Object.entries(failures))(
  "an ADD that fails for %s leaves nothing of it, and says why",
  async (_, [more, prepare, code, words]) => {
    await using scene = await cniScene();
    const container = await scene.container();
    await scene.ask("ADD", scene.layer3(), { container: await scene.container("other") });
    await scene.ask("DEL", scene.layer3(), { id: "other" });
    await scene.here.host.remove("cni0");
    await prepare(scene, container);
    const before = await left(scene);
    const configuration = scene.layer3(more);
    if ("ipam" in more) configuration.ipam = { ...(scene.layer3().ipam as object), ...(more.ipam as object) };
    const failed = await scene.fails("ADD", configuration, { container });
    expect(failed.code).toBe(code);
    expect(failed.msg).toMatch(words);
    expect(await left(scene)).toEqual(before);
  },
);

test("an answer that nobody takes is taken back", async () => {
  await using scene = await cniScene();
  const container = await scene.container();
  const { perform } = await import("../../../src/cni/index.js");
  const environment = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: container.id,
    CNI_NETNS: container.netns,
    CNI_IFNAME: "eth0",
    CNI_PATH: "/",
  };
  const order = {
    program: "linkwright-bridge",
    environment,
    input: JSON.stringify(scene.layer3()),
    namespace: container.netns,
  };
  await expect(perform(scene.ground, order, () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  expect(await left(scene)).toEqual({ ports: 0, addresses: [], elements: 0, files: 0 });
});

test("GC takes away what no attachment claims, and nothing else", async () => {
  await using scene = await cniScene();
  const valid = await scene.container("valid");
  await scene.ask("ADD", scene.layer3(ALL), { container: valid });
  const before = await left(scene);
  const elsewhere = await scene.container("elsewhere");
  const others = scene.layer3({ name: "others", bridge: "cni1" }, { subnet: "10.23.0.0/24" });
  await scene.ask("ADD", others, { container: elsewhere });
  await scene.here.host.addVeth("somebody", { peer: "else" });
  for (const id of ["one", "two"]) await scene.ask("ADD", scene.layer3(), { container: await scene.container(id) });
  // Of one nothing is written down any more, and what was reserved for others is all that there is of them.
  rmSync(join(scene.ground.folder, "pods", `${linkOf("pods", { container: "one", ifname: "eth0" })}.json`));
  writeFileSync(join(scene.folder, "networks/pods/10.22.0.77"), "crashed\r\neth0");
  writeFileSync(join(scene.folder, "networks/pods/10.22.0.78"), "");
  const attachments = { "cni.dev/valid-attachments": [{ containerID: "valid", ifname: "eth0" }] };
  await scene.ask("GC", { ...scene.layer3(), ...attachments });
  expect(await left(scene)).toMatchObject({ ...before, ports: 4, elements: 5 });
  const there = (await scene.here.host.links({ kind: "veth" })).map(({ name }) => name);
  expect(there).toEqual(
    expect.arrayContaining(["somebody", linkOf("others", { container: "elsewhere", ifname: "eth0" })]),
  );
  await scene.ask("CHECK", { ...scene.layer3(ALL), prevResult: await checkable(scene, valid) }, { container: valid });
  await scene.ask("GC", { ...scene.layer3(), "cni.dev/valid-attachments": [] });
  expect(await left(scene)).toMatchObject({ addresses: [], files: 0 });
});

const noLists: Record<string, [given: object, words: RegExp]> = {
  "no list": [{}, /^cni\.dev\/valid-attachments: GC needs it$/],
  "an object": [{ "cni.dev/valid-attachments": {} }, /^cni\.dev\/valid-attachments: .* is no list$/],
  "a word": [{ "cni.dev/attachments": "all" }, /^cni\.dev\/attachments: "all" is no list$/],
};

test.each(Object.entries(noLists))("GC that is given %s takes nothing away", async (_, [given, words]) => {
  await using scene = await cniScene();
  await scene.ask("ADD", scene.layer3(ALL), { container: await scene.container() });
  const before = await left(scene);
  const failed = await scene.fails("GC", { ...scene.layer3(), ...given });
  expect(failed.code).toBe(7);
  expect(failed.msg).toMatch(words);
  expect(await left(scene)).toEqual(before);
  await scene.ask("GC", { ...scene.layer3(), "cni.dev/valid-attachments": null });
  expect(await left(scene)).toMatchObject({ ports: 0, addresses: [], elements: 0 });
});

/** What ADD said of a container, made from what it has. */
async function checkable(scene: CniScene, container: Container): Promise<object> {
  const { host } = scene.here;
  const inside = await container.host.link("eth0");
  const bridge = await host.link("cni0");
  return {
    cniVersion: "1.1.0",
    interfaces: [
      { name: "cni0", mac: bridge.address },
      { name: "eth0", mac: inside.address, sandbox: container.netns },
    ],
    ips: [{ address: "10.22.0.2/24", interface: 1 }],
  };
}

const damages: Record<
  string,
  [damage: (scene: CniScene, container: Container) => Promise<unknown> | void, words: RegExp]
> = {
  "its address is gone": [
    (_, { host }) => host.removeAddress("eth0", "10.22.0.2/24"),
    /eth0 lacks the address 10\.22\.0\.2\/24/,
  ],
  "its route is gone": [
    (_, { host }) => host.routes.remove("default"),
    /lacks the route to 0\.0\.0\.0\/0 by 10\.22\.0\.1/,
  ],
  "its interface is gone": [(_, { host }) => host.remove("eth0"), /eth0 is not in the container/],
  "its port is no port any more": [
    async ({ here: { host } }) => host.detach((await host.links({ master: "cni0" }))[0]!),
    /no port of cni0 leads/,
  ],
  "the bridge is gone": [({ here: { host } }) => host.remove("cni0"), /cni0 is not on this machine/],
  "its MAC is another": [(_, { host }) => host.setLink("eth0", { address: "02:00:00:00:00:77" }), /02:00:00:00:00:77/],
  "its rules are gone": [
    ({ here: { host } }) => host.netfilter.commit([nft.removeTable(TABLE)]),
    /table inet linkwright-cni lacks 10\.22\.0\.2/,
  ],
  "nothing is reserved": [({ folder }) => rmSync(join(folder, "networks/pods/10.22.0.2")), /no address is reserved/],
};

test.each(Object.entries(damages))("CHECK says so when %s", async (_, [damage, words]) => {
  await using scene = await cniScene();
  const container = await scene.container();
  const prevResult = await scene.ask("ADD", scene.layer3(), { container });
  await scene.ask("CHECK", { ...scene.layer3(), prevResult }, { container });
  await damage(scene, container);
  const failed = await scene.fails("CHECK", { ...scene.layer3(), prevResult }, { container });
  expect(failed.code).toBe(101);
  expect(failed.msg).toMatch(words);
});

test("STATUS fails when there is no address left, and only then", async () => {
  await using scene = await cniScene();
  const small = scene.layer3({}, { subnet: "10.22.0.0/29" });
  for (let count = 0; count < 5; count++) {
    await scene.ask("STATUS", small);
    await scene.ask("ADD", small, { container: await scene.container() });
  }
  expect(await scene.fails("STATUS", small)).toMatchObject({ code: 50, msg: "10.22.0.0/29 has no free address" });
  await scene.ask("DEL", small, { id: "container-2" });
  await scene.ask("STATUS", small);
});

test("rules of containers that somebody has flushed are written again, and no others", async () => {
  await using scene = await cniScene();
  const { netfilter } = scene.here.host;
  const mend = keptRules(scene.ground);
  const guarded = scene.layer3({ antiSpoof: true });
  const [one, other] = [await scene.container("one"), await scene.container("other")];
  const prevResult = await scene.ask("ADD", scene.layer3(ALL), { container: one });
  expect(await mend(false)).toBe(false);
  const second = await scene.ask("ADD", guarded, { container: other });
  expect(await mend(false)).toBe(false);
  const before = await left(scene);
  const tables = (await netfilter.ruleset()).tables.map(({ family, name = "" }) => ({ family, table: name }));
  expect(tables).toHaveLength(3);
  for (const gone of [...tables.map((table) => [table]), tables]) {
    await netfilter.commit(gone.map((table) => nft.removeTable(table)));
    expect(await mend(false)).toBe(true);
    expect(await mend(false)).toBe(false);
    expect(await left(scene)).toEqual(before);
    await scene.ask("CHECK", { ...scene.layer3(ALL), prevResult }, { container: one });
    await scene.ask("CHECK", { ...guarded, prevResult: second }, { container: other });
  }
  for (const id of ["one", "other"]) await scene.ask("DEL", guarded, { id });
  await netfilter.commit(
    (await netfilter.ruleset()).tables.map(({ family, name = "" }) => nft.removeTable({ family, table: name })),
  );
  expect(await mend(false)).toBe(false);
  expect((await netfilter.ruleset()).tables).toEqual([]);
});
