import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { gyp } from "./lib/gyp.mjs";
import { root, runBeside } from "./lib/run.mjs";
import { roomOf } from "./rooms.mjs";

const addon = join(root, "build/Release/linkwright.node");
const output = join(root, "dist");
const code = join(output, "code");
const entry = join(code, "cli.cjs");
const descriptions = join(root, "build/tables");
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const benchmark = join(root, "build/bench/benchmark.mjs");

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
  if (built > newest("native", "binding.gyp", "program.gypi")) return true;
  console.log("Building the addon");
  return gyp(configured() ? "build" : "rebuild");
}

/** Whether build/ was configured from this binding.gyp, with headers that are still there. */
function configured() {
  const path = join(root, "build/config.gypi");
  if (!existsSync(path) || statSync(path).mtimeMs < newest("binding.gyp", "program.gypi")) return false;
  const { variables } = JSON.parse(readFileSync(path, "utf8").replace(/^#.*$/gm, ""));
  return existsSync(join(variables.nodedir, "include/node/node_api.h"));
}

/** The same code in ASCII alone: V8 keeps that in half the memory, and reads it quicker. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same code, with what it exports as values: nothing exported is given another one, and a getter for each takes its time at the import. */
function withValues(code) {
  return code.replace(
    /Object\.defineProperty\(exports, "([\w$]+)", \{\s*enumerable: true,\s*get: function\(\) \{\s*return ([\w$.]+);\s*\}\s*\}\);/g,
    "exports.$1 = $2;",
  );
}

/** What others import, by the name of its code: modules of src, each with exports of its own in package.json. */
const faces = {
  cni: "cni/index",
  diagnosis: "diagnosis/index",
  linkwright: "index",
  all: "all",
  dhcp: "dhcp/index",
  formats: "formats/index",
  netfilter: "netfilter/index",
  networks: "networks/index",
  openvswitch: "openvswitch/index",
  ovsdb: "ovsdb/index",
  testing: "testing/index",
  topology: "topology/index",
  wiring: "wiring/index",
};

/** What is loaded late: the modules that src requires, each a file of its own, named by its path in src. */
function lateModules() {
  const late = new Map();
  for (const { path } of files("src"))
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\brequire\("(\.[^"]+)"\)/g)) {
      const file = join(dirname(path), name).replace(/\.js$/, ".ts");
      late.set(
        file,
        relative(join(root, "src"), file)
          .replace(/(\/index)?\.ts$/, "")
          .replaceAll("/", "-"),
      );
    }
  return late;
}

/** The folder of src that a module is in, as scripts/rooms.mjs names it. */
const roomIn = (id) => roomOf(relative(join(root, "src"), id));

/** What goes for every bundle: packages stay outside, and the code stays readable, for an uncaught error shows its line. */
function settingsWith(late) {
  return {
    cwd: root,
    platform: "node",
    external: [/^node:/, ...Object.keys(dependencies)],
    resolve: { extensionAlias: { ".js": [".ts"] } },
    transform: {
      target: "node20",
      define: { "Symbol.asyncDispose": "asyncDispose" },
      inject: { asyncDispose: [join(root, "src/base/disposal.ts"), "asyncDispose"] },
    },
    plugins: [
      {
        name: "late",
        resolveId(source, importer, { kind }) {
          if (kind !== "require-call" || !source.startsWith(".")) return undefined;
          return { id: `./${late.get(join(dirname(importer), source).replace(/\.js$/, ".ts"))}.cjs`, external: true };
        },
      },
    ],
  };
}

/** Since when an attribute is there, and what it is unless set, is for the documentation: no program that imports the package reads it. */
const withoutFacts = {
  name: "facts",
  transform: (text, id) =>
    id.includes("/src/rtnetlink/")
      ? text.replace(
          /,\s*\{ (?:name: ("\w+"),? )?(?:since: "[\d.]+",? )?(?:default: [^{},]+ )?\}(?=,?\s*\])/g,
          (_, name) => (name === undefined ? "" : `, ${name}`),
        )
      : undefined,
};

/** Bundles what describes the tables, with all that they know. */
async function bundleDescriptions(settings) {
  const { rolldown } = await import("rolldown");
  const input = {
    tables: join(root, "src/rtnetlink/tables.ts"),
    "netfilter-tables": join(root, "src/netfilter/described-tables.ts"),
  };
  // What is loaded late elsewhere is described with the rest.
  const made = await rolldown({ ...settings, plugins: [], input });
  await made.write({ dir: descriptions, format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "[name].cjs" });
  await made.close();
}

/** The modules that some modules load with themselves. */
async function loadedWith(settings, ...inputs) {
  const { rolldown } = await import("rolldown");
  const found = new Set();
  for (const input of inputs) {
    const made = await rolldown({ ...settings, input });
    const { output: chunks } = await made.generate({ format: "cjs" });
    await made.close();
    for (const id of chunks.find(({ isEntry }) => isEntry).moduleIds) found.add(id);
  }
  return found;
}

