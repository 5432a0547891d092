import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, ApplyError, capture, describePlan, type HostDeclaration, plan } from "../../../src/topology/index.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

/** A host whose only NIC leads to another namespace, with all that can hang on a NIC. */
const wired: HostDeclaration = {
  links: {
    eno3: {
      up: true,
      addresses: [
        { address: "10.0.0.5/24", broadcast: "10.0.0.255" },
        "10.0.0.6/24",
        { address: "10.0.1.5/24", label: "eno3:old", validLifetime: 3_600_000, preferredLifetime: 1_800_000 },
        { address: "fd00::5/64", flags: ["nodad"] },
      ],
      neighbours: [
        { address: "10.0.0.77", lladdr: "02:00:00:00:00:77" },
        { address: "10.0.0.99", proxy: true },
      ],
    },
  },
  routes: [
    { destination: "default", gateway: "10.0.0.1", link: "eno3", metrics: { mtu: 1400 } },
    { destination: "192.0.2.0/24", gateway: "10.0.0.2", link: "eno3", metric: 50, source: "10.0.0.6" },
    { destination: "203.0.113.0/24", link: "eno3", table: 100 },
    {
      destination: "198.51.100.0/24",
      nexthops: [
        { gateway: "10.0.0.2", link: "eno3" },
        { gateway: "10.0.0.3", link: "eno3", weight: 3 },
      ],
    },
    { destination: "default", gateway: "fd00::1", link: "eno3" },
  ],
  rules: [{ iif: "eno3", priority: 100, table: 100 }],
  sysctls: { "net/ipv4/conf/eno3/rp_filter": 2, "net/ipv6/conf/eno3/accept_ra": 2 },
};

const bridged: HostDeclaration = { links: { br0: { kind: "bridge", takeOver: "eno3" } } };
const released: HostDeclaration = { links: { br0: { release: "eno3" } } };

async function hostWithNic(): Promise<readonly [Host, Host]> {
  const host = await Host.open({ namespace: "new" });
  const far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true } });
  await far.addAddress("far0", "10.0.0.1/24");
  await host.setLink("lo", { up: true });
  await apply(host, wired, { journal });
  return [host, far];
}

/** Lifetimes run. */
function untimed(value: object): string {
  return JSON.stringify(value).replace(/"(valid|preferred)Lifetime":\d+/g, '"$1Lifetime":0');
}

/** What hangs on a link, without its name. */
async function hangingOn(host: Host, name: string): Promise<object> {
  const { links = {}, routes, rules } = await capture(host);
  const { addresses, neighbours } = links[name]!;
  const text = untimed({ addresses, neighbours, routes, rules });
  return JSON.parse(text.replaceAll(name, "NIC")) as object;
}

test("a bridge takes a NIC's place with all that hangs on it, and gives it back", async () => {
  const [host, far] = await hostWithNic();
  await using _host = host;
  await using _far = far;
  const before = await capture(host);
  const hung = await hangingOn(host, "eno3");
  const made = await apply(host, bridged, { journal });
  expect(made.steps.length).toBeGreaterThan(10);
  const br0 = await host.link("br0");
  const nic = await host.link("eno3");
  expect(nic.master).toBe(br0.index);
  expect(br0).toMatchObject({ address: nic.address, up: true });
  const withoutNodad = (value: object): object =>
    JSON.parse(JSON.stringify(value).replaceAll(/,"flags":\[[^\]]*\]/g, "")) as object;
  expect(withoutNodad(await hangingOn(host, "br0"))).toEqual(withoutNodad(hung));
  expect(await host.addresses({ link: "eno3", family: "inet" })).toEqual([]);
  expect(await host.sysctl("net/ipv4/conf/br0/rp_filter")).toBe("2");
  expect(await host.sysctl("net/ipv6/conf/br0/accept_ra")).toBe("2");
  expect(describePlan(await plan(host, bridged))).toBe("nothing to do\n");

  await apply(host, released, { journal });
  expect((await host.link("eno3")).master).toBeUndefined();
  expect(withoutNodad(await hangingOn(host, "eno3"))).toEqual(withoutNodad(hung));
  expect(describePlan(await plan(host, released))).toBe("nothing to do\n");
  await apply(host, { links: { br0: { absent: true } } }, { journal });
  expect(Object.keys((await capture(host)).links!)).toEqual(Object.keys(before.links!));
});

test("a macvlan takes the place of the NIC below with all that hangs on it, and gives it back", async () => {
  const [host, far] = await hostWithNic();
  await using _host = host;
  await using _far = far;
  const plain = (value: object): string => JSON.stringify(value).replaceAll(/,"flags":\[[^\]]*\]/g, "");
  const hung = plain(await hangingOn(host, "eno3"));
  const taking: HostDeclaration = { links: { new0: { kind: "macvlan", takeOver: "eno3" } } };
  await apply(host, taking, { journal });
  expect((await host.link("new0")).address).toBe((await host.link("eno3")).address);
  expect(plain(await hangingOn(host, "new0"))).toBe(hung);
  expect(await host.addresses({ link: "eno3", family: "inet" })).toEqual([]);
  expect(describePlan(await plan(host, taking))).toBe("nothing to do\n");
  await apply(host, { links: { new0: { release: "eno3" } } }, { journal });
  expect(plain(await hangingOn(host, "eno3"))).toBe(hung);
  expect(describePlan(await plan(host, { links: { new0: { release: "eno3" } } }))).toBe("nothing to do\n");
});

test("a NIC that refuses a master keeps all that it has, for what goes waits until it has joined", async () => {
  const [host, far] = await hostWithNic();
  await using _host = host;
  await using _far = far;
  // What takes a link's frames keeps it from becoming a port.
  await host.addMacvlan("m0", { link: "eno3", mode: "private" });
  const state = await capture(host);
  const nic = await host.link("eno3");
  const gone: string[] = [];
  const stop = new AbortController();
  const watching = (async (): Promise<void> => {
    const events = host.until(stop.signal).watch(["address"]);
    for await (const event of events)
      if (event.subject === "address" && event.change === "removed" && event.before?.index === nic.index)
        gone.push(event.before.address);
  })().catch(() => undefined);
  const error = await apply(host, bridged, { journal }).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(ApplyError);
  expect(error).toMatchObject({ standing: [], step: { subject: "port", name: "eno3 of br0" } });
  expect(untimed(await capture(host))).toBe(untimed(state));
  stop.abort();
  await watching;
  expect(gone).toEqual([]);
});
