import { once } from "node:events";
import { type Duplex, pipeline } from "node:stream";
import { expect, test } from "vitest";
import { frameStream } from "../../../src/host/taps/frames.js";
import { Host, type OpenTapOptions, type Tap } from "../../../src/index.js";
import { scene } from "../../../src/testing/index.js";
import { frame, numberOf, numbers } from "../scene/frames.js";
import { fixture, run } from "../scene/program.js";

interface Pair {
  readonly host: Host;
  readonly left: Tap;
  readonly right: Tap;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Two open TAPs on a bridge. */
async function bridged(options: OpenTapOptions = {}): Promise<Pair> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  const [left, right] = await Promise.all([host.openTap("left", options), host.openTap("right", options)]);
  await Promise.all([host.attach(left, "br0"), host.attach(right, "br0")]);
  return {
    host,
    left,
    right,
    [Symbol.asyncDispose]: () => host.close(),
  };
}

function gone(stream: Duplex): Promise<Error> {
  return once(stream, "error").then(([error]) => error as Error);
}

const GUESTS = { one: { bridges: { br0: {} }, taps: { left: { bridge: "br0" }, right: { bridge: "br0" } } } } as const;

test("a frame passes from one TAP through the bridge to another", async () => {
  await using net = await scene({ hosts: GUESTS });
  for (const number of [1, 2, 3]) await net.tap("one:left").send(frame(number, 60 + number));
  for (const number of [1, 2, 3]) await net.tap("one:right").expect(frame(number));
});

test("a chunk is one whole frame, however large", async () => {
  await using net = await scene({ hosts: GUESTS });
  const sizes = [60, 61, 600, 1514];
  for (const size of sizes) await net.tap("one:left").send(frame(size, size));
  for (const size of sizes) expect((await net.tap("one:right").expect(frame(size))).length).toBe(size);
});

test("frames carry the virtio header that the TAP was opened with", async () => {
  await using pair = await bridged({ vnetHdr: true, vnetHdrSize: 12 });
  const [from, to] = [pair.left.frames(), pair.right.frames()];
  const received = numbers(to, 1, 12);
  from.write(Buffer.concat([Buffer.alloc(12), frame(7)]));
  expect(await received).toEqual([7]);
  from.destroy();
  to.destroy();
});

test("each queue of a TAP has frames of its own", async () => {
  await using pair = await bridged({ queues: 2 });
  const [first, second] = [pair.left.frames(0), pair.left.frames(1)];
  const to = [pair.right.frames(0), pair.right.frames(1)];
  const received: number[] = [];
  const all = new Promise<void>((resolve) => {
    for (const stream of to)
      stream.on("data", (bytes: Buffer) => {
        const number = numberOf(bytes);
        if (number !== undefined && received.push(number) === 2) resolve();
      });
  });
  first.write(frame(1));
  second.write(frame(2));
  await all;
  expect(received.sort()).toEqual([1, 2]);
  for (const stream of [first, second, ...to]) stream.destroy();
  expect(() => pair.left.frames(2)).toThrow("queue 2: left has 2 open queues");
});

test("a reader that does not read holds the frames back in the kernel, which drops the rest", async () => {
  await using pair = await bridged();
  const [from, to] = [pair.left.frames(), pair.right.frames()];
  to.once("readable", () => undefined);
  for (let number = 0; number < 20_000; number++) if (!from.write(frame(number))) await once(from, "drain");
  expect(from.writableLength).toBeLessThanOrEqual(from.writableHighWaterMark);
  expect(to.readableLength).toBeLessThanOrEqual(to.readableHighWaterMark + 1);
  const { stats64 } = await pair.host.link("right");
  expect(stats64?.txDropped).toBeGreaterThan(10_000);
  expect((await numbers(to, 100))[0]).toBe(0);
  from.destroy();
  to.destroy();
});

test("a writer waits while its descriptor takes nothing, and goes on when it does", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [a, b] = host.socketPair();
  const from = frameStream(a);
  let written = 0;
  let full = false;
  for (let i = 0; i < 2000; i++) {
    full = !from.write(Buffer.alloc(1024), () => written++) || full;
  }
  await new Promise(setImmediate);
  expect(full).toBe(true);
  expect(written).toBeLessThan(2000);
  const to = frameStream(b);
  let bytes = 0;
  await new Promise<void>((resolve) => {
    to.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes === 2000 * 1024) resolve();
    });
  });
  expect(written).toBe(2000);
  from.destroy();
  to.destroy();
});

test("a stream that is piped to itself sends every frame back", async () => {
  await using pair = await bridged();
  const [from, echo] = [pair.left.frames(), pair.right.frames()];
  echo.pipe(echo);
  const received = numbers(from, 100);
  for (let number = 0; number < 100; number++) from.write(frame(number));
  expect(await received).toEqual(Array.from({ length: 100 }, (_, i) => i));
  from.destroy();
  echo.destroy();
});