/** What nearly every program does next, by its modules: creating links and TAPs, and attaching them. */
const WIRING = ["host/links/add-link", "host/taps/index", "host/ports/attach"];

/** Folders that are one file together: whoever needs one of them, be it to take a link down, needs most, and a file takes its time to open. */
const ROUTING = /^rtnetlink\/(address|nexthop|route)$/;

/**
 * Bundles everything into dist/code, as CommonJS: what is required is loaded at once and can be tried again, where Node's import
 * waits, and never tries again. What an import of the package needs is one file, for start-up is paid by every program that
 * embeds it; so are what wires up a machine, and what every command needs. The library's other late modules and the commands are files
 * of their own.
 */
async function bundle() {
  const late = lateModules();
  const described = settingsWith(late);
  await bundleDescriptions(described);
  const settings = { ...described, plugins: [...described.plugins, withoutFacts] };
  const entries = {
    ...faces,
    cli: "cli/main",
  };
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, module]) => [name, join(root, "src", `${module}.ts`)]),
  );
  const core = await loadedWith(settings, input.linkwright);
  const wiring = await loadedWith(settings, ...WIRING.map((module) => join(root, "src", `${module}.ts`)));
  const start = await loadedWith(settings, join(root, "src/cli/run.ts"));
  const { rolldown } = await import("rolldown");
  const all = { ...input, ...Object.fromEntries([...late].map(([file, name]) => [name, file])) };
  const made = await rolldown({ ...settings, input: all });
  const { output: chunks } = await made.generate({
    format: "cjs",
    comments: false,
    minifyInternalExports: false,
    topLevelVar: true, // no check at each use whether it is initialized
    entryFileNames: "[name].cjs",
    chunkFileNames: "part-[name]-[hash].cjs",
    codeSplitting: {
      groups: [
        { name: "core", test: (id) => core.has(id) || id.startsWith("\0"), priority: 4 },
        { name: "wiring", test: (id) => wiring.has(id), priority: 3 },
        { name: "routing", test: (id) => ROUTING.test(roomIn(id)), priority: 2 },
        // What the library needs as well is apart from the command line, a file for each folder.
        {
          name: (id) => roomIn(id).replace("/", "-"),
          debugName: "shared",
          test: (id) => start.has(id) && roomIn(id) !== "cli",
          priority: 1,
        },
        { name: "start", test: (id) => start.has(id) },
      ],
    },
  });
  await made.close();
  mkdirSync(code, { recursive: true });
  for (const { fileName, code: text } of chunks) writeFileSync(join(code, fileName), inAscii(withValues(text)));
  for (const [name, module] of Object.entries(faces)) {
    const { exports } = chunks.find(({ fileName }) => fileName === `${name}.cjs`);
    const from = `${"../".repeat(module.split("/").length - 1) || "./"}code/${name}.cjs`;
    writeFileSync(join(output, `${module}.js`), `export { ${exports.join(", ")} } from "${from}";\n`);
  }
}

/** Begins the library's declarations by tsc; undefined when the library is up to date. */
function beginTypes() {
  const built = existsSync(entry) ? statSync(entry).mtimeMs : 0;
  if (
    built >
    newest(
      "src",
      "package.json",
      "tsconfig.json",
      "tsconfig.build.json",
      "scripts/build.mjs",
      ...["declarations", "commonjs-types"].map((name) => `scripts/lib/${name}.mjs`),
    )
  )
    return undefined;
  console.log("Building the library");
  rmSync(output, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  return runBeside(compiler, "-p", "tsconfig.build.json", "--noEmitOnError", "--emitDeclarationOnly");
}

/** The library's code by rolldown, and its declarations completed. */
async function buildLibrary(types) {
  if (types === undefined) return true;
  const { status, said } = await types;
  if (status !== 0) process.stderr.write(said);
  if (status !== 0) return false;
  await bundle();
  const load = createRequire(import.meta.url);
  const { describeOptions, describeTables } = load(join(descriptions, "tables.cjs"));
  const { describeNetfilterTables } = load(join(descriptions, "netfilter-tables.cjs"));
  const { completeDeclarations } = await import("./lib/declarations.mjs");
  const { writeCommonjsTypes } = await import("./lib/commonjs-types.mjs");
  completeDeclarations(output, [...describeTables(), ...describeOptions(), ...describeNetfilterTables()]);
  writeCommonjsTypes(output, faces);
  chmodSync(entry, 0o755);
  return true;
}

/** The benchmark's programs. */
async function buildBench() {
  const built = existsSync(benchmark) ? statSync(benchmark).mtimeMs : 0;
  const parts = ["measure", "contenders", "judge", "render", "options.ts", "result.ts"];
  if (built > newest(...parts.map((name) => `bench/${name}`), "scripts/lib")) return true;
  const { bundleBench } = await import("./lib/bench.mjs");
  await bundleBench();
  return true;
}

// tsc works while the compiler of C does.
const types = beginTypes();
const done = [buildAddon(), await buildLibrary(types), await buildBench()];
if (done.includes(false)) {
  console.error("The build failed.");
  process.exitCode = 1;
}
