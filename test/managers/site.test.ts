import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { run } from "../package/packed.js";

vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "linkwright-site-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the site has every guide and every public name, each with what it is, and no link that leads nowhere", () => {
  const project = join(import.meta.dirname, "../..");
  expect(run(process.execPath, ["scripts/site.mjs", "--output", folder], project)).not.toContain("warning");
  for (const page of ["index.html", "classes/linkwright.Host.html", "documents/Embedding_in_a_service.html"])
    expect(existsSync(join(folder, page)), page).toBe(true);
  // The unit and the kernel's name come from the tables.
  expect(readFileSync(join(folder, "interfaces/linkwright.BridgeOptions.html"), "utf8")).toContain(
    "IFLA_BR_FORWARD_DELAY",
  );
});