test("a stream pipes into another", async () => {
  await using pair = await bridged();
  await using other = await pair.host.openTap("other");
  await pair.host.setLink("other", { up: true });
  const from = pair.right.frames();
  const onto = other.frames();
  const passed = new Promise<Error | undefined>((resolve) => {
    pipeline(from, onto, (error) => {
      resolve(error ?? undefined);
    });
  });
  const writer = pair.left.frames();
  writer.write(frame(1));
  await new Promise<void>((resolve) => {
    onto.once("drain", resolve);
    setImmediate(resolve);
  });
  from.destroy();
  expect((await passed)?.message).toMatch(/premature close/i);
  onto.destroy();
  writer.destroy();
});

test("a stream that is destroyed leaves the descriptor open, and the next one reads on", async () => {
  await using pair = await bridged();
  const first = pair.right.frames();
  const from = pair.left.frames();
  const received = numbers(first, 1);
  from.write(frame(1));
  expect(await received).toEqual([1]);
  first.destroy();
  expect(pair.right.descriptors[0]!.fd).toBeGreaterThan(2);
  from.write(frame(2));
  const second = pair.right.frames();
  expect(await numbers(second, 1)).toEqual([2]);
  from.destroy();
  second.destroy();
});

test("a process whose streams are destroyed ends by itself", async () => {
  expect(await run(fixture("frames-end", "destroyed"))).toMatchObject({ status: 0, stdout: "frame\n", stderr: "" });
});

test("a process whose stream is only paused ends by itself", async () => {
  expect(await run(fixture("frames-end", "unread"))).toMatchObject({ status: 0, stderr: "" });
});

test("a stream ends in an error with a hint when its link is deleted", async () => {
  await using pair = await bridged();
  const stream = pair.right.frames();
  stream.resume();
  const error = gone(stream);
  await pair.host.remove("right");
  expect(await error).toMatchObject({
    code: "EBADFD",
    hint: "the link was deleted, or this queue detached",
  });
  expect(stream.destroyed).toBe(true);
});

test("writing ends in an error with a hint when the link is down", async () => {
  await using pair = await bridged();
  await pair.host.setLink("left", { up: false });
  const stream = pair.left.frames();
  const error = gone(stream);
  stream.write(frame(1));
  expect(await error).toMatchObject({
    code: "EIO",
    subject: "left",
    message:
      "left: the kernel refused write: i/o error (EIO); the link is down: a TAP takes frames only while it is up",
  });
});

test("writing what is no frame is refused by the kernel", async () => {
  await using pair = await bridged();
  const stream = pair.left.frames();
  const error = gone(stream);
  stream.write(Buffer.alloc(3));
  expect(await error).toMatchObject({
    message:
      "left: the kernel refused write: invalid argument (EINVAL); it is too short: an Ethernet frame has at least 14 " +
      "bytes, after the headers that the device was opened with",
  });
});

test("a frame that is refused is told to who listens for that, and the stream goes on", async () => {
  await using pair = await bridged();
  const [from, to] = [pair.left.frames(), pair.right.frames()];
  const received = numbers(to, 2);
  const refused: unknown[] = [];
  from.on("refused", (error: Error, dropped: Uint8Array) => {
    refused.push([(error as NodeJS.ErrnoException).code, dropped.length]);
  });
  const write = (bytes: Uint8Array): Promise<unknown> => new Promise((resolve) => from.write(bytes, resolve));
  await write(frame(1));
  await write(Buffer.alloc(3));
  await pair.host.setLink("left", { up: false });
  await write(frame(2));
  await pair.host.setLink("left", { up: true });
  await write(frame(3));
  expect(await received).toEqual([1, 3]);
  expect(refused).toEqual([
    ["EINVAL", 3],
    ["EIO", frame(2).length],
  ]);
  from.destroy();
  to.destroy();
});

test("writing after the TAP is closed is refused", async () => {
  await using pair = await bridged();
  const stream = pair.left.frames();
  await pair.left.close();
  const error = gone(stream);
  stream.write(frame(1));
  expect(await error).toMatchObject({ code: "EBADF", syscall: "write" });
});

test("closing the host while frames pass disturbs nothing", async () => {
  for (let round = 0; round < 10; round++) {
    const { host, left, right } = await bridged();
    const [from, to] = [left.frames(), right.frames()];
    from.on("error", () => undefined);
    to.on("error", () => undefined).resume();
    const writing = setInterval(() => {
      if (!from.destroyed) from.write(frame(round));
    }, 0);
    await once(to, "data");
    await host.close();
    clearInterval(writing);
    from.destroy();
    to.destroy();
  }
});

test("frames that were not written when a stream is destroyed are not said to be", async () => {
  await using host = await Host.open({ namespace: "new" });
  const from = frameStream(host.socketPair()[0]);
  const outcomes: boolean[] = [];
  for (let i = 0; i < 2000; i++) from.write(Buffer.alloc(65_536), (error) => outcomes.push(error instanceof Error));
  await new Promise(setImmediate);
  const written = outcomes.length;
  expect(outcomes).not.toContain(true);
  from.destroy();
  await new Promise((resolve) => from.on("close", resolve));
  await new Promise(setImmediate);
  expect(outcomes.length).toBe(2000);
  expect(outcomes.slice(written)).not.toContain(false);
});
