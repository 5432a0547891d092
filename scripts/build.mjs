import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { gyp } from "./gyp.mjs";
import { root, runQuietly } from "./run.mjs";

const addon = join(root, "build/Release/linkwright.node");
const output = join(root, "dist");
const entry = join(output, "cli/main.js");

/** Every file under these paths, with the time of its last change. */
function* files(...paths) {
  for (const path of paths.map((path) => join(root, path))) {
    if (!existsSync(path)) continue;
    if (statSync(path).isFile()) yield { path, time: statSync(path).mtimeMs };
    else
      for (const found of readdirSync(path, { recursive: true, withFileTypes: true }))
        if (found.isFile()) {
          const file = join(found.parentPath ?? found.path, found.name);
          yield { path: file, time: statSync(file).mtimeMs };
        }
  }
}

function newest(...paths) {
  return Math.max(0, ...[...files(...paths)].map(({ time }) => time));
}

function buildAddon() {
  const built = existsSync(addon) ? statSync(addon).mtimeMs : 0;
  if (built > newest("native", "binding.gyp")) return true;
  console.log("Building the addon");
  return gyp(configured() ? "build" : "rebuild");
}

/** Whether build/ was configured from this binding.gyp, with headers that are still there. */
function configured() {
  const path = join(root, "build/config.gypi");
  if (!existsSync(path) || statSync(path).mtimeMs < newest("binding.gyp")) return false;
  const { variables } = JSON.parse(readFileSync(path, "utf8").replace(/^#.*$/gm, ""));
  return existsSync(join(variables.nodedir, "include/node/node_api.h"));
}

/**
 * Types by tsc. The library's code as one file, for start-up is paid by every program that embeds it, and the command line's
 * as one a command.
 */
async function buildLibrary() {
  const built = existsSync(entry) ? statSync(entry).mtimeMs : 0;
  if (built > newest("src", "tsconfig.json", "tsconfig.build.json", "scripts/build.mjs")) return true;
  console.log("Building the library");
  rmSync(output, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const types = [compiler, "-p", "tsconfig.build.json", "--noEmitOnError", "--emitDeclarationOnly"];
  if (runQuietly(process.execPath, types).status !== 0) return false;
  const { build } = await import("esbuild");
  const settings = {
    outbase: join(root, "src"),
    outdir: output,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    target: "node20",
    define: { "Symbol.asyncDispose": "asyncDispose" },
    inject: [join(root, "src/dispose.ts")],
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120, // an uncaught error shows its line
    logLevel: "warning",
  };
  const sources = (...names) => names.map((name) => join(root, "src", `${name}.ts`));
  const inParts = { splitting: true, chunkNames: "chunks/[name]-[hash]" };
  await build({ ...settings, entryPoints: sources("rtnetlink/tables") });
  await build({ ...settings, ...inParts, entryPoints: sources("index") });
  await build({ ...settings, ...inParts, entryPoints: sources("cli/main") });
  chmodSync(entry, 0o755);
  return true;
}

const done = [buildAddon(), await buildLibrary()];
if (done.includes(false)) {
  console.error("The build failed.");
  process.exitCode = 1;
}
