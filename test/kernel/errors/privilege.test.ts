import { expect, test } from "vitest";
import { fixture, lacks, report } from "../scene/program.js";

interface Result {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly value?: unknown;
}

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"];
const missing = lacks("unshare", "--net", "--mount", ...NOBODY, "test", "-r", fixture("steps")[1]!);
const PRIVILEGE =
  "operation not permitted (EPERM); it needs CAP_NET_ADMIN in the user namespace that owns this network namespace; " +
  "without root, start in namespaces of your own: unshare --user --map-root-user --net";

/** Runs steps of fixtures/steps.mjs as nobody, in a network namespace of root's that `prepare` has prepared. */
function asNobody(prepare: string, ...steps: string[]): Promise<Result[]> {
  const program = [...NOBODY, "env", "NAMESPACE=current", ...fixture("steps", ...steps)];
  return report(["unshare", "--net", "--mount", "sh", "-ec", `${prepare}\nexec "$@"`, "sh", ...program]);
}

const OPEN_DEVICE = "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200";

test("without CAP_NET_ADMIN, reading works and changing is refused with what it needs", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const [opened, link, bridge, up, removal] = await asNobody(":", "open", "link", "bridge", "up", "removeAll");
  expect(opened).toEqual({});
  expect(link).toEqual({ value: "lo" });
  expect(bridge).toEqual({
    name: "NetlinkError",
    code: "EPERM",
    message: `br0: the kernel refused RTM_NEWLINK: ${PRIVILEGE}`,
  });
  expect(up).toMatchObject({ code: "EPERM", message: `lo: the kernel refused RTM_NEWLINK: ${PRIVILEGE}` });
  expect(removal).toMatchObject({ name: "NetlinkError" });
});

test("without CAP_SYS_ADMIN, no namespace is entered and none is made", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const hint =
    "it needs CAP_SYS_ADMIN; without root, start in namespaces of your own: unshare --user --map-root-user --net";
  const open = (namespace: string): Promise<Result[]> =>
    report(["unshare", "--net", ...NOBODY, "env", `NAMESPACE=${namespace}`, ...fixture("steps", "open")]);
  expect((await open("new"))[0]).toEqual({
    name: "NetlinkError",
    code: "EPERM",
    message: `namespace new: the kernel refused unshare: operation not permitted (EPERM); ${hint}`,
  });
  expect((await open("/proc/self/ns/net"))[0]).toEqual({
    name: "NetlinkError",
    code: "EPERM",
    message: `namespace /proc/self/ns/net: the kernel refused setns: operation not permitted (EPERM); ${hint}`,
  });
});

test("a thread or a descriptor too many is refused in words, and the host goes on", async ({ skip }) => {
  const reason = missing ?? lacks("prlimit", "--version");
  skip(reason !== undefined, reason);
  const [, opened] = await asNobody(":", "threads", "open");
  expect(opened).toEqual({
    name: "NetlinkError",
    code: "EAGAIN",
    message:
      "namespace current: the kernel refused pthread_create: resource temporarily unavailable (EAGAIN); " +
      "this user, or the machine, has no more threads to give",
  });
  const [, , pair, adopted, setting, link] = await asNobody(
    ":",
    "open",
    "descriptors",
    "socketPair",
    "adopt",
    "sysctl",
    "link",
  );
  const tooMany = (syscall: string): string => `the kernel refused ${syscall}: too many open files (EMFILE)`;
  expect([pair?.message, adopted?.message]).toEqual([tooMany("socketpair"), tooMany("fcntl")]);
  expect(setting?.message).toBe(`net.ipv4.ip_forward: ${tooMany("open")}`);
  expect(link).toEqual({ value: "lo" });
});

test("a setting that this user may not write is refused in words", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const [, sysctl] = await asNobody(":", "open", "sysctl");
  expect(sysctl).toMatchObject({
    code: "EACCES",
    message:
      "net.ipv4.ip_forward: the kernel refused open: permission denied (EACCES); " +
      "this user may not, or /proc/sys is mounted read-only",
  });
});

test("/dev/net/tun that is missing, or closed to this user, is told apart from privilege that is missing", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  const tap = async (prepare: string): Promise<Result | undefined> => (await asNobody(prepare, "open", "tap"))[1];
  expect(await tap("mount -t tmpfs none /dev/net")).toMatchObject({
    code: "ENOENT",
    message:
      "tap0: the kernel refused open(/dev/net/tun): no such file or directory (ENOENT); this machine has no TUN/TAP: " +
      "load the module tun (CONFIG_TUN), or in a container create the device (10, 200)",
  });
  expect(await tap(`${OPEN_DEVICE} && chmod 600 /dev/net/tun`)).toMatchObject({
    code: "EACCES",
    message:
      "tap0: the kernel refused open(/dev/net/tun): permission denied (EACCES); this user may not open /dev/net/tun: " +
      "its mode should be 0666, as udev sets it; privilege is checked later",
  });
  expect(await tap(OPEN_DEVICE)).toMatchObject({
    code: "EPERM",
    message:
      "tap0: the kernel refused ioctl(TUNSETIFF): operation not permitted (EPERM); " +
      "creating a TAP needs CAP_NET_ADMIN in this network namespace",
  });
});

test("a TAP of another user is said to be so, and a user's own opens", async ({ skip }) => {
  const reason = missing ?? lacks("ip", "tuntap", "help");
  const unable = missing ?? (reason?.includes("installed") === true ? reason : undefined);
  skip(unable !== undefined, unable);
  const owned = (id: number): string => `${OPEN_DEVICE} && ip tuntap add dev other0 mode tap user ${id}`;
  expect((await asNobody(owned(1), "open", "others"))[1]).toMatchObject({
    code: "EPERM",
    message:
      "other0: the kernel refused ioctl(TUNSETIFF): operation not permitted (EPERM); " +
      "other0 belongs to another user: its owner is 1",
  });
  expect((await asNobody(owned(65_534), "open", "others"))[1]).toEqual({ value: "other0" });
});
