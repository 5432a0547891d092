import { spawnSync } from "node:child_process";
import type { Host } from "../../../src/index.js";

/** Runs tc in a host's namespace and gives what it printed; throws what it said. */
export async function tc(host: Host, ...words: string[]): Promise<string> {
  const namespace = await host.namespaceDescriptor();
  try {
    const { status, stdout, stderr } = spawnSync("nsenter", ["--net=/proc/self/fd/3", "tc", ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", namespace.fd],
    });
    if (status !== 0) throw new Error(`tc ${words.join(" ")}: ${stderr}`);
    return stdout;
  } finally {
    await namespace.close();
  }
}

/** What tc lists, as JSON with its counters; lines without a handle or options say nothing. */
export async function tcList(host: Host, ...words: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await tc(host, "-s", "-j", ...words)) as Record<string, unknown>[];
}
