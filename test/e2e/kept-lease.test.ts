import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { foreignLeases, keepLease, leaseLeft, serveDhcp } from "../../src/dhcp/index.js";
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
