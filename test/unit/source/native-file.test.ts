import { dirname } from "node:path";
import { expect, test } from "vitest";
import {
  explainNative,
  libcOf,
  loadNative,
  nativePlaces,
  type Platform,
  type Whereabouts,
} from "../../../src/kernel/load-addon.js";

const linux: Platform = { platform: "linux", arch: "x64", versions: { node: "22.0.0" } };
const PACKAGE = "/srv/node_modules/linkwright";
const beside = (folder: string, arch = "x64"): string => `${folder}/prebuilds/linux-${arch}/linkwright.node`;
const executable = (arch = "x64"): string => beside(dirname(process.execPath), arch);

/** Places where these files are. */
function placesWith(files: readonly string[], given: Partial<Whereabouts>): string[] {
  const places = nativePlaces({
    code: undefined,
    program: () => "/srv/app",
    arch: "x64",
    libc: () => "glibc",
    exists: (path) => files.includes(path),
    ...given,
  });
  return [...new Set(places)];
}

test("a build of one's own comes before the delivered one, and code of the package looks nowhere else but beside the executable", () => {
  expect(placesWith([`${PACKAGE}/package.json`], { code: `${PACKAGE}/dist/code`, arch: "arm64" })).toEqual([
    `${PACKAGE}/build/Release/linkwright.node`,
    beside(PACKAGE, "arm64"),
    executable("arm64"),
  ]);
});

test("code in a bundle looks beside it, in each node_modules above, and beside the executable", () => {
  expect(placesWith([], { code: "/srv/app" })).toEqual([
    beside("/srv/app"),
    beside("/srv/app/node_modules/linkwright"),
    beside(PACKAGE),
    beside("/node_modules/linkwright"),
    executable(),
  ]);
});

test.each<[string | undefined, string]>([
  ["/build/node_modules/linkwright/dist/code", "the package that it was packed from, which is gone"],
  ["/", "no folder of its own (webpack's mock of __filename)"],
  [undefined, "none at all"],
])("a bundle whose code takes %s for its place looks beside the program, too: %s", (code) => {
  const places = placesWith([], { code });
  for (const place of [beside("/srv/app"), beside("/srv/app/node_modules/linkwright"), beside(PACKAGE), executable()])
    expect(places).toContain(place);
});

test("a program of musl gets the addon for musl, where it is a delivered one", () => {
  const places = nativePlaces({
    code: `${PACKAGE}/dist/code`,
    program: () => "/srv/app",
    arch: "arm64",
    libc: () => "musl",
    exists: () => true,
  });
  expect([...places].slice(0, 2)).toEqual([
    `${PACKAGE}/build/Release/linkwright.node`,
    `${PACKAGE}/prebuilds/linux-arm64/linkwright.musl.node`,
  ]);
});

test.each([
  ["glibc", "\x7fELF…/lib64/ld-linux-x86-64.so.2"],
  ["musl", "\x7fELF…/lib/ld-musl-aarch64.so.1"],
])("%s is told by the loader that a program names", (libc, start) => {
  expect(libcOf(new TextEncoder().encode(start))).toBe(libc);
});

test.each([
  [{ ...linux, arch: "riscv64" }, "linkwright has no binary for riscv64: build it in a clone"],
  [{ ...linux, platform: "darwin" }, "linkwright is for Linux alone, and this is darwin"],
  [{ ...linux, versions: { deno: "2.0.0" } }, "linkwright does not work in Deno, which is not supported"],
])(
  "a process with %j is told what there is not, where no file is found and where one cannot be loaded",
  (platform, words) => {
    const open = (): never => {
      throw new Error("Error loading shared library ld-linux-x86-64.so.2");
    };
    for (const exists of [() => false, () => true]) {
      const loading = (): unknown => loadNative(["/a"], { exists, open, platform });
      expect(loading).toThrow(words);
      expect(loading).toThrow(expect.objectContaining({ code: "ERR_LINKWRIGHT_NATIVE" }));
    }
  },
);

test("the first place that has a file is it, and what cannot be loaded there is said", () => {
  const loading = { exists: (path: string) => path !== "/a", platform: linux };
  expect(loadNative(["/a", "/b", "/c"], { ...loading, open: (path) => path })).toBe("/b");
  const open = (): never => {
    throw new Error("GLIBC_2.34 not found");
  };
  expect(() => loadNative(["/a", "/b"], { ...loading, open })).toThrow(
    "linkwright's native part cannot be loaded: GLIBC_2.34 not found",
  );
});

test("an addon that is not there is named with every place, and with what a bundler has to do", () => {
  expect(explainNative(linux, ["/a", "/b"]).message).toBe(
    "linkwright's native part was not found at /a, /b: a bundler has to leave linkwright out (mark it as external), or copy the " +
      'package\'s folder "prebuilds" beside the bundle; in a clone, "npm run build" makes it',
  );
});
