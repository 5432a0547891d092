import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { Host, type TunOptions } from "../../src/index.js";
import { lacks, outcome, type Outcome } from "../kernel/program.js";

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
