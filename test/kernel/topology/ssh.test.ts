import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, capture, type HostDeclaration } from "../../../src/topology/index.js";
import { journalFolder, journalOf, takenBack } from "./journal.js";
import { lacksSsh, type Login, remote } from "./remote.js";

const journal = journalFolder();
const folder = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const program = new URL("../../../dist/code/cli.cjs", import.meta.url).pathname;
const lack = lacksSsh();
if (lack !== undefined) console.log(`skipped: a login by SSH: ${lack}`);

const wired: HostDeclaration = {
  links: {
    eno3: {
      address: "02:00:00:00:03:00",
      mtu: 1400,
      alias: "the only one",
      addresses: ["10.0.0.5/24", "10.0.0.6/24", { address: "fd00::5/64", flags: ["nodad"] }],
      neighbours: [{ address: "10.0.0.77", lladdr: "02:00:00:00:00:77" }],
    },
  },
  routes: [
    { destination: "default", gateway: "10.0.0.1", link: "eno3", metrics: { mtu: 1300 } },
    { destination: "default", gateway: "fd00::1", link: "eno3" },
  ],
  rules: [{ iif: "eno3", priority: 100, table: 100 }],
  sysctls: { "net/ipv4/conf/eno3/rp_filter": 2 },
};

/** The famous mistake: the host's only NIC goes into a bridge, and nobody takes its addresses. */
const mistake = join(folder, "mistake.yaml");
writeFileSync(
  mistake,
  "links:\n  br0: { kind: bridge, up: true }\n  eno3: { master: br0, addresses: { only: true, entries: [] } }\n",
);

async function hosts(): Promise<readonly [Host, Host]> {
  const host = await Host.open({ namespace: "new" });
  const far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true }, up: true });
  await far.addAddress("far0", "10.0.0.1/24");
  await host.setLink("lo", { up: true });
  await apply(host, wired, { journal });
  return [host, far];
}

/** Resolves when the host has lost the address that somebody is logged in by. */
async function cutOff(host: Host, { child }: Login): Promise<void> {
  const gone = async (): Promise<void> => {
    if (child.exitCode !== null) throw new Error(`the login ended with status ${child.exitCode}`);
    expect(await host.addresses({ link: "eno3", family: "inet" })).toEqual([]);
  };
  await vi.waitFor(gone, { timeout: 40_000, interval: 5 });
}

/** Resolves when a login has answered. */
async function answered({ said }: Login, word: string): Promise<void> {
  const answer = (): void => {
    expect(said()).toContain(word);
  };
  await vi.waitFor(answer, { timeout: 40_000, interval: 10 });
}

const applying = (time: string): string =>
  `${process.execPath} ${program} apply ${mistake} confirm=${time} journal=${journal}`;

test
  .skipIf(lack !== undefined)
  .concurrent(
    "a declaration that cuts off whoever applies it by SSH takes itself back: the connection hangs, and goes on",
    async () => {
      const [host, far] = await hosts();
      await using _host = host;
      await using _far = far;
      await using there = await remote(host, far, "10.0.0.5");
      const state = await capture(host);
      const login = there.login(`${applying("5s")}; exec cat`);
      await cutOff(host, login);
      login.child.stdin!.write("still here?\n");
      await answered(login, "still here?");
      await takenBack(host, journal);
      expect(await capture(host)).toEqual(state);
      expect(await host.sysctl("net/ipv4/conf/eno3/rp_filter")).toBe("2");
      expect(login.said()).toContain("+ link br0");
    },
  );

test
  .skipIf(lack !== undefined)
  .concurrent("so it does when linkwright, and then the login, are killed as soon as it is applied", async () => {
    const [host, far] = await hosts();
    await using _host = host;
    await using _far = far;
    await using there = await remote(host, far, "10.0.0.5");
    const state = await capture(host);
    // At a terminal, linkwright waits for somebody to press Enter.
    const login = there.login(applying("3s"), "-tt");
    await cutOff(host, login);
    const plan = readFileSync(join(await journalOf(host, journal), "plan.json"), "utf8");
    process.kill((JSON.parse(plan) as { pid: number }).pid, "SIGKILL");
    login.child.kill("SIGKILL");
    await takenBack(host, journal);
    expect(await capture(host)).toEqual(state);
    const again = there.login("echo reached");
    await answered(again, "reached");
  });
