import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, capture, confirm, recover, report } from "../../../src/topology/index.js";
import { journalFolder, journalOf, takenBack } from "./journal.js";
import { after, before } from "./states.js";

const journal = journalFolder();

async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(host, before, { journal });
  return host;
}

test.concurrent("a large plan that nobody confirms is taken back by the watchdog, attribute by attribute", async () => {
  await using host = await there();
  const state = await capture(host);
  await apply(host, after, { journal, confirm: 1, acceptLoss: true });
  await takenBack(host, journal);
  expect(await report(host, { journal })).toEqual([]);
  expect(await capture(host)).toEqual(state);
});

test.concurrent("what others do meanwhile stays, and is named", async () => {
  await using host = await there();
  await apply(
    host,
    {
      links: {
        n0: { mtu: 1400, alias: "ours" },
        tap0: { master: "br1" },
        br7: { kind: "bridge" },
        br8: { kind: "bridge" },
      },
      sysctls: { "net.ipv4.ip_forward": 0, "net/ipv4/conf/n0/rp_filter": 0 },
    },
    { journal, confirm: 3000, acceptLoss: true },
  );
  // Somebody changes what was changed, has a bridge of the same name, and plugs a TAP into the other one.
  await host.setLink("n0", { mtu: 1300 });
  await host.attach("tap0", "br8", { move: true });
  await host.remove("br7");
  await host.addTap("br7");
  await host.addTap("vnet0", { bridge: "br8" });
  await host.setSysctl("net/ipv4/conf/n0/rp_filter", 1);
  await takenBack(host, journal);
  expect(await report(host, { journal })).toEqual([
    "tap0 of br1: it is a port of another by now, and stays",
    "net/ipv4/conf/n0/rp_filter: it is not 0 any more, and stays",
    "n0: its mtu is not what was set any more, and stays",
    "br7: it is no bridge any more, and stays",
  ]);
  const { mtu, alias } = await host.link("n0");
  expect({ mtu, alias }).toEqual({ mtu: 1300, alias: undefined });
  expect((await host.link("br7")).kind).toBe("tun");
  expect((await host.link("vnet0")).master).toBeUndefined();
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("1");
  expect(await host.sysctl("net/ipv4/conf/n0/rp_filter")).toBe("1");
});

const fixture = new URL("../fixtures/killed/apply.mjs", import.meta.url).pathname;

/** Applies in a process of its own, which is killed before its change number `at`, or after the last one. */
async function applyAndDie(host: Host, at: number, group?: string): Promise<string | null> {
  await using namespace = await host.namespaceDescriptor();
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  const words = [fixture, path, String(at), journal, "1"];
  const join = group === undefined ? "" : `echo $$ > ${group}/cgroup.procs; `;
  const child = spawn("sh", ["-c", `${join}exec "$@"`, "sh", process.execPath, ...words], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(JSON.stringify(after));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_status, signal) => {
      resolve(signal);
    });
  });
}

test.concurrent(
  "linkwright is killed at any change of a plan that is to be confirmed: the watchdog takes back what was done",
  async () => {
    await using host = await there();
    const state = await capture(host);
    for (const at of [0, 1, 7, 19, 30, 10_000]) {
      expect(await applyAndDie(host, at), `change ${at}`).toBe("SIGKILL");
      await takenBack(host, journal);
      expect(await capture(host), `change ${at}`).toEqual(state);
    }
  },
  60_000,
);

/** Where control groups can be made and killed whole, or why nowhere here. */
const groups = ((): { root: string } | { why: string } => {
  let why = "control groups of this machine are not of the second version";
  for (const root of ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]) {
    if (!existsSync(join(root, "cgroup.controllers"))) continue;
    const group = join(root, `linkwright-probe-${process.pid}`);
    try {
      mkdirSync(group);
      const can = existsSync(join(group, "cgroup.kill"));
      rmdirSync(group);
      if (can) return { root };
      why = "this kernel cannot kill a control group";
    } catch (error) {
      why = `no control group can be made here: ${(error as Error).message}`;
    }
  }
  return { why };
})();

test.concurrent(
  "the control group that linkwright was started in is killed whole: the watchdog has left it",
  async ({ skip }) => {
    if ("why" in groups) return skip(groups.why);
    await using host = await there();
    const state = await capture(host);
    const group = join(groups.root, `linkwright-${process.pid}`);
    mkdirSync(group);
    try {
      const ended = applyAndDie(host, -1, group);
      const folder = await journalOf(host, journal);
      await vi.waitFor(() => readFileSync(join(folder, "plan.json")), { timeout: 30_000, interval: 5 });
      writeFileSync(join(group, "cgroup.kill"), "1");
      expect(await ended).toBe("SIGKILL");
      await takenBack(host, journal);
      expect(await capture(host)).toEqual(state);
    } finally {
      rmdirSync(group);
    }
  },
);

test.concurrent("a plan that waits is confirmed once: what is confirmed stays, and its watchdog ends", async () => {
  await using host = await there();
  await apply(host, { links: { n0: { mtu: 1400 } } }, { journal, confirm: 60_000 });
  const { confirm: waits } = JSON.parse(readFileSync(join(await journalOf(host, journal), "plan.json"), "utf8")) as {
    confirm: { pid: number };
  };
  expect(await confirm(host, { journal })).toBe(1);
  await vi.waitFor(() => expect(existsSync(`/proc/${waits.pid}`)).toBe(false), { timeout: 10_000, interval: 5 });
  expect(await confirm(host, { journal })).toBe(0);
  expect((await host.link("n0")).mtu).toBe(1400);
});

test.concurrent(
  "what waits to be confirmed can be taken back at once, and its watchdog has nothing left to do",
  async () => {
    await using host = await there();
    const state = await capture(host);
    await apply(host, after, { journal, confirm: 60_000, acceptLoss: true });
    expect(await recover(host, { journal })).toBeGreaterThan(30);
    expect(await capture(host)).toEqual(state);
  },
);

test.concurrent(
  "no signal but SIGKILL keeps the watchdog from it, nor what ends it make a plan stand: the next apply takes it back",
  async () => {
    await using host = await there();
    await apply(host, { links: { n0: { mtu: 1400 } } }, { journal, confirm: 3000 });
    const folder = await journalOf(host, journal);
    const pid = (JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as { confirm: { pid: number } }).confirm
      .pid;
    for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGTSTP"] as const)
      process.kill(pid, signal);
    await takenBack(host, journal);
    expect((await host.link("n0")).mtu).toBe(1500);
    await apply(host, { links: { n0: { mtu: 1400 } } }, { journal, confirm: 60_000 });
    const other = (JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as { confirm: { pid: number } }).confirm
      .pid;
    process.kill(other, "SIGKILL");
    await vi.waitFor(() => expect(existsSync(`/proc/${other}`)).toBe(false), { timeout: 10_000, interval: 5 });
    await apply(host, { links: { n0: { alias: "new" } } }, { journal });
    expect(await host.link("n0")).toMatchObject({ mtu: 1500, alias: "new" });
  },
);
