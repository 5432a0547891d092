import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { places } from "./places.mjs";
import { root } from "./run.mjs";

/** Where the benchmark's programs are, once they are built: no part of the package. */
export const output = join(root, "build/bench");

/** The programs, by what they are called: modules of bench. */
const programs = {
  benchmark: "measure/benchmark",
  check: "measure/check",
  baseline: "measure/baseline",
  readme: "render/readme",
  responses: "measure/responses",
  service: "measure/sections/service",
  opening: "measure/sections/opening",
  "kinds-inside": "measure/sections/kinds-inside",
  "networks-inside": "measure/sections/networks-inside",
};

const libraries = ["index", "networks/index"];

/** Of rolldown: what is measured is the built library, and scripts stay what they are. */
const outside = {
  name: "outside",
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith(".")) return undefined;
    const path = join(dirname(importer), source);
    const library = libraries.find((name) => path === join(root, `src/${name}.js`));
    if (library !== undefined) return { id: pathToFileURL(join(root, `dist/${library}.js`)).href, external: true };
    return path.endsWith(".mjs") ? { id: pathToFileURL(path).href, external: true } : undefined;
  },
};

/** Bundles the benchmark, for Node 20 runs no TypeScript. */
export async function bundleBench() {
  const { build } = await import("rolldown");
  rmSync(output, { recursive: true, force: true });
  await build({
    cwd: root,
    input: Object.fromEntries(
      Object.entries(programs).map(([name, module]) => [name, join(root, `bench/${module}.ts`)]),
    ),
    platform: "node",
    external: /^[^./]/,
    resolve: { extensionAlias: { ".js": [".ts"] } },
    transform: { target: "node20" },
    plugins: [outside, places],
    output: { dir: output, entryFileNames: "[name].mjs", chunkFileNames: "shared/[name]-[hash].mjs" },
    logLevel: "warn",
  });
}
