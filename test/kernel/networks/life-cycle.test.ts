import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Host } from "../../../src/index.js";
import { type NetworkDefinition, networks } from "../../../src/networks/index.js";
import { networkScene, type NetworkScene } from "./scene.js";

const four = { subnet: "192.168.77.0/24" };
const six = { subnet6: "fd00:77::/64" };
const definitions: readonly NetworkDefinition[] = [
  { name: "isolated", mode: "isolated" },
  { name: "host-only", mode: "host-only", ...four },
  { name: "nat", mode: "nat", ...four, forwards: [{ protocol: "tcp", port: 8080, to: "192.168.77.10", toPort: 80 }] },
  { name: "nat-by-one", mode: "nat", ...four, outgoing: "up0", natSource: "203.0.113.1", mtu: 1400 },
  { name: "nat66", mode: "nat", ...four, ...six },
  { name: "route", mode: "route", ...four, ...six, outgoing: "up0" },
  { name: "open", mode: "open", ...four },
];

/** What stands in a scene's folders, beside definitions. */
function leftOver({ folders }: NetworkScene): string[] {
  return [folders.run, join(folders.run, "up"), join(folders.run, "begun")]
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((name) => !["up", "begun", "lock"].includes(name));
}

test.each(definitions)("a network $name leaves all as it was once it is stopped", async (definition) => {
  await using scene = await networkScene();
  const { guests, here } = scene;
  await here.host.setSysctl("net/ipv4/conf/all/accept_redirects", 0);
  const before = await scene.dump();
  await guests.define(definition);
  const info = await guests.start(definition.name);
  expect(info).toMatchObject({ active: true, ports: [], foreignDrops: [] });
  expect(await scene.dump()).not.toBe(before);
  await guests.stop(definition.name);
  expect(await scene.dump()).toBe(before);
  expect(leftOver(scene)).toEqual([]);
});

/** A host that dies at its nth call, counted from when that is said. */
function mortal(host: Host): { readonly host: Host; die(calls: number): void } {
  let left = Infinity;
  const guard = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name, object) as unknown;
        if (typeof value === "object" && value !== null) return guard(value);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => {
          if (left-- <= 0) throw new Error("killed");
          return (value as (...given: unknown[]) => unknown).apply(object, given);
        };
      },
    });
  return { host: guard(host), die: (calls) => (left = calls) };
}

test("a start or a stop that ends at any call is taken back by the next that anybody asks for", async () => {
  await using scene = await networkScene();
  const definition = definitions.find(({ name }) => name === "nat66")!;
  await scene.guests.define(definition);
  const { host } = scene.here;
  /** What a step may leave behind, in short: the whole is looked at in the end. */
  const traces = async (): Promise<unknown> => [
    (await host.links()).map(({ name }) => name),
    (await host.netfilter.ruleset()).tables,
    await host.sysctl("net/ipv4/ip_forward"),
    await host.sysctl("net/ipv6/conf/all/forwarding"),
    leftOver(scene),
  ];
  const before = await scene.dump();
  const clean = [["lo", "up0"], [], "0", "0", []];
  const died: string[] = [];
  for (const what of ["start", "stop"] as const)
    for (let calls = 0, dead = true; dead; calls++) {
      const victim = mortal(scene.here.host);
      const theirs = networks(victim.host, scene.folders);
      if (what === "stop") await theirs.start("nat66");
      victim.die(calls);
      dead = await theirs[what]("nat66").then(
        () => false,
        () => true,
      );
      if (dead) died.push(`${what} ${calls}`);
      // Whoever comes next: an undefined network's start says so, and takes back what was begun.
      await expect(scene.guests.start("another")).rejects.toThrow('no network "another"');
      const { active } = await scene.guests.info("nat66");
      if (active) await scene.guests.stop("nat66");
      expect(await traces(), died.at(-1)).toEqual(clean);
    }
  expect(await scene.dump()).toBe(before);
  expect(died.length).toBeGreaterThan(20);
});

test("settings that others have changed meanwhile, and those that another network needs, stay", async () => {
  await using scene = await networkScene();
  const { guests, here } = scene;
  const { host } = here;
  await guests.define({ name: "one", mode: "nat", subnet: "192.168.77.0/24" });
  await guests.define({ name: "two", mode: "nat", subnet: "192.168.78.0/24" });
  await guests.start("one");
  await guests.start("two");
  await guests.stop("one");
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("1");
  await guests.stop("two");
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("0");
  await host.setSysctl("net.ipv4.ip_forward", 1);
  await guests.start("one");
  await guests.stop("one");
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("1");
});

test("with an outgoing link, this machine forwards between that and the bridge alone", async () => {
  await using scene = await networkScene();
  await scene.guests.define({ name: "one", mode: "nat", subnet: "192.168.77.0/24", outgoing: "up0" });
  await scene.guests.start("one");
  const forwards = (link: string): Promise<string> => scene.here.host.sysctl(`net/ipv4/conf/${link}/forwarding`);
  expect([await forwards("all"), await forwards("lo"), await forwards("up0"), await forwards("lw-one")]).toEqual([
    "0",
    "0",
    "1",
    "1",
  ]);
});

