import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../../../scripts/run.mjs";

const output = join(root, "build/vm");

/** A module goes on finding the files beside it, wherever its code ends up. */
const places = {
  name: "places",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8")
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path))),
    })),
};

/**
 * Bundles tests, each as one file with what only it imports, and what several import in files of its own. In the guest,
 * loading some hundred modules, one by one, takes longer than the tests.
 */
export async function bundle(tests) {
  rmSync(output, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: tests,
    outbase: root,
    outdir: output,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    chunkNames: "shared/[name]-[hash]",
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    target: "node20",
    external: ["vitest"],
    plugins: [places],
    logLevel: "warning",
  });
}
