import { dirname } from "node:path";
import { expect, test } from "vitest";
import { explainNative, nativePlaces, ownPlatform } from "../../../src/kernel/native-file.js";

const linux = { system: "linux", arch: "x64", libc: "glibc" } as const;

test("a build of one's own comes before the delivered one, and code of the package looks nowhere else but beside the executable", () => {
  expect([...nativePlaces("/srv/node_modules/linkwright/dist/code", "arm64")]).toEqual([
    "/srv/node_modules/linkwright/build/Release/linkwright.node",
    "/srv/node_modules/linkwright/prebuilds/linux-arm64/linkwright.node",
    `${dirname(process.execPath)}/prebuilds/linux-arm64/linkwright.node`,
  ]);
});

test("code in a bundle looks beside it, in each node_modules above, and beside the executable", () => {
  const places = [...nativePlaces("/srv/app", "x64")];
  const delivered = "prebuilds/linux-x64/linkwright.node";
  expect(places.slice(0, 4)).toEqual([
    `/srv/app/${delivered}`,
    `/srv/app/node_modules/linkwright/${delivered}`,
    `/srv/node_modules/linkwright/${delivered}`,
    `/node_modules/linkwright/${delivered}`,
  ]);
  expect(places).toHaveLength(5);
});

test.each([
  [{ ...linux, arch: "arm64" }, "linkwright has no binary for glibc on arm64 yet: build it in a clone"],
  [{ ...linux, libc: "musl" as const }, "linkwright has no binary for musl on x64 yet: build it in a clone"],
  [{ ...linux, system: "darwin" }, "linkwright is for Linux alone, and this is darwin"],
  [{ ...linux, unsupported: "Deno" as const }, "linkwright does not work in Deno, which is not supported"],
])("on %j the error says that there is no binary", (platform, words) => {
  const error = explainNative(platform, [], new Error("no loader"));
  expect(error.message).toContain(words);
  expect(error).toHaveProperty("code", "ERR_LINKWRIGHT_NATIVE");
});

test("an addon that is not there is named with every place, and with what a bundler has to do", () => {
  expect(explainNative(linux, ["/a", "/b"]).message).toBe(
    "linkwright's native part was not found at /a, /b: a bundler has to leave linkwright out (mark it as external), or copy the " +
      'package\'s folder "prebuilds" beside the bundle; in a clone, "npm run build" makes it',
  );
});

test("this platform is known", () => {
  expect(ownPlatform()).toEqual({
    system: process.platform,
    arch: process.arch,
    libc: "glibc",
    unsupported: undefined,
  });
});
