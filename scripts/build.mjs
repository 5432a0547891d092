import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** The same code in ASCII alone: V8 keeps that in half the memory, and reads it quicker. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What goes for every bundle: packages stay outside, and the code stays readable, for an uncaught error shows its line. */
const settings = {
  cwd: root,
  platform: "node",
  external: [/^node:/, "jsonc-parser"],
  resolve: { extensionAlias: { ".js": [".ts"] } },
  transform: {
    target: "node20",
    define: { "Symbol.asyncDispose": "asyncDispose" },
    inject: { asyncDispose: [join(root, "src/base/disposal.ts"), "asyncDispose"] },
  },
};

/** Bundles a module of src. `groups`: what goes into one file although it could be in several; the rest follows what imports it. */
async function bundle(name, groups) {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({ ...settings, input: { [name]: join(root, "src", `${name}.ts`) } });
  const { output: files } = await made.generate({
    comments: false,
    minifyInternalExports: false,
    topLevelVar: true, // no check at each use whether it is initialized
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: { groups },
  });
  await made.close();
  for (const { fileName, code } of files) {
    const path = join(output, fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, inAscii(code));
  }
  return files;
}

/**
 * Types by tsc. Of the library's code, what an import of the package needs is one file, for start-up is paid by every
 * program that embeds it; what src/host/parts.ts loads later is apart. The command line has that one file, too, and one more
 * a command.
 */
async function buildLibrary() {
  const built = existsSync(entry) ? statSync(entry).mtimeMs : 0;
  if (built > newest("src", "tsconfig.json", "tsconfig.build.json", "scripts/build.mjs")) return true;
  console.log("Building the library");
  rmSync(output, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const types = [compiler, "-p", "tsconfig.build.json", "--noEmitOnError", "--emitDeclarationOnly"];
  if (runQuietly(process.execPath, types).status !== 0) return false;
  await bundle("rtnetlink/tables", []);
  await bundle("netfilter/index", [{ name: "netfilter", tags: ["$initial"] }]);
  const files = await bundle("index", [{ name: "core", tags: ["$initial"] }]);
  const core = new Set(files.find(({ name }) => name === "core").moduleIds);
  await bundle("cli/main", [
    // Not the program itself, which waits for what it loads, and that for what it shares with it.
    { name: "start", tags: ["$initial"], test: (id) => !id.endsWith("/main.ts"), priority: 1 },
    { name: "core", test: (id) => core.has(id) },
  ]);
  chmodSync(entry, 0o755);
  return true;
}

const done = [buildAddon(), await buildLibrary()];
if (done.includes(false)) {
  console.error("The build failed.");
  process.exitCode = 1;
}
