import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "rolldown";
import { roomOf } from "../rooms.mjs";
import { places } from "./places.mjs";
import { root } from "./run.mjs";

const source = join(root, "src");

/**
 * Bundles tests into a folder, each as a file with what only it imports, and each room of src as a file of its own: loading the
 * hundreds of modules of src, one by one, takes longer than most files of tests. `external`: what is imported as it is.
 * @param {readonly string[]} tests
 * @param {string} folder
 * @param {{ external?: (string | RegExp)[], plugins?: import("rolldown").Plugin[] }} [options]
 */
export async function bundleTests(tests, folder, { external = ["vitest"], plugins = [] } = {}) {
  const output = join(root, folder);
  rmSync(output, { recursive: true, force: true });
  const inputs = tests.map((test) => [test.replace(/\.ts$/, ""), join(root, test)]);
  await build({
    cwd: root,
    input: Object.fromEntries(inputs),
    platform: "node",
    logLevel: "silent",
    external,
    resolve: { extensionAlias: { ".js": [".ts", ".js"] }, mainFields: ["module", "main"] },
    transform: { target: "node20" },
    plugins: [places, ...plugins],
    output: {
      dir: output,
      entryFileNames: "[name].mjs",
      chunkFileNames: "shared/[name]-[hash].mjs",
      codeSplitting: { groups: [{ name: roomGroup, debugName: "rooms", test: (id) => id.startsWith(source) }] },
    },
  });
}

/** The name of the file of a module's room. */
function roomGroup(id) {
  return roomOf(relative(source, id)).replace("/", "-") || "index";
}
