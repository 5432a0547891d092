import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { packBuilt, packDependencies, run } from "../package/packed.js";
import { tool } from "./tools.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), "linkwright-bundlers-"));
/** Where the program is bundled: the package is in its node_modules. */
const user = join(folder, "user");
const installed = join(user, "node_modules/linkwright");

const PROGRAM = `
  import { Host } from "linkwright";
  async function main() {
    const host = await Host.open();
    console.log((await host.links()).map((link) => link.name).includes("lo"), (await host.routes.list()).length >= 0);
    await host.close();
  }
  main().catch((error) => console.log(error.message));
`;

beforeAll(() => {
  const tarballs = { linkwright: packBuilt(folder), ...packDependencies(folder) };
  for (const [name, file] of Object.entries(tarballs)) {
    mkdirSync(join(user, "node_modules", name), { recursive: true });
    run("tar", ["-xzf", join(folder, file), "--strip-components=1", "-C", join(user, "node_modules", name)], folder);
  }
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(user, "main.js"), PROGRAM);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function start(command: string, args: readonly string[], cwd: string): string {
  const { stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 60_000 });
  return stdout + stderr;
}

/** A program for a bundler's own interface, in node_modules, which writes out/BUNDLER/main.cjs or main.mjs. */
interface Bundler {
  readonly from: string;
  /** Where its code is, from node_modules. */
  readonly entry: string;
  readonly program: (entry: string, out: string) => string;
  readonly bundle: string;
}

const bundlers: Readonly<Record<string, Bundler>> = {
  "esbuild, to CommonJS": {
    from: "esbuild@0",
    entry: "esbuild/lib/main.js",
    program: (entry, out) => `require(${JSON.stringify(entry)}).buildSync({
      entryPoints: ["main.js"], bundle: true, platform: "node", format: "cjs", outfile: ${JSON.stringify(join(out, "main.cjs"))} })`,
    bundle: "main.cjs",
  },
  "esbuild, to an ES module with a banner": {
    from: "esbuild@0",
    entry: "esbuild/lib/main.js",
    program: (entry, out) => `require(${JSON.stringify(entry)}).buildSync({
      entryPoints: ["main.js"], bundle: true, platform: "node", format: "esm", outfile: ${JSON.stringify(join(out, "main.mjs"))},
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' } })`,
    bundle: "main.mjs",
  },
  webpack: {
    from: "webpack@5",
    entry: "webpack/lib/index.js",
    program: (entry, out) => `require(${JSON.stringify(entry)})({
      target: "node", mode: "production", entry: "./main.js", output: { path: ${JSON.stringify(out)}, filename: "main.cjs" } },
      (error, stats) => { if (error || stats.hasErrors()) throw error ?? new Error(stats.toString()); })`,
    bundle: "main.cjs",
  },
  "vite, with noExternal": {
    from: "vite@7",
    entry: "vite/dist/node/index.js",
    program: (entry, out) => `import(${JSON.stringify(entry)}).then(({ build }) => build({
      logLevel: "error", ssr: { noExternal: true },
      build: { ssr: "main.js", outDir: ${JSON.stringify(out)}, rollupOptions: { output: { entryFileNames: "main.mjs" } } } }))`,
    bundle: "main.mjs",
  },
};

/** Those that leave linkwright out of the bundle, as it is for each of them by an option, or from the start. */
const external: Readonly<Record<string, Bundler>> = {
  "esbuild, to an ES module": {
    ...bundlers["esbuild, to CommonJS"]!,
    program: (entry, out) => `require(${JSON.stringify(entry)}).buildSync({
      entryPoints: ["main.js"], bundle: true, platform: "node", format: "esm", external: ["linkwright"], outfile: ${JSON.stringify(join(out, "main.mjs"))} })`,
    bundle: "main.mjs",
  },
  rollup: {
    from: "rollup@4",
    entry: "rollup/dist/rollup.js",
    program: (entry, out) => `require(${JSON.stringify(entry)}).rollup({ input: "main.js", external: ["linkwright"] })
      .then((made) => made.write({ file: ${JSON.stringify(join(out, "main.mjs"))}, format: "es" }))`,
    bundle: "main.mjs",
  },
  vite: {
    ...bundlers["vite, with noExternal"]!,
    program: (entry, out) => bundlers["vite, with noExternal"]!.program(entry, out).replace("noExternal: true", ""),
  },
};

/** Bundles the program; undefined when the bundler cannot be had. */
function bundleWith(name: string, { from, entry, program, bundle }: Bundler): string | undefined {
  const path = tool(from, entry);
  if (path === undefined) return undefined;
  const out = join(user, "out", name.replaceAll(/[ ,]+/g, "-"));
  writeFileSync(join(user, "bundle.cjs"), program(path, out));
  run(process.execPath, ["bundle.cjs"], user);
  return join(out, bundle);
}

const SAID = "true true\n";

test.for(Object.keys(external))("%s leaves linkwright out, and the program finds it", (name, { skip }) => {
  const path = bundleWith(name, external[name]!);
  if (path === undefined) {
    skip(`${external[name]!.from} cannot be fetched by npm`);
    return;
  }
  expect(start(process.execPath, [path], folder)).toBe(SAID);
});

