import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pack, type Packed, run } from "./packed.js";

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-package-"));
const user = join(folder, "user");
const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
  version: string;
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
};

let packed: Packed;

beforeAll(() => {
  packed = pack(folder);
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  run("npm", ["install", ...quiet, join(folder, packed.filename)], user);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the package holds what is run, the sources of what is native, the licence and the manual, and nothing else", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "LICENSE",
    "README.md",
    "dist/code/cli.cjs",
    "dist/index.d.ts",
    "dist/index.js",
    "native/addon.c",
    "package.json",
    `prebuilds/linux-${process.arch}/linkwright.node`,
    `prebuilds/linux-${process.arch}/linkwright-cni`,
    `prebuilds/linux-${process.arch}/linkwright-qemu`,
    `prebuilds/linux-${process.arch}/linkwright-watchdog`,
  ])
    expect(paths).toContain(path);
  const known =
    /^(LICENSE|(README|CHANGELOG)\.md|package\.json|examples\/[\w-]+\.(mjs|yaml)|dist\/.+\.(js|d\.ts)|dist\/code\/[^/]+\.(cjs|d\.cts)|native\/.+\.[ch]|docs\/.+\.(md|json|svg|png)|prebuilds\/linux-\w+\/(linkwright(\.musl)?\.node|linkwright-(cni|qemu|watchdog)))$/;
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

test("installing runs nothing and brings no packages but those that read policies, declarations, what is imported and questions for names", () => {
  for (const script of ["preinstall", "install", "postinstall", "prepare"])
    expect(manifest.scripts).not.toHaveProperty(script);
  expect(Object.keys(manifest.dependencies ?? {})).toEqual([
    "@hpcc-js/wasm-graphviz",
    "@xmldom/xmldom",
    "dns-packet",
    "jsonc-parser",
    "yaml",
  ]);
  const installed = run("npm", ["ls", "--all", "--parseable"], user).trim().split("\n");
  expect(installed.slice(1).sort()).toEqual([
    join(user, "node_modules/@hpcc-js/wasm-graphviz"),
    join(user, "node_modules/@leichtgewicht/ip-codec"),
    join(user, "node_modules/@xmldom/xmldom"),
    join(user, "node_modules/dns-packet"),
    join(user, "node_modules/jsonc-parser"),
    join(user, "node_modules/linkwright"),
    join(user, "node_modules/yaml"),
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
