import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, InputError, NetlinkError, type TapOptions } from "../../../src/index.js";

const BUSY = "resource busy or locked (EBUSY)";
const INVALID = "invalid argument (EINVAL)";
let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addTap("single");
  await host.addTap("multi", { multiQueue: true });
  await host.addTap("point", { mode: "tun" });
});

afterAll(async () => {
  await host.close();
});

test("a name that is taken is said to be", async () => {
  await expect(host.addTap("single")).rejects.toThrow(
    `single: the kernel refused ioctl(TUNSETIFF): file already exists (EEXIST); a tap named single exists already`,
  );
  await expect(host.addTap("point")).rejects.toThrow(
    `point: the kernel refused ioctl(TUNSETIFF): file already exists (EEXIST); a tun named point exists already`,
  );
  await expect(host.addTap("br0")).rejects.toThrow(
    `br0: the kernel refused ioctl(TUNSETIFF): file already exists (EEXIST); a link named br0 exists already, and is no TUN or TAP`,
  );
  await expect(host.openTap("br0")).rejects.toThrow(
    `br0: the kernel refused ioctl(TUNSETIFF): ${INVALID}; a link named br0 exists already, and is no TUN or TAP`,
  );
});

test("a TAP that another has open is in use", async () => {
  await using _tap = await host.openTap("single");
  const again = host.openTap("single");
  await expect(again).rejects.toBeInstanceOf(NetlinkError);
  await expect(again).rejects.toMatchObject({
    code: "EBUSY",
    syscall: "ioctl(TUNSETIFF)",
    subject: "single",
    message: `single: the kernel refused ioctl(TUNSETIFF): ${BUSY}; single is in use: another program has it open`,
  });
});

test("a single queue cannot be opened as several, nor the reverse", async () => {
  await expect(host.openTap("single", { queues: 2 })).rejects.toThrow(
    `single: the kernel refused ioctl(TUNSETIFF): ${INVALID}; ` +
      "single has a single queue: open it with queues: 1, or create it with multiQueue",
  );
  await expect(host.openTap("single", { multiQueue: true })).rejects.toThrow("single has a single queue");
  await expect(host.openTap("multi")).rejects.toThrow(
    `multi: the kernel refused ioctl(TUNSETIFF): ${INVALID}; multi is multi-queue: open it with multiQueue: true`,
  );
});

test("a TUN is no TAP, nor the reverse", async () => {
  await expect(host.openTap("point")).rejects.toThrow(/; point is a tun, not a tap$/);
  await expect(host.openTap("single", { mode: "tun" })).rejects.toThrow(/; single is a tap, not a tun$/);
});

test("a TAP whose queues are all open has no free one, and the queues opened before the failure are closed", async () => {
  await using first = await host.openTap("multi", { queues: 255 });
  await expect(host.openTap("multi", { queues: 2 })).rejects.toThrow(/multi has no free queue$/);
  await first.descriptors[0]!.close();
  await using rest = await host.openTap("multi", { queues: 2 });
  expect(rest.descriptors.length).toBe(2);
});

test("a TAP whose creation fails half-way is not there", async () => {
  await expect(host.openTap("new0", { napiFrags: true, mode: "tun" })).rejects.toMatchObject({ code: "EINVAL" });
  // Segments without checksums.
  await expect(host.addTap("new1", { vnetHdr: true, offload: ["tso4"] })).rejects.toMatchObject({
    code: "EINVAL",
    syscall: "ioctl(TUNSETOFFLOAD)",
    subject: "new1",
  });
  for (const name of ["new0", "new1"]) await expect(host.link(name)).rejects.toMatchObject({ code: "ENODEV" });
});

test("a bridge that is not there is said not to be, as where a link is attached", async () => {
  const added = host.addTap("new3", { bridge: "none" });
  await expect(added).rejects.toMatchObject({ hint: "there is no such link in this network namespace" });
  await expect(host.link("new3")).rejects.toMatchObject({ code: "ENODEV" });
});