test("two starts at once: one network, and clear words for the other; so for a stop of what is not up", async () => {
  await using scene = await networkScene();
  const { guests, here, folders } = scene;
  await guests.define({ name: "one", mode: "nat", subnet: "auto" });
  const both = await Promise.allSettled([guests.start("one"), networks(here.host, folders).start("one")]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const refusal = both.find(({ status }) => status === "rejected") as PromiseRejectedResult;
  expect(String(refusal.reason)).toContain("the network one is up already");
  await expect(guests.undefine("one")).rejects.toThrow("the network one is up: stop it first");
  await guests.stop("one");
  await expect(guests.stop("one")).rejects.toThrow("the network one is not up");
  await expect(guests.start("ome")).rejects.toThrow('no network "ome"; did you mean "one"?');
  await guests.undefine("one");
  expect(await guests.list()).toEqual([]);
});

test("a stop with guests is refused with their ports, unless it is forced", async () => {
  await using scene = await networkScene();
  await scene.guests.define({ name: "one", mode: "isolated" });
  await scene.guests.start("one");
  await scene.guest("lw-one");
  await expect(scene.guests.stop("one")).rejects.toThrow("guests are on the network one, by port1");
  expect((await scene.guests.info("one")).ports).toEqual(["port1"]);
  await scene.guests.stop("one", { force: true });
  expect((await scene.guests.info("one")).active).toBe(false);
});

test("whoever has a subnet, a bridge or a port is named", async () => {
  await using scene = await networkScene();
  const { guests, here } = scene;
  await here.host.addBridge("virbr0", { up: true });
  await here.host.addAddress("virbr0", "192.168.122.1/24");
  await here.host.routes.add("10.5.0.0/16", { link: "up0", gateway: "203.0.113.2" });
  const start = async (definition: NetworkDefinition): Promise<unknown> => {
    await guests.define(definition);
    return guests.start(definition.name);
  };
  const nat = { mode: "nat" } as const;
  await expect(start({ name: "a", ...nat, subnet: "192.168.122.0/25" })).rejects.toThrow(
    "subnet: 192.168.122.0/25 is in use: 192.168.122.1/24 is on virbr0, made by libvirt",
  );
  await expect(start({ name: "a", ...nat, subnet: "10.5.6.0/24" })).rejects.toThrow(
    "there is a route to 10.5.0.0/16 by up0",
  );
  await expect(start({ name: "a", ...nat, subnet: "10.6.0.0/24", bridge: "virbr0" })).rejects.toThrow(
    "there is a link virbr0 already",
  );
  await expect(start({ name: "a", ...nat, subnet: "10.6.0.0/24", outgoing: "none0" })).rejects.toThrow(
    "outgoing: there is no link none0",
  );
  await expect(start({ name: "a", mode: "bridge", bridge: "up0" })).rejects.toThrow("up0 is no bridge, but veth");
  await start({
    name: "a",
    ...nat,
    subnet: "10.6.0.0/24",
    forwards: [{ protocol: "tcp", port: "8000-8010", to: "10.6.0.9" }],
  });
  await expect(guests.define({ name: "b", ...nat, subnet: "10.6.0.0/16" })).rejects.toThrow(
    "10.6.0.0/24 is that of the network a",
  );
  const forwards = [{ protocol: "tcp", port: 8005, to: "10.7.0.9" }] as const;
  await expect(start({ name: "b", ...nat, subnet: "10.7.0.0/24", forwards })).rejects.toThrow(
    "tcp 8005 is forwarded by the network a",
  );
});

test("what is created is new: a network of that name keeps its definition", async () => {
  await using scene = await networkScene();
  const { guests } = scene;
  const first = await guests.create({ name: "one", mode: "nat", subnet: "auto" });
  const another = guests.create({ name: "one", mode: "nat", subnet: "10.7.0.0/24" });
  await expect(another).rejects.toThrow("there is a network one: edit or undefine it, or choose another name");
  expect((await guests.info("one")).definition).toEqual(first);
  const { subnet } = await guests.define({ name: "one", mode: "nat", subnet: "10.7.0.0/24" });
  expect(subnet).toBe("10.7.0.0/24");
});

test("an automatic subnet is one that nobody has, and stays", async () => {
  await using scene = await networkScene();
  const { guests, here } = scene;
  await here.host.addAddress("up0", "192.168.100.5/23");
  const first = await guests.define({ name: "one", mode: "nat", subnet: "auto", subnet6: "auto" });
  const second = await guests.define({ name: "two", mode: "nat", subnet: "auto" });
  expect([first.subnet, second.subnet]).toEqual(["192.168.102.0/24", "192.168.103.0/24"]);
  expect(first.subnet6).toMatch(/^fd[\da-f:]+::\/64$/);
  await guests.start("one");
  expect((await guests.info("one")).definition).toEqual(first);
});
