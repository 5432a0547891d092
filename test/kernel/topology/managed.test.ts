import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, describePlan, type HostDeclaration, plan } from "../../../src/topology/index.js";
import { journalFolder } from "./journal.js";

const journal = journalFolder();
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanups.splice(0).reverse()) each();
});

/** A folder in place of "/", with files below it. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "linkwright-root-"));
  cleanups.push(() => {
    rmSync(root, { recursive: true });
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/**
 * A process below a root that stands for a program in a host's namespace: what it does at SIGHUP, if it hears that at all. It says
 * when it is ready, and what it hears.
 */
async function standIn(root: string, comm: string, host: Host, hears: boolean): Promise<ChildProcess> {
  const hearing = hears ? "trap 'echo hung up' HUP;" : "";
  const waiting = "echo ready; while read -r || [ $? -gt 128 ]; do :; done";
  const child = spawn("bash", ["-c", `${hearing} ${waiting}`], { stdio: ["pipe", "pipe", "inherit"] });
  cleanups.push(() => child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const folder = join(root, "proc", String(child.pid));
  mkdirSync(join(folder, "ns"), { recursive: true });
  writeFileSync(join(folder, "comm"), `${comm}\n`);
  symlinkSync(`/proc/${child.pid}/status`, join(folder, "status"));
  const namespace = await host.namespaceDescriptor();
  symlinkSync(`/proc/${process.pid}/fd/${namespace.fd}`, join(folder, "ns/net"));
  return child;
}

const wanted: HostDeclaration = { links: { br0: { kind: "bridge", takeOver: "eno3" } } };

async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", up: true }, up: true });
  await host.addAddress("eno3", "10.0.0.5/24");
  return host;
}

test("plan says which links NetworkManager, systemd-networkd and libvirt manage, and what to do", async () => {
  await using host = await there();
  const { index } = await host.link("eno3");
  await host.addBridge("virbr0");
  const bridge = await host.link("virbr0");
  const root = rootWith({
    [`run/NetworkManager/devices/${index}`]: "[device]\nmanaged=true\nconnection-uuid=abc\n",
    [`run/systemd/netif/links/${bridge.index}`]: "ADMIN_STATE=unmanaged\n",
    "run/libvirt/network/default.xml":
      "<networkstatus><network><bridge name='virbr0' stp='on'/></network></networkstatus>",
  });
  const declared: HostDeclaration = { links: { ...wanted.links, virbr0: { mtu: 1400 } } };
  expect((await plan(host, declared, { root })).managed).toEqual([]);
  await standIn(root, "NetworkManager", host, true);
  await standIn(root, "libvirtd", host, false);
  const made = await plan(host, declared, { root });
  expect(made.managed.map(({ link, program, state }) => [link, program, state])).toEqual([
    ["virbr0", "libvirt", "default"],
    ["eno3", "NetworkManager", "abc"],
  ]);
  const words = describePlan(made);
  expect(words).toContain(
    `! NetworkManager manages eno3, too (/run/NetworkManager/devices/${index}): apply with unmanage`,
  );
  expect(words).toContain("end its network default, and have another bridge");
  // What is at work in another namespace has other links of these indexes.
  await using other = await there();
  expect((await plan(other, wanted, { root })).managed).toEqual([]);
});

test("unmanage writes what keeps NetworkManager off, tells it by SIGHUP, and waits until it has let go", async () => {
  await using host = await there();
  const { index } = await host.link("eno3");
  const state = `run/NetworkManager/devices/${index}`;
  const root = rootWith({ [state]: "[device]\nmanaged=true\n" });
  const manager = await standIn(root, "NetworkManager", host, true);
  // It lets go, and takes what it has set with it.
  const heard = new Promise<void>((resolve, reject) => {
    manager.stdout!.once("data", () => {
      host.removeAddress("eno3", "10.0.0.5/24").then(() => {
        writeFileSync(join(root, state), "[device]\nmanaged=false\n");
        resolve();
      }, reject);
    });
  });
  await apply(host, wanted, { journal, root, unmanage: true });
  await heard;
  expect(readFileSync(join(root, "etc/NetworkManager/conf.d/90-linkwright-eno3.conf"), "utf8")).toBe(
    "[keyfile]\nunmanaged-devices+=interface-name:eno3\n",
  );
  const [address] = await host.addresses({ link: "br0", family: "inet" });
  expect(address).toMatchObject({ address: "10.0.0.5/24" });
});

test("a networkd that does not hear SIGHUP is not ended by it: unmanage says how it reads what was written, and changes nothing", async () => {
  await using host = await there();
  const { index } = await host.link("eno3");
  const root = rootWith({ [`run/systemd/netif/links/${index}`]: "ADMIN_STATE=configured\n" });
  const manager = await standIn(root, "systemd-network", host, false);
  await expect(apply(host, wanted, { journal, root, unmanage: true })).rejects.toThrow(/networkctl reload/);
  expect(manager.exitCode ?? manager.signalCode).toBeNull();
  expect(readFileSync(join(root, "etc/systemd/network/05-linkwright-eno3.network"), "utf8")).toBe(
    "[Match]\nName=eno3\n[Link]\nUnmanaged=yes\n",
  );
  expect((await host.links()).map(({ name }) => name)).not.toContain("br0");
});
