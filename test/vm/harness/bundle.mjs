import { rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { root } from "../../../scripts/lib/run.mjs";

const output = join(root, "build/vm");

/** A module goes on finding the files beside it, wherever its code ends up. */
const places = {
  name: "places",
  transform: {
    filter: { id: /\.ts$/ },
    handler: (code, path) =>
      code
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path))),
  },
};

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
