import { spawnSync } from "node:child_process";
import type { Host } from "../../../src/index.js";

/** Runs `ip` in the namespace of a host, and gives what it printed. */
export async function ip(host: Host, words: readonly string[], input = ""): Promise<string> {
  const namespace = await host.namespaceDescriptor();
  try {
    const place = `--net=/proc/${process.pid}/fd/${namespace.fd}`;
    const { status, stdout, stderr } = spawnSync("nsenter", [place, "ip", ...words], { input, encoding: "utf8" });
    if (status !== 0) throw new Error(`ip ${words.join(" ")} failed: ${stderr}`);
    return stdout;
  } finally {
    await namespace.close();
  }
}

/** The JSON that `ip` prints, an object a line of a table. */
export async function ipJson(host: Host, ...words: readonly string[]): Promise<Record<string, unknown>[]> {
  const text = await ip(host, ["-j", "-d", ...words]);
  return text.trim() === "" ? [] : (JSON.parse(text) as Record<string, unknown>[]);
}

/** Gives `ip` lines of commands to do, all in one process. `options`: such as "-6". */
export async function ipBatch(host: Host, lines: readonly string[], ...options: readonly string[]): Promise<void> {
  await ip(host, [...options, "-batch", "-"], lines.map((line) => `${line}\n`).join(""));
}
