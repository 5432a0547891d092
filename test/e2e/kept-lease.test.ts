import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type ForeignLease, foreignLeases, keepLease, leaseLeft, serveDhcp } from "../../src/dhcp/index.js";
import { openSegment } from "../../src/dhcp/links/segment.js";
import { CLIENT_PORT } from "../../src/dhcp/ports.js";
import type { Address } from "../../src/index.js";
import { apply, describePlan, type HostDeclaration, plan } from "../../src/topology/index.js";
import { networkScene, type NetworkScene, OUTSIDE } from "../kernel/networks/scene.js";
import { lacks } from "../kernel/scene/program.js";
import { commands } from "./network-commands.js";

const noDhclient = lacks("dhclient", "--version");
if (noDhclient !== undefined) console.log(`skipped: ${noDhclient}`);

/** A server outside, which this machine's link `up0` gets its address from. */
function server({ outside }: NetworkScene) {
  return serveDhcp(outside.host, "eth0", {
    ranges: [{ first: "203.0.113.100", last: "203.0.113.200" }],
    options: { routers: [OUTSIDE] },
    probeAhead: 0,
  });
}

test("the service keeps a link's lease: killed and started again, it confirms the same; given back, the address is gone", async () => {
  await using scene = await networkScene();
  await using given = await server(scene);
  const { plain, serve, service } = commands(scene);
  const { host } = scene.here;
  const typed = (words: string): string[] => plain(`${words} service=${service}`);
  const dhcp = (words: string): Promise<string> => scene.here.run(typed(words));
  expect((await scene.here.outcome(typed("dhcp keep up0"))).stderr).toContain("linkwright serve keeps leases");
  const first = await serve();
  expect(await dhcp("dhcp keep up0 hostname=builder")).toMatch(/address +203\.0\.113\.1\d\d\/24\n/);
  const [lease] = given.leases();
  expect(lease).toMatchObject({ hostname: "builder" });
  const has = async (): Promise<boolean> =>
    (await host.addresses({ link: "up0" })).some(({ address }) => address === `${lease!.address}/24`);
  expect(await has()).toBe(true);
  const record = join(dirname(scene.folders.state), "leases/up0.json");
  expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({ link: "up0", lease: { address: lease!.address } });
  await first.kill("SIGKILL");
  expect(await has()).toBe(true);
  const second = await serve();
  await expect.poll(() => second.said(), { timeout: 20_000 }).toMatch(/"event":"lease"/);
  expect(second.said()).toContain(lease!.address);
  expect(given.leases()).toMatchObject([{ address: lease!.address }]);
  await dhcp("dhcp release up0");
  expect(await has()).toBe(false);
  expect(existsSync(record)).toBe(false);
  await second.kill("SIGTERM");
}, 90_000);

test("a command that waits for a server is hung up: its link is free again, and the service ends while another still waits", async () => {
  await using scene = await networkScene();
  const { plain, serve, service } = commands(scene);
  const { here } = scene;
  const serving = await serve();
  const keep = plain(`dhcp keep up0 service=${service}`);
  const unanswered = (): number => serving.said().split('"event":"noAnswer"').length;
  const waiting = async () => {
    const before = unanswered();
    const child = here.start(keep);
    const over = new Promise((resolve) => child.once("close", resolve));
    await expect.poll(unanswered, { timeout: 30_000 }).toBeGreaterThan(before);
    return { child, over };
  };
  const isFree = async (): Promise<boolean> => {
    const port = await openSegment(here.host, "up0", CLIENT_PORT).catch(() => undefined);
    await port?.close();
    return port !== undefined;
  };
  const first = await waiting();
  expect((await here.outcome(keep)).stderr).toContain("a lease of up0 is asked for already");
  expect(await isFree()).toBe(false);
  first.child.kill("SIGINT");
  await first.over;
  await expect.poll(isFree, { timeout: 20_000 }).toBe(true);
  const second = await waiting();
  await serving.kill("SIGTERM");
  await second.over;
}, 90_000);

