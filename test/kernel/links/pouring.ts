import { readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import type { Tap } from "../../../src/index.js";
import { numberOf } from "../scene/frames.js";

/**
 * A thread that writes a frame into each of the descriptors that are shared, and another into `other`, for ever. Shared are
 * whether it is to end, its rounds, a place to rest at, the number of descriptors, and these.
 */
const WRITER = `
  const { workerData: { shared, other, inside, outside } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const state = new Int32Array(shared);
  const write = (fd, frame) => { try { writeSync(fd, frame); } catch {} };
  while (Atomics.load(state, 0) === 0) {
    for (let place = 0; place < Atomics.load(state, 3); place++) {
      write(Atomics.load(state, 4 + place), inside);
      if (place % 8 === 0) write(other, outside);
    }
    Atomics.add(state, 1, 1);
    Atomics.wait(state, 2, 0, 0.1);
  }
`;

/** Frames that pour into the far ends of TAPs. */
export interface Pouring extends AsyncDisposable {
  /** Pours `inside` into each of these from now on, at most as many as were announced; resolves once each has had some. */
  into(taps: readonly Tap[]): Promise<void>;
}

/** Pours frames from a thread of its own: `outside` into one TAP, while there are others; `inside` into these others. */
export function pour(other: Tap, outside: Buffer, inside: Buffer, atOnce: number): Pouring {
  const state = new Int32Array(new SharedArrayBuffer(4 * (4 + atOnce)));
  const workerData = { shared: state.buffer, other: descriptorOf(other), inside, outside };
  const worker = new Worker(WRITER, { eval: true, workerData });
  return {
    async into(taps) {
      taps.forEach((tap, place) => Atomics.store(state, 4 + place, descriptorOf(tap)));
      Atomics.store(state, 3, taps.length);
      const round = Atomics.load(state, 1);
      await until(() => Atomics.load(state, 1) > round + 1);
    },
    async [Symbol.asyncDispose]() {
      Atomics.store(state, 0, 1);
      await new Promise((resolve) => worker.once("exit", resolve));
    },
  };
}

/** The numbers of all frames of ours that wait at a TAP's far end. */
export function waiting(tap: Tap): Set<number | undefined> {
  const found = new Set<number | undefined>();
  const bytes = Buffer.alloc(2048);
  for (;;) {
    try {
      const size = readSync(descriptorOf(tap), bytes);
      const number = numberOf(bytes.subarray(0, size));
      if (number !== undefined) found.add(number);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
      return found;
    }
  }
}

function descriptorOf(tap: Tap): number {
  return tap.descriptors[0]!.fd;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
