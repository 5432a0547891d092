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
  declarations: "measure/declarations",
  service: "measure/sections/service",
  opening: "measure/sections/opening",
  "kinds-inside": "measure/sections/kinds-inside",
  "networks-inside": "measure/sections/networks-inside",
};

/** The faces of the library that are measured, and where they are built. */
const faces = new Map(
  ["index.js", "networks/index.js", "topology/index.js"].map((face) => [
    join(root, "src", face),
    join(root, "dist", face),
  ]),
);

/** Of rolldown: what is measured is the built library, and scripts stay what they are. */
const outside = {
  name: "outside",
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith(".")) return undefined;
    const path = join(dirname(importer), source);
    const built = faces.get(path);
    if (built !== undefined) return { id: pathToFileURL(built).href, external: true };
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
