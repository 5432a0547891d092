import { spawn } from "node:child_process";
import { once } from "node:events";
import { InputError } from "../../../base/errors.js";
import type { NetworkFolders } from "../../../networks/state-files.js";

/**
 * Starts a service for these folders, which goes on when this process has ended, and ends with the last network. Resolved when it
 * serves what is up. Rejects with InputError, with what it said, when it ends before.
 */
export async function startDetachedService(folders: NetworkFolders): Promise<void> {
  const words = Object.entries(folders).flatMap(([word, value]) => (value === undefined ? [] : [`${word}=${value}`]));
  const child = spawn(process.execPath, [process.argv[1]!, "serve", "on-demand", ...words], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, complaint] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const ended = once(child, "close");
  while (!said.includes('"ready"')) {
    const more = await Promise.race([once(child.stdout, "data"), ended]);
    if (more.length === 2)
      throw new InputError(`nobody gives guests addresses: the service ended: ${(complaint || said).trim()}`, "serve");
  }
  // Whatever it says later, nobody reads.
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
}
