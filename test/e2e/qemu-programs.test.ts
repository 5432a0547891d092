import { spawn } from "node:child_process";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { lacks, outcome, type Outcome } from "../kernel/scene/program.js";
import { BIN, missing, Scene } from "../kernel/qemu/scene.js";
import { provideTinyGuest } from "./tiny-guest.js";

const QEMU = "qemu-system-x86_64";
const reason = missing ?? lacks(QEMU, "--version");
const EMPTY = ["-M", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"];
const NO_GUEST = "qemu-system-x86_64: warning: netdev n0 has no peer\n";

let scene: Scene;

beforeAll(async () => {
  if (reason !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
  scene.policy({ match: { tap: "bad*" }, refuse: "no such guest" }, { bridge: "br0", port: { isolated: true } });
  scene.write("/etc/qemu/bridge.conf", "allow br0\n");
});

afterAll(async () => {
  if (reason === undefined) await scene[Symbol.asyncDispose]();
});

/** Starts a QEMU in the scene that tells of its ports, is looked at, and quits. */
async function qemu(words: readonly string[], look?: () => Promise<void>): Promise<Outcome> {
  const [command, ...rest] = scene.command(...words);
  const child = spawn(command!, rest, { stdio: ["pipe", "pipe", "pipe"], timeout: 60_000 });
  const prompt = new Promise<void>((resolve) => {
    child.stdout.once("data", () => {
      resolve();
    });
    child.once("close", () => {
      resolve();
    });
  });
  const ended = outcome(child).then((all) => ({ ...all, stderr: all.stderr.replaceAll(NO_GUEST, "") }));
  child.stdin.on("error", () => undefined);
  await prompt;
  await look?.();
  child.stdin.end("info network\nquit\n");
  return ended;
}

async function expectPort(name: string): Promise<void> {
  const tap = await scene.host.link(name);
  expect(tap).toMatchObject({ up: true, master: (await scene.host.link("br0")).index });
  expect(tap.linkInfo?.slaveData).toMatchObject({ isolated: true });
}

const links = async (): Promise<string[]> => (await scene.host.links()).map(({ name }) => name);

test.each([
  ["a TAP of its own", "tap,id=n0,ifname=vnet0,script=/etc/qemu-ifup,downscript=/etc/qemu-ifdown"],
  ["the scripts that it looks for by itself", "tap,id=n0,ifname=vnet0"],
  ["two queues", "tap,id=n0,ifname=vnet0,queues=2,script=/etc/qemu-ifup,downscript=/etc/qemu-ifdown"],
])("QEMU has %s attached by the program", async (_, netdev) => {
  const ended = await qemu([QEMU, ...EMPTY, "-netdev", netdev], () => expectPort("vnet0"));
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: "" });
  expect(await links()).toEqual(["lo", "br0"]);
});

test("the program for the end finds the TAP of others as it was before the guest", async () => {
  await scene.host.addTap("kept");
  const netdev = "tap,id=n0,ifname=kept,script=/etc/qemu-ifup,downscript=/etc/qemu-ifdown";
  expect(await qemu([QEMU, ...EMPTY, "-netdev", netdev], () => expectPort("kept"))).toMatchObject({ status: 0 });
  const kept = await scene.host.link("kept");
  expect({ up: kept.up, master: kept.master }).toEqual({ up: false, master: undefined });
  await scene.host.removeAll(["kept"]);
});

test("QEMU does not start when the program refuses", async () => {
  const ended = await qemu([QEMU, ...EMPTY, "-netdev", "tap,id=n0,ifname=bad0,script=/etc/qemu-ifup,downscript=no"]);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain("qemu-ifup: bad0: the policy refuses it: no such guest");
  expect(await links()).toEqual(["lo", "br0"]);
});

test("QEMU gets a TAP from the helper, and does not start without one", async () => {
  const helper = `helper=${BIN}/linkwright-bridge-helper`;
  const ended = await qemu([QEMU, ...EMPTY, "-netdev", `bridge,id=n0,br=br0,${helper}`], () => expectPort("tap0"));
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: "" });
  expect(ended.stdout).toContain("br=br0");
  const refused = await qemu([QEMU, ...EMPTY, "-netdev", `bridge,id=n0,br=br1,${helper}`]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("bridge.conf does not allow br1");
  expect(await links()).toEqual(["lo", "br0"]);
});

test("two guests on an isolated network hear each other, one attached by the program, one by the helper", async ({
  skip,
}) => {
  const { guest, missing: lacking } = provideTinyGuest();
  skip(lacking !== undefined, lacking);
  scene.policy({ bridge: "br0" });
  const netdevs = [
    "tap,id=n0,ifname=vnet1,script=/etc/qemu-ifup,downscript=/etc/qemu-ifdown",
    `bridge,id=n0,br=br0,helper=${BIN}/linkwright-bridge-helper`,
  ];
  const addresses = ["10.0.0.1", "10.0.0.2"];
  const guests = netdevs.map((netdev, i) => {
    const line = `console=ttyS0 quiet panic=-1 guest.ip=${addresses[i]!} guest.peer=${addresses[1 - i]!}`;
    const device = ["-netdev", netdev, "-device", `virtio-net-pci,netdev=n0,mac=52:54:00:00:00:0${i + 1},romfile=`];
    const kernel = ["-kernel", guest!.image, "-initrd", guest!.initrd, "-append", line];
    const machine = ["-M", "q35", "-m", "128", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"];
    return scene.run([QEMU, ...machine, ...kernel, ...device]);
  });
  const ended = await Promise.all(guests);
  guest!.remove();
  for (const [i, { status, stdout }] of ended.entries()) {
    expect(stdout).toContain(`GUEST ${addresses[i]!}: ${addresses[1 - i]!} heard`);
    expect(status).toBe(0);
  }
  expect(await links()).toEqual(["lo", "br0"]);
}, 60_000);
