import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { Host, type TunOptions } from "../../src/index.js";
import { lacks, outcome, type Outcome } from "../kernel/scene/program.js";

const QEMU = "qemu-system-x86_64";
const missing = lacks(QEMU, "--version");

/** A machine with nothing in it but what is at the end of a network device's line. */
function machine(netdev: string): string[] {
  return [QEMU, "-M", "none", "-nodefaults", "-display", "none", "-monitor", "stdio", "-netdev", netdev];
}

async function quit(command: readonly string[], inherited: readonly number[] = []): Promise<Outcome> {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["pipe", "pipe", "pipe", ...inherited],
    timeout: 60_000,
  });
  child.stdin!.on("error", () => undefined).end("info network\nquit\n");
  return outcome(child);
}

test("QEMU takes the descriptor of a TAP, from another namespace than its own", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await using tap = await host.openTap("tap0", { vnetHdr: true });
  await host.attach(tap, "br0");
  const ended = await quit(machine("tap,id=n0,fd=3"), [tap.descriptors[0]!.fd]);
  expect(ended).toMatchObject({ status: 0, signal: null });
  expect(ended.stdout).toContain("n0: index=0,type=tap,fd=3");
  expect(await host.link("tap0")).toMatchObject({ up: true, carrier: true });
}, 60_000);

test("QEMU takes every queue of a TAP", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await Host.open({ namespace: "new" });
  await using tap = await host.openTap("tap0", { vnetHdr: true, queues: 2 });
  const ended = await quit(
    machine("tap,id=n0,fds=3:4"),
    tap.descriptors.map(({ fd }) => fd),
  );
  expect(ended).toMatchObject({ status: 0, signal: null });
}, 60_000);

test("QEMU opens a persistent TAP by its name, in its namespace", async ({ skip }) => {
  const reason = missing ?? lacks("nsenter", "--net=/proc/self/ns/net", "true");
  skip(reason !== undefined, reason);
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0", owner: process.getuid!() });
  await using namespace = await host.namespaceDescriptor();
  const command = machine("tap,id=n0,ifname=tap0,script=no,downscript=no");
  const ended = await quit(["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`, ...command]);
  expect(ended).toMatchObject({ status: 0, signal: null });
  expect(ended.stdout).toContain("ifname=tap0");
  const { linkInfo } = await host.link("tap0");
  expect((linkInfo?.data as TunOptions).persist).toBe(true);
}, 60_000);

test("a TAP that QEMU has open is in use, and free when QEMU has ended", async ({ skip }) => {
  const reason = missing ?? lacks("nsenter", "--net=/proc/self/ns/net", "true");
  skip(reason !== undefined, reason);
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("tap0");
  await using namespace = await host.namespaceDescriptor();
  const command = machine("tap,id=n0,ifname=tap0,script=no,downscript=no");
  const child = spawn("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...command], { timeout: 60_000 });
  const prompt = new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = outcome(child);
  await prompt;
  await expect(host.openTap("tap0", { vnetHdr: true })).rejects.toThrow("tap0 is in use: another program has it open");
  child.stdin.end("quit\n");
  expect(await ended).toMatchObject({ status: 0 });
  await using tap = await host.openTap("tap0", { vnetHdr: true });
  expect(tap.descriptors.length).toBe(1);
}, 60_000);

test("a TAP for QEMU comes with the arguments that go with it, and goes with QEMU", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  const one = await host.tapForQemu({ bridge: "br0", port: { isolated: true }, mac: "52:54:00:00:00:01" });
  expect(one.arguments).toEqual([
    "-netdev",
    "tap,id=net0,fd=3",
    "-device",
    "virtio-net-pci,netdev=net0,mac=52:54:00:00:00:01",
  ]);
  const two = await host.tapForQemu({ bridge: "br0", queues: 2, id: "net1", firstDescriptor: 4 });
  expect(two.mac).toMatch(/^52:54:00:/);
  const { name } = two.tap;
  const command = [QEMU, "-M", "pc", "-nodefaults", "-display", "none", "-monitor", "stdio", "-S"];
  const ended = await quit([...command, ...one.arguments, ...two.arguments], [...one.stdio, ...two.stdio]);
  expect(ended).toMatchObject({ status: 0, signal: null });
  expect(ended.stdout).toContain("macaddr=52:54:00:00:00:01");
  expect(ended.stdout).toContain("index=1,type=tap,fd=5");
  expect(await host.link(name)).toMatchObject({ up: true });
  await Promise.all([one.close(), two.close()]);
  await expect(host.link(name)).rejects.toMatchObject({ code: "ENODEV" });
}, 60_000);

test("what QEMU could not be told is refused before a TAP is made", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.tapForQemu({ id: "net0,script=x" })).rejects.toThrow('id: "net0,script=x" is not an identifier');
  await expect(host.tapForQemu({ firstDescriptor: 2 })).rejects.toThrow(/^firstDescriptor: 2 is not/);
  await expect(host.tapForQemu({ bridge: "nosuch" })).rejects.toMatchObject({ code: "ENODEV" });
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});
