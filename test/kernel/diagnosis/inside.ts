import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import type { Host } from "../../../src/index.js";

/** Runs a program in the namespace of a host. */
export async function inside(host: Host, command: readonly string[], input = ""): Promise<void> {
  await using namespace = await host.namespaceDescriptor();
  const place = `--net=/proc/${process.pid}/fd/${namespace.fd}`;
  const { status, stderr } = spawnSync("nsenter", [place, ...command], { encoding: "utf8", input });
  expect(status, `${command.join(" ")}: ${stderr}`).toBe(0);
}
