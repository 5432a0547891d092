import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "rolldown";
import { places } from "../../../scripts/lib/places.mjs";
import { root } from "../../../scripts/lib/run.mjs";

const output = join(root, "build/vm");

/**
 * Bundles tests, each as one file with what only it imports, and what several import in files of its own. In the guest,
 * loading some hundred modules, one by one, takes longer than the tests.
 */
export async function bundle(tests) {
  rmSync(output, { recursive: true, force: true });
  const inputs = tests.map((test) => [relative(root, join(root, test)).replace(/\.ts$/, ""), join(root, test)]);
  await build({
    cwd: root,
    input: Object.fromEntries(inputs),
    platform: "node",
    external: ["vitest"],
    resolve: { extensionAlias: { ".js": [".ts", ".js"] }, mainFields: ["module", "main"] },
    transform: { target: "node20" },
    plugins: [places],
    output: { dir: output, entryFileNames: "[name].mjs", chunkFileNames: "shared/[name]-[hash].mjs" },
  });
}