describe.for(Object.keys(bundlers))("%s packs linkwright, and", (name) => {
  test("finds the addon in node_modules, beside the bundle, or says where it looked and what to do", ({ skip }) => {
    const path = bundleWith(name, bundlers[name]!);
    if (path === undefined) {
      skip(`${bundlers[name]!.from} cannot be fetched by npm`);
      return;
    }
    expect(start(process.execPath, [path], folder)).toBe(SAID);

    const elsewhere = join(folder, "elsewhere", name.replaceAll(/[ ,]+/g, "-"));
    cpSync(join(path, ".."), elsewhere, { recursive: true });
    const moved = join(elsewhere, bundlers[name]!.bundle);
    const refusal = start(process.execPath, [moved], elsewhere);
    expect(refusal).toContain(`was not found at ${elsewhere}/prebuilds/linux-${process.arch}/linkwright.node, `);
    expect(refusal).toContain('mark it as external), or copy the package\'s folder "prebuilds" beside the bundle');
    cpSync(join(installed, "prebuilds"), join(elsewhere, "prebuilds"), { recursive: true });
    expect(start(process.execPath, [moved], folder)).toBe(SAID);
  });
});

test("Bun's executable finds the addon beside itself, and Bun runs the program", ({ skip }) => {
  const bun = tool("bun@1", "bun/bin/bun.exe");
  if (bun === undefined) {
    skip("bun@1 cannot be fetched by npm");
    return;
  }
  expect(start(bun, ["main.js"], user)).toBe(SAID);
  const place = join(folder, "executable");
  mkdirSync(place);
  run(bun, ["build", "--compile", "main.js", "--outfile", join(place, "main")], user);
  const away = join(folder, "away");
  renameSync(installed, away);
  try {
    const refusal = start(join(place, "main"), [], folder);
    expect(refusal).toContain(`${place}/prebuilds/linux-${process.arch}/linkwright.node`);
    expect(refusal).toContain("a bundler has to");
    cpSync(join(away, "prebuilds"), join(place, "prebuilds"), { recursive: true });
    expect(start(join(place, "main"), [], folder)).toBe(SAID);
  } finally {
    renameSync(away, installed);
  }
});

test("Node's single executable finds the addon beside itself", ({ skip }) => {
  const bundle = bundleWith("esbuild, to CommonJS", bundlers["esbuild, to CommonJS"]!);
  const postject = tool("postject@1.0.0-alpha.6", "postject/dist/cli.js");
  if (bundle === undefined || postject === undefined) {
    skip("esbuild@0 or postject cannot be fetched by npm");
    return;
  }
  const place = join(folder, "single");
  mkdirSync(place);
  const config = { main: bundle, output: join(place, "blob"), disableExperimentalSEAWarning: true };
  writeFileSync(join(place, "sea.json"), JSON.stringify(config));
  run(process.execPath, ["--experimental-sea-config", join(place, "sea.json")], folder);
  const program = join(place, "main");
  cpSync(process.execPath, program, { dereference: true });
  const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
  run(process.execPath, [postject, program, "NODE_SEA_BLOB", config.output, "--sentinel-fuse", fuse], folder);
  expect(start(program, [], folder)).toContain(`${place}/prebuilds/linux-${process.arch}/linkwright.node`);
  cpSync(join(installed, "prebuilds"), join(place, "prebuilds"), { recursive: true });
  expect(start(program, [], folder)).toBe(SAID);
});

test("in a root that has Node, its libraries and the program alone, as a distroless image, it works", () => {
  const root = join(folder, "root");
  const copy = (path: string): void => {
    cpSync(path, join(root, path), { recursive: true, dereference: true });
  };
  const libraries = [...run("ldd", [process.execPath], folder).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  for (const path of [process.execPath, ...libraries]) copy(path);
  cpSync(user, join(root, "app"), { recursive: true });
  mkdirSync(join(root, "proc"));
  writeFileSync(join(root, "app/proc.js"), PROGRAM.replace("host.routes.list()", "host.namespaceDescriptor()"));
  const script = 'mount $2 && exec env -i PATH="$PATH" chroot "$1" "$3" "$4"';
  const inRoot = (mounting: string, program: string): string =>
    start(
      "unshare",
      ["--mount", "--net", "--pid", "--fork", "sh", "-c", script, "sh", root, mounting, process.execPath, program],
      folder,
    );
  expect(inRoot(`-t proc proc ${join(root, "proc")}`, "/app/main.js")).toBe(SAID);
  expect(inRoot("--make-rprivate /", "/app/proc.js")).toBe(
    "/proc/thread-self/ns/net: the kernel refused open: no such file or directory (ENOENT); /proc is not mounted\n",
  );
});

test("Deno is told at once that it is not supported", ({ skip }) => {
  const deno = tool("deno@2", "deno/bin.cjs");
  if (deno === undefined) {
    skip("deno@2 cannot be fetched by npm");
    return;
  }
  const said = start(process.execPath, [deno, "run", "-A", "main.js"], user);
  expect(said).toContain("linkwright does not work in Deno, which is not supported: use Node 20 or later");
});
