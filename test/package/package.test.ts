import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-package-"));
const copy = join(folder, "project");
const user = join(folder, "user");
const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
  version: string;
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
};

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}
let packed: Packed;

function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(() => {
  cpSync(project, copy, {
    recursive: true,
    preserveTimestamps: true,
    filter: (source) => !["node_modules", ".git", "prebuilds", "obj.target"].includes(basename(source)),
  });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  run("npm", ["run", "prepack"], copy);
  const args = ["--json", "--ignore-scripts", "--pack-destination", folder];
  packed = (JSON.parse(run("npm", ["pack", ...args], copy)) as Packed[])[0]!;
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  run("npm", ["install", ...quiet, join(folder, packed.filename)], user);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the package holds what is run, the addon with its sources, the licence and the manual, and nothing else", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "LICENSE",
    "README.md",
    "binding.gyp",
    "dist/code/cli.cjs",
    "dist/index.d.ts",
    "dist/index.js",
    "native/addon.c",
    "package.json",
    `prebuilds/linux-${process.arch}/linkwright.node`,
    `prebuilds/linux-${process.arch}/linkwright-qemu`,
  ])
    expect(paths).toContain(path);
  const known =
    /^(LICENSE|README\.md|package\.json|binding\.gyp|dist\/.+\.(js|d\.ts)|dist\/code\/[^/]+\.cjs|native\/.+\.[ch]|docs\/.+\.(md|json)|prebuilds\/linux-\w+\/(linkwright\.node|linkwright-qemu))$/;
  expect(paths.filter((path) => !known.test(path))).toEqual([]);
});

test("every file of dist has a source, or is what several share", () => {
  const sources = packed.files
    .map(({ path }) => path)
    .filter((path) => path.startsWith("dist/") && !path.startsWith("dist/code/"))
    .map((path) => path.replace(/^dist/, "src").replace(/(\.d\.ts|\.js)$/, ".ts"));
  expect(sources.length).toBeGreaterThan(0);
  expect(() => {
    for (const source of sources) readFileSync(join(project, source));
  }).not.toThrow();
});

test("installing runs nothing and brings no package but the one that reads policies", () => {
  for (const script of ["preinstall", "install", "postinstall", "prepare"])
    expect(manifest.scripts).not.toHaveProperty(script);
  expect(Object.keys(manifest.dependencies ?? {})).toEqual(["jsonc-parser"]);
  const installed = run("npm", ["ls", "--all", "--parseable"], user).trim().split("\n");
  expect(installed.slice(1).sort()).toEqual([
    join(user, "node_modules/jsonc-parser"),
    join(user, "node_modules/linkwright"),
  ]);
});

test("the installed library opens the process's own namespace", () => {
  const program = `
    import { Host } from "linkwright";
    const host = await Host.open();
    console.log((await host.links()).map((link) => link.name).includes("lo"));
    await host.close();
  `;
  expect(run(process.execPath, ["--input-type=module", "--eval", program], user)).toBe("true\n");
});

test("the installed command says its version", () => {
  const command = join(user, "node_modules/.bin/linkwright");
  expect(run(command, ["--version"], user)).toContain(manifest.version);
});

test("the prebuilt addon needs libc alone, with its loader for what each thread has of its own", () => {
  const addon = join(user, `node_modules/linkwright/prebuilds/linux-${process.arch}/linkwright.node`);
  const needed = [...run("readelf", ["--dynamic", addon], user).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(
    ([, name]) => name,
  );
  expect(needed.filter((name) => !name?.startsWith("ld-linux"))).toEqual(["libc.so.6"]);
});
