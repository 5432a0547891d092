import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import * as nft from "../../src/netfilter/index.js";
import { lacks } from "../kernel/scene/program.js";
import { BIN, type Machine, machine, MAIN, missing } from "./cni-scene.js";

if (missing !== undefined) console.log(`skipped: ${missing}`);
const noPlugins =
  lacks("test", "-x", "/usr/lib/cni/bridge") === undefined ? undefined : "containernetworking-plugins is not installed";

const configuration = {
  cniVersion: "1.1.0",
  name: "pods",
  type: "linkwright-bridge",
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", subnet: "10.22.0.0/16" },
};
const CONF = "/etc/linkwright/cni.conf";

async function netns(here: Machine, ...names: readonly string[]): Promise<void> {
  for (const name of names) await here.run(["ip", "netns", "add", name]);
}

function errorIn(stdout: string): { code: number; msg: string } {
  return JSON.parse(stdout) as { code: number; msg: string };
}

async function portsOf({ host }: Machine): Promise<number> {
  return (await host.links({ kind: "veth" })).length;
}

function addresses(here: Machine): string[] {
  return readdirSync(here.path("/var/lib/cni/networks/pods")).filter((name) => name.startsWith("10."));
}

test.skipIf(missing !== undefined)("the service attaches a container, checks it, and takes it away", async () => {
  await using here = await machine();
  const service = await here.serve();
  await netns(here, "one");
  const added = await here.plugin("ADD", "one", configuration);
  expect(added).toMatchObject({ status: 0, stderr: "" });
  const prevResult = JSON.parse(added.stdout) as object;
  expect(prevResult).toMatchObject({
    cniVersion: "1.1.0",
    ips: [{ address: "10.22.0.2/16" }],
    interfaces: [{}, {}, { sandbox: "/run/netns/one" }],
  });
  expect(await here.plugin("CHECK", "one", { ...configuration, prevResult })).toMatchObject({ status: 0, stdout: "" });
  expect(await here.plugin("STATUS", "one", configuration)).toMatchObject({ status: 0, stdout: "" });
  // Who flushes the ruleset does not cut it off: until it is written again, CHECK says what is missing.
  const { tables } = await here.host.netfilter.ruleset();
  expect(tables).not.toEqual([]);
  await here.host.netfilter.commit(tables.map(({ family, name = "" }) => nft.removeTable({ family, table: name })));
  await vi.waitUntil(
    async () => (await here.plugin("CHECK", "one", { ...configuration, prevResult })).status === 0,
    20_000,
  );
  const twice = await here.plugin("ADD", "one", configuration);
  expect(twice.status).toBe(1);
  expect(errorIn(twice.stdout)).toMatchObject({ code: 100, msg: "one has eth0 of pods already" });
  for (const gone of [false, true]) {
    expect(await here.plugin("DEL", "one", configuration)).toMatchObject({ status: 0, stdout: "" });
    if (!gone) await here.run(["ip", "netns", "del", "one"]);
  }
  expect(await portsOf(here)).toBe(0);
  expect(addresses(here)).toEqual([]);
  await service.kill("SIGTERM");
});

test.skipIf(missing !== undefined)("VERSION, and what is no call, are answered without a service", async () => {
  await using here = await machine();
  const version = await here.run([`${BIN}/linkwright-bridge`], { CNI_COMMAND: "VERSION" });
  expect(JSON.parse(version.stdout)).toEqual({
    cniVersion: "1.1.0",
    supportedVersions: ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
  });
  const { status, stdout } = await here.run([`${BIN}/linkwright-bridge`]);
  expect(status).toBe(1);
  expect(errorIn(stdout)).toMatchObject({ code: 4 });
  const nobody = await here.plugin("ADD", "one", configuration);
  expect(nobody.status).toBe(1);
  expect(errorIn(nobody.stdout)).toMatchObject({ code: 11 });
});

test.skipIf(missing !== undefined)(
  "where no service answers, a process of its own does it: the settings' node and script, and nothing of the environment",
  async () => {
    await using here = await machine();
    writeFileSync(here.path(CONF), `node ${process.execPath}\nscript ${MAIN}\ntaken 200\n`);
    await netns(here, "one");
    const hostile = { NODE_OPTIONS: "--require=/nowhere", LINKWRIGHT: "x", PATH: process.env.PATH! };
    const added = await here.plugin("ADD", "one", configuration, hostile);
    expect(added).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(added.stdout)).toMatchObject({ ips: [{ address: "10.22.0.2/16" }] });
    // The service that comes later knows it.
    const service = await here.serve();
    expect(errorIn((await here.plugin("ADD", "one", configuration)).stdout).msg).toBe("one has eth0 of pods already");
    expect(await here.plugin("DEL", "one", configuration)).toMatchObject({ status: 0 });
    expect(await portsOf(here)).toBe(0);
    await service.kill("SIGTERM");
  },
);

test.skipIf(missing !== undefined).each<[string, string, number, string]>([
  ["that others may write to", "socket /run/x\n", 0o666, "others can write to it"],
  ["with a word that there is none of", "sockets /run/x\n", 0o644, "sockets"],
  ["with a path that is relative", "socket run/x\n", 0o644, "socket is an absolute path"],
  ["with no time", "taken soon\n", 0o644, "taken is 1 to 600000 milliseconds"],
  ["with half of the slow way", "node /usr/bin/node\n", 0o644, "node and script stand together"],
])("settings %s are refused, in words", async (_, text, mode, words) => {
  await using here = await machine();
  writeFileSync(here.path(CONF), text);
  chmodSync(here.path(CONF), mode);
  const { status, stdout, stderr } = await here.plugin("ADD", "one", configuration);
  expect(status).toBe(1);
  expect(errorIn(stdout)).toMatchObject({ code: 5 });
  expect(stderr).toContain(words);
});

