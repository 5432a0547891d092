import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, vi } from "vitest";
import type { Host } from "../../../src/index.js";

/** A folder for the plans of one file of tests. */
export function journalFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Where the journal of a host's namespace is. */
export async function journalOf(host: Host, journal: string): Promise<string> {
  await using namespace = await host.namespaceDescriptor();
  return join(journal, String(statSync(`/proc/self/fd/${namespace.fd}`).ino));
}

/** Waits until what was applied there is taken back, and the journal ended. */
export async function takenBack(host: Host, journal: string): Promise<void> {
  const folder = await journalOf(host, journal);
  const over = (): void => {
    if (existsSync(join(folder, "plan.json")) || existsSync(join(folder, "reverting")))
      throw new Error(`not yet; ${readFileSync(join(folder, "report"), "utf8")}`);
  };
  await vi.waitFor(over, { timeout: 15_000, interval: 5 });
}
