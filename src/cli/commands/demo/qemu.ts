import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Host } from "../../../host/host.js";
import { program } from "./programs.js";

/** What became of QEMU. */
export interface QemuRun {
  /** What its monitor says of the network. */
  readonly network: string;
  readonly status: number;
  readonly milliseconds: number;
}

const ARGUMENTS = ["-M", "none", "-nodefaults", "-display", "none", "-monitor", "stdio", "-netdev", "tap,id=n0,fd=3"];
const PATIENCE = 10_000;

/** Starts a QEMU without a machine on a TAP's descriptor, which it inherits, and asks its monitor; undefined where it is not installed. */
export async function runQemu(host: Host, bridge: string): Promise<QemuRun | undefined> {
  const qemu = program("qemu-system-x86_64");
  if (qemu === undefined) return undefined;
  await using tap = await host.openTap("vm0", { vnetHdr: true });
  await host.attach(tap, bridge);
  const start = performance.now();
  const child = spawn(qemu, ARGUMENTS, {
    stdio: ["pipe", "pipe", "pipe", tap.descriptors[0]!.fd],
    timeout: PATIENCE,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream!.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin!.on("error", () => undefined);
  child.stdin!.end("info network\nquit\n");
  const [status] = (await once(child, "close")) as [number | null];
  const network = /^n0: .*$/m.exec(output)?.[0].trim();
  if (status !== 0 || network === undefined)
    throw new Error(`${qemu} ended with status ${status ?? "of a signal"}: ${output.trim()}`);
  return { network, status, milliseconds: performance.now() - start };
}