test.skipIf(missing !== undefined)(
  "a configuration that is too large, and one of odd bytes, get an error that is JSON",
  async () => {
    await using here = await machine();
    const large = await here.run([`${BIN}/linkwright-bridge`], { CNI_COMMAND: "ADD" }, " ".repeat(1024 * 1024 + 1));
    expect(errorIn(large.stdout)).toMatchObject({ code: 5 });
    const service = await here.serve();
    const most = await here.run(
      [`${BIN}/linkwright-bridge`],
      { CNI_COMMAND: "STATUS", CNI_PATH: '/a"\\\n\u0001b' },
      `{"x":"${"\u0001".repeat(10)}"${" ".repeat(900_000)}`,
    );
    expect(errorIn(most.stdout)).toMatchObject({ code: 6 });
    const odd = { ...configuration, name: 'pods"\\\u0007\n\u00e9' };
    expect(errorIn((await here.plugin("ADD", "one", odd)).stdout)).toMatchObject({ code: 7 });
    await service.kill("SIGTERM");
  },
);

/** Attaches as runtimes do: what is to be tried again, is. */
async function attach(here: Machine, name: string): Promise<string> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const { status, stdout } = await here.plugin("ADD", name, configuration);
    if (status === 0) return (JSON.parse(stdout) as { ips: { address: string }[] }).ips[0]!.address;
    if (errorIn(stdout).code !== 11) throw new Error(stdout);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} was never attached`);
}

test.skipIf(missing !== undefined)(
  "a hundred at once, while the service is killed and started again: each is attached, no address twice, and GC finds nothing to do",
  async () => {
    await using here = await machine();
    let service = await here.serve();
    const names = Array.from({ length: 100 }, (_, place) => `pod${place}`);
    await netns(here, ...names);
    const attaching = Promise.all(names.map((name) => attach(here, name)));
    await expect.poll(() => portsOf(here), { timeout: 30_000 }).toBeGreaterThan(5);
    await service.kill("SIGKILL");
    service = await here.serve();
    const all = await attaching;
    expect(new Set(all).size).toBe(100);
    const valid = names.map((containerID) => ({ containerID, ifname: "eth0" }));
    const before = [await portsOf(here), addresses(here).length];
    expect(await here.plugin("GC", "", { ...configuration, "cni.dev/valid-attachments": valid })).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect([await portsOf(here), addresses(here).length]).toEqual([100, 100]);
    expect(before).toEqual([100, 100]);
    await Promise.all(names.map((name) => here.plugin("DEL", name, configuration)));
    expect(await here.plugin("GC", "", { ...configuration, "cni.dev/valid-attachments": [] })).toMatchObject({
      status: 0,
    });
    expect([await portsOf(here), addresses(here).length]).toEqual([0, 0]);
    await service.kill("SIGTERM");
  },
  120_000,
);

test.skipIf(missing !== undefined || noPlugins !== undefined)(
  "another IPAM plugin is run for addresses, and asked to take them back",
  async () => {
    await using here = await machine();
    // The reference plugin under a name that none of ours has.
    await here.run(["cp", "/usr/lib/cni/host-local", `${BIN}/other-local`]);
    const service = await here.serve();
    await netns(here, "one");
    const other = { ...configuration, cniVersion: "1.0.0", ipam: { ...configuration.ipam, type: "other-local" } };
    const added = await here.plugin("ADD", "one", other);
    expect(added).toMatchObject({ status: 0 });
    const prevResult = JSON.parse(added.stdout) as { ips: { address: string }[] };
    expect(prevResult.ips[0]!.address).toBe("10.22.0.2/16");
    expect(await here.plugin("CHECK", "one", { ...other, prevResult })).toMatchObject({ status: 0, stdout: "" });
    expect(await here.plugin("DEL", "one", other)).toMatchObject({ status: 0 });
    expect(addresses(here)).toEqual([]);
    await service.kill("SIGTERM");
  },
);

test.skipIf(missing !== undefined)(
  "linkwright cni install puts the plugin and its network in place, and leaves a configuration list that is there",
  async () => {
    await using here = await machine();
    const install = [process.execPath, MAIN, "cni", "install", "bin=/mnt/installed", "subnet=10.77.0.0/16"];
    const first = await here.run(install);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toContain("/etc/cni/net.d/10-linkwright.conflist");
    expect((await here.run(install)).stdout).not.toContain("conflist");
    const list = await here.run(["cat", "/etc/cni/net.d/10-linkwright.conflist"]);
    const { name, cniVersion, plugins } = JSON.parse(list.stdout) as {
      name: string;
      cniVersion: string;
      plugins: object[];
    };
    await netns(here, "one");
    const environment = {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "one",
      CNI_NETNS: "/run/netns/one",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/mnt/installed",
    };
    const added = await here.run(
      ["/mnt/installed/linkwright-bridge"],
      environment,
      JSON.stringify({ ...plugins[0], name, cniVersion }),
    );
    expect(added).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(added.stdout)).toMatchObject({
      ips: [{ address: "10.77.0.2/16" }],
      routes: [{ dst: "0.0.0.0/0" }],
    });
  },
);