test.each(["a%s", "%d%d", "tap%", "a%d%", "%x"])("%j is no name of a TAP", async (name) => {
  await expect(host.addTap(name)).rejects.toThrow(`"${name}" cannot be a TAP's name: "%" stands only in one "%d"`);
});

test.each<[TapOptions | object, string]>([
  [{ queues: 0 }, "queues: 0 is not an integer from 1 to 256"],
  [{ queues: 1.5 }, "queues: 1.5 is not an integer from 1 to 256"],
  [{ owner: -1 }, "owner: -1 is not an integer from 0 to 4294967294"],
  [{ group: 2 ** 32 }, "group: 4294967296 is not an integer from 0 to 4294967294"],
  [{ sndbuf: 0 }, "sndbuf: 0 is not an integer from 1 to 2147483647"],
  [{ vnetHdrSize: 9 }, "vnetHdrSize: 9 is not an integer from 10 to 256"],
  [{ mode: "bridge" }, "mode: bridge is neither tap nor tun"],
  [{ offload: ["gro"] }, 'offload: "gro" is none of csum, tso4, tso6, tsoEcn, ufo, uso4, uso6'],
  [{ address: "52:54:00" }, 'address: "52:54:00" is not a MAC such as 52:54:00:12:34:56'],
])("%o is refused before anything is opened", async (options, message) => {
  const opening = host.openTap("new2", options);
  await expect(opening).rejects.toBeInstanceOf(InputError);
  await expect(opening).rejects.toThrow(message);
  await expect(host.link("new2")).rejects.toMatchObject({ code: "ENODEV" });
});

test("a queue that is not open is refused", async () => {
  await using tap = await host.openTap("new3");
  await expect(async () => tap.setQueue(1, true)).rejects.toThrow("queue 1: new3 has 1 open queues");
  const added = await host.addTap("new4");
  await expect(async () => added.status()).rejects.toThrow("queue 0: new4 has 0 open queues");
});

test.each<unknown>([undefined, "no", 0])("whether a queue is attached is never guessed from %j", async (attached) => {
  await using tap = await host.openTap("new8", { queues: 2 });
  await expect(tap.setQueue(1, attached as boolean)).rejects.toThrow(
    `attached: ${typeof attached === "string" ? '"no"' : String(attached)} is neither true nor false`,
  );
});

test("what is done with a TAP that is closed is refused by its name", async () => {
  const tap = await host.openTap("new9");
  await tap.close();
  for (const request of [tap.status(), tap.control({ owner: 1 }), tap.setQueue(0, true)])
    await expect(request).rejects.toMatchObject({
      name: "NetlinkError",
      code: "EBADF",
      subject: "new9",
      message: "the descriptor is closed (EBADF)",
    });
});

test("a queue that is attached cannot be attached again", async () => {
  await using tap = await host.openTap("new5", { queues: 2 });
  await expect(tap.setQueue(1, true)).rejects.toMatchObject({ code: "EINVAL", syscall: "ioctl(TUNSETQUEUE)" });
});

test("vhost is refused with the kernel's option where the device is missing, and the TAP is closed", async ({
  skip,
}) => {
  skip(existsSync("/dev/vhost-net"), "this machine has /dev/vhost-net");
  await expect(host.openTap("new6", { vhost: true })).rejects.toThrow(
    "the kernel refused open(/dev/vhost-net): no such file or directory (ENOENT); " +
      "this kernel has no vhost-net; it needs CONFIG_VHOST_NET, module vhost_net",
  );
  await expect(host.link("new6")).rejects.toMatchObject({ code: "ENODEV" });
});

test("vhost gives a descriptor for each queue", async ({ skip }) => {
  skip(!existsSync("/dev/vhost-net"), "this machine has no /dev/vhost-net");
  await using tap = await host.openTap("new7", { vhost: true, queues: 2 });
  expect(tap.vhost.length).toBe(2);
});
