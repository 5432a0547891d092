import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, mkdtempSync, openSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { frameStream } from "../../../src/host/taps/frames.js";
import { frame, numbers } from "../scene/frames.js";
import { fixture, outcome } from "../scene/program.js";

test("a TAP's queue that is passed over a Unix socket works at the other end", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using receiver = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await using left = await host.openTap("left");
  await using right = await host.openTap("right");
  await host.attach(left, "br0");
  await host.attach(right, "br0");
  const [near, far] = host.socketPair();
  const over = receiver.adoptDescriptor(far.fd);
  await host.sendDescriptors(near, right.descriptors, Buffer.from("right"));
  const received = await receiver.receiveDescriptors(over);
  expect(received.bytes.toString()).toBe("right");
  expect(received.descriptors.length).toBe(1);
  await right.close();
  const to = frameStream(received.descriptors[0]!);
  const from = left.frames();
  const passed = numbers(to, 1);
  from.write(frame(99));
  expect(await passed).toEqual([99]);
  from.destroy();
  to.destroy();
});

test("every queue of a TAP is passed at once", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using tap = await host.openTap("tap0", { queues: 16 });
  const [a, b] = host.socketPair();
  await host.sendDescriptors(a, tap.descriptors);
  const { bytes, descriptors } = await host.receiveDescriptors(b);
  expect([...bytes]).toEqual([0]);
  expect(descriptors.length).toBe(16);
  const numbersOf = new Set(descriptors.map(({ fd }) => fd));
  expect(numbersOf.size).toBe(16);
  for (const { fd } of descriptors) expect(readlinkSync(`/proc/self/fd/${fd}`)).toBe("/dev/net/tun");
});

test("sending to a blocking socket that nobody reads does not stop the event loop", async () => {
  const [program, ...words] = fixture("blocking");
  const child = spawn(program!, words, { timeout: 60_000, killSignal: "SIGKILL" });
  expect(await outcome(child)).toMatchObject({ status: 0, stdout: '"the event loop goes on"\n' });
});

test("receiving waits for what is sent later, without blocking anything", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [a, b] = host.socketPair();
  const received = host.receiveDescriptors(b);
  let turns = 0;
  for (; turns < 10; turns++) await new Promise(setImmediate);
  await using namespace = await host.namespaceDescriptor();
  await host.sendDescriptors(a, [namespace], Buffer.from("namespace"));
  expect((await received).bytes.toString()).toBe("namespace");
});

test("the end of a connection is no bytes and no descriptors", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [a, b] = host.socketPair();
  await a.close();
  expect(await host.receiveDescriptors(b)).toMatchObject({ bytes: Buffer.alloc(0), descriptors: [] });
});

test("descriptors that nobody can receive any more are refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [a, b] = host.socketPair();
  await b.close();
  await expect(host.sendDescriptors(a, [a])).rejects.toMatchObject({
    code: "EPIPE",
    message: "the kernel refused sendmsg: broken pipe (EPIPE)",
  });
});

test("descriptors travel with at least one byte", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [a] = host.socketPair();
  await expect(host.sendDescriptors(a, [a], new Uint8Array(0))).rejects.toThrow(
    "descriptors travel with at least one byte",
  );
});

test("a host connects to a Unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-"));
  const path = join(folder, "socket");
  const server = createServer((socket) => socket.end("hello"));
  server.listen(path);
  await once(server, "listening");
  try {
    await using host = await Host.open({ namespace: "new" });
    await using socket = await host.connectSocket(path);
    expect((await host.receiveDescriptors(socket)).bytes.toString()).toBe("hello");
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test("a Unix socket that is not there is refused, and so is a path that is too long", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.connectSocket("/nonexistent/socket")).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "connect",
  });
  await expect(host.connectSocket(`/${"x".repeat(200)}`)).rejects.toThrow("a Unix socket's path has 1 to 107 bytes");
});

test("an adopted descriptor is the host's own copy", async () => {
  await using host = await Host.open({ namespace: "new" });
  const fd = openSync("/dev/null", "r");
  const { rdev } = fstatSync(fd);
  const adopted = host.adoptDescriptor(fd);
  closeSync(fd);
  expect(adopted.fd).not.toBe(fd);
  expect(fstatSync(adopted.fd).rdev).toBe(rdev);
  await adopted.close();
  expect(adopted.fd).toBe(-1);
  await adopted.close();
});

test("a descriptor that is not open cannot be adopted", async () => {
  await using host = await Host.open({ namespace: "new" });
  expect(() => host.adoptDescriptor(999_999)).toThrow(
    expect.objectContaining({
      name: "NetlinkError",
      code: "EBADF",
      syscall: "fcntl",
      message: "no open descriptor has this number (EBADF)",
    }),
  );
});

test("what is sent and received by a socket that is closed is refused", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [near, far] = host.socketPair();
  await near.close();
  const refusal = { name: "NetlinkError", code: "EBADF", message: "the descriptor is closed (EBADF)" };
  await expect(host.sendDescriptors(near, [far])).rejects.toMatchObject({ ...refusal, syscall: "sendmsg" });
  await expect(host.receiveDescriptors(near)).rejects.toMatchObject({ ...refusal, syscall: "recvmsg" });
  await expect(host.sendDescriptors(far, [near])).rejects.toMatchObject(refusal);
});

test("a child inherits a TAP's queue by its number", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using tap = await host.openTap("tap0");
  const child = spawn("readlink", ["/proc/self/fd/3"], {
    stdio: ["ignore", "pipe", "pipe", tap.descriptors[0]!.fd],
  });
  expect(await outcome(child)).toMatchObject({ status: 0, stdout: "/dev/net/tun\n" });
});

test("a child inherits no descriptor that is not given to it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using _tap = await host.openTap("tap0", { queues: 4 });
  host.socketPair();
  const child = spawn("ls", ["-l", "/proc/self/fd"], { stdio: ["ignore", "pipe", "pipe"] });
  const { stdout } = await outcome(child);
  expect(stdout).not.toMatch(/ ([3-9]|\d\d+) -> (.*tun|socket)/);
});