test.skipIf(noDhclient !== undefined)(
  "a lease that dhclient has left is read, while it runs it is recognised, and the same address goes on",
  async () => {
    await using scene = await networkScene();
    await using given = await server(scene);
    const { here, folders } = scene;
    const root = `${dirname(folders.state)}/`;
    const folder = join(root, "var/lib/dhcp");
    mkdirSync(folder, { recursive: true });
    const [file, pid] = [join(folder, "dhclient.up0.leases"), join(root, "pid")];
    const client = here.start(["dhclient", "-d", "-1", "-sf", "/bin/true", "-lf", file, "-pf", pid, "up0"]);
    await expect.poll(async () => (await foreignLeases(here.host, "up0", root)).length, { timeout: 30_000 }).toBe(1);
    const [held] = await foreignLeases(here.host, "up0", root);
    expect(held).toMatchObject({ client: "dhclient", file });
    expect(held!.pids).toContain(client.pid);
    await expect(leaseLeft(here.host, "up0", root)).rejects.toThrow(
      `dhclient (process ${client.pid}) keeps the lease in`,
    );
    const over = new Promise((resolve) => client.once("close", resolve));
    client.kill("SIGKILL");
    await over;
    expect(await leaseLeft(here.host, "up0", root)).toEqual(held!.lease);
    const [known] = given.leases();
    expect(held!.lease).toMatchObject({ address: known!.address, prefixLength: 24, leaseTime: 3_600_000 });
    const events: string[] = [];
    await using kept = await keepLease(here.host, "up0", {
      lease: held!.lease,
      report: (event) => events.push(event.event),
      signal: AbortSignal.timeout(30_000),
    });
    expect(kept.lease?.address).toBe(known!.address);
    expect(given.leases()).toHaveLength(1);
  },
  60_000,
);

test.skipIf(noDhclient !== undefined)(
  "a bridge that takes a NIC's place goes on with the lease that dhclient has left, kept by the service, and leaves it",
  async () => {
    await using scene = await networkScene();
    await using given = await server(scene);
    const { here, folders } = scene;
    const { host } = here;
    const { serve, service } = commands(scene);
    const root = `${dirname(folders.state)}/`;
    const around = { root, service, journal: join(root, "journal") };
    const taking: HostDeclaration = { links: { br9: { kind: "bridge", takeOver: "up0", dhcp: true } } };
    await expect(plan(host, taking, around)).rejects.toThrow("linkwright serve keeps leases");
    const serving = await serve();
    mkdirSync(join(root, "var/lib/dhcp"), { recursive: true });
    const [file, pid] = [join(root, "var/lib/dhcp/dhclient.up0.leases"), join(root, "pid")];
    const client = here.start(["dhclient", "-d", "-1", "-sf", "/bin/true", "-lf", file, "-pf", pid, "up0"]);
    await expect.poll(async () => (await foreignLeases(host, "up0", root)).length, { timeout: 30_000 }).toBe(1);
    const [{ lease }] = (await foreignLeases(host, "up0", root)) as [ForeignLease];
    const address = `${lease.address}/${lease.prefixLength}`;
    await host.addAddress("up0", address, { validLifetime: 600_000, preferredLifetime: 600_000 });

    const atWork = `dhclient (process ${client.pid}) keeps the lease`;
    const words = describePlan(await plan(host, { links: { br9: { kind: "bridge", takeOver: "up0" } } }, around));
    expect(words).toContain(`! ${atWork} of up0, ${lease.address}`);
    await expect(apply(host, taking, around)).rejects.toThrow(`links.br9.dhcp: ${atWork} in ${file}: end it first`);
    const over = new Promise((resolve) => client.once("close", resolve));
    client.kill("SIGKILL");
    await over;

    await expect(apply(host, taking, { ...around, confirm: 10_000 })).rejects.toThrow("br9: its lease");
    await apply(host, taking, around);
    const on = async (link: string): Promise<Address | undefined> =>
      (await host.addresses({ link, family: "inet" })).find((each) => each.address === address);
    expect(await on("up0")).toBeUndefined();
    // Confirmed, with the lifetime that it has from now on.
    expect((await on("br9"))!.validLifetime).toBeGreaterThan(600_000);
    expect(given.leases()).toMatchObject([{ address: lease.address }]);
    expect(describePlan(await plan(host, taking, around))).toBe("nothing to do\n");
    await apply(host, { links: { br9: { release: "up0", dhcp: false } } }, around);
    expect([await on("br9"), (await on("up0"))!.address]).toEqual([undefined, address]);
    expect(existsSync(join(root, "leases/br9.json"))).toBe(false);
    await serving.kill("SIGTERM");
  },
  90_000,
);
