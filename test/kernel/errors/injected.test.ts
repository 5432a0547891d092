import { expect, test } from "vitest";
import { fixture, lacks, report } from "../scene/program.js";

interface Result {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly value?: unknown;
}

const NODE = [process.execPath, "--no-warnings"];
const missing =
  lacks("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=none", "true") ??
  (process.getuid?.() === 0 ? undefined : "failing system calls in a namespace needs root");

/** Runs steps of fixtures/steps.mjs with system calls that fail, on every thread but never before the host's work. */
function inject(calls: string, error: string, when: string, ...steps: string[]): Promise<Result[]> {
  const program = fixture("steps", ...steps).slice(1);
  return report([
    ...["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`],
    ...["-e", `inject=${calls}:error=${error}:when=${when}`, ...NODE, ...program],
  ]);
}

test("a batch that cannot be sent rejects each of its requests, and the host goes on", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const results = await inject("sendto,sendmsg", "ENOBUFS", "2", "open", "link", "batch", "link");
  expect(results[1]).toMatchObject({ value: "lo" });
  expect(results[2]?.value).toEqual(
    Array.from({ length: 3 }, () => ({
      name: "NetlinkError",
      code: "ENOBUFS",
      message: expect.stringMatching(
        /^link 1: the kernel refused RTM_GETLINK: it could not be sent \(ENOBUFS\)$/,
      ) as string,
    })),
  );
  expect(results[3]).toMatchObject({ value: "lo" });
});

test("a namespace that cannot be made is said to be so", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const [opened] = await inject("unshare", "ENOSPC", "1", "open");
  expect(opened).toEqual({
    name: "NetlinkError",
    code: "ENOSPC",
    message:
      "namespace new: the kernel refused unshare: no space left on device (ENOSPC); " +
      "this user has as many network namespaces as user.max_net_namespaces allows",
  });
});

test("a socket that cannot be made is said to be so", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const [opened] = await inject("bind", "EADDRINUSE", "1", "open");
  expect(opened).toMatchObject({
    name: "NetlinkError",
    code: "EADDRINUSE",
    message: "namespace new: the kernel refused bind: address already in use (EADDRINUSE)",
  });
});

test("an option that the kernel's netlink lacks fails the opening, not later work", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const [opened] = await inject("setsockopt", "ENOPROTOOPT", "1", "open");
  expect(opened).toMatchObject({
    code: "ENOPROTOOPT",
    message: "namespace new: the kernel refused setsockopt: protocol not available (ENOPROTOOPT)",
  });
});

test("a missing /dev/net/tun is told apart from one that is closed to the user", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const path = ["-P", "/dev/net/tun"];
  const run = (error: string): Promise<Result[]> =>
    report([
      ...["strace", "-f", "-qq", "-o", "/dev/null", ...path, "-e", "trace=openat"],
      ...["-e", `inject=openat:error=${error}`, ...NODE, ...fixture("steps", "open", "tap").slice(1)],
    ]);
  expect((await run("ENOENT"))[1]).toEqual({
    name: "NetlinkError",
    code: "ENOENT",
    message:
      "tap0: the kernel refused open(/dev/net/tun): no such file or directory (ENOENT); this machine has no TUN/TAP: " +
      "load the module tun (CONFIG_TUN), or in a container create the device (10, 200)",
  });
  expect((await run("EACCES"))[1]).toEqual({
    name: "NetlinkError",
    code: "EACCES",
    message:
      "tap0: the kernel refused open(/dev/net/tun): permission denied (EACCES); this user may not open /dev/net/tun: " +
      "its mode should be 0666, as udev sets it; privilege is checked later",
  });
});

test("too many open files are said to be so, and nothing stays half-open", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const results = await report<Result[]>([
    ...["strace", "-f", "-qq", "-o", "/dev/null", "-P", "/dev/net/tun", "-e", "trace=openat"],
    ...["-e", "inject=openat:error=EMFILE:when=3", ...NODE, ...fixture("steps", "open", "queues", "tap").slice(1)],
  ]);
  expect(results[1]).toMatchObject({ name: "NetlinkError", code: "EMFILE" });
  expect(results[1]?.message).toMatch(/^multi: the kernel refused open\(\/dev\/net\/tun\): too many open files/);
  expect(results[2]).toMatchObject({ value: "tap0" });
});

test("an ioctl that fails is named, and the TAP is not there", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const results = await report<Result[]>([
    ...["strace", "-f", "-qq", "-o", "/dev/null", "-P", "/dev/net/tun", "-e", "trace=ioctl"],
    ...["-e", "inject=ioctl:error=ENOMEM:when=1", ...NODE, ...fixture("steps", "open", "tap", "links").slice(1)],
  ]);
  expect(results[1]).toMatchObject({
    code: "ENOMEM",
    message: expect.stringMatching(
      /^tap0: the kernel refused ioctl\(TUNSETIFF\): not enough memory \(ENOMEM\)/,
    ) as string,
  });
  expect(results[2]?.value).toEqual(["lo"]);
});
