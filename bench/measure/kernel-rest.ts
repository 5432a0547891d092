import { readFileSync } from "node:fs";

const WINDOW = 100;
const CALM = 2;
const LONGEST = 15_000;
/** So few that the kernel's accounts, in ticks of 10 ms, do not show them. */
const FEW = 200;

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Waits until the kernel has done what it does after many links have gone: until the processors spend less than a
 * tenth of two windows of 100 ms in it. On a machine that others keep busy, no longer than the links may be worth.
 */
export async function settle(links = 1000): Promise<void> {
  if (links <= FEW) return pause(20 + links / 5);
  const deadline = performance.now() + Math.min(LONGEST, 200 + links * 3);
  let calm = 0;
  let before = kernelTime();
  while (calm < CALM && performance.now() < deadline) {
    await pause(WINDOW);
    const now = kernelTime();
    calm = (now - before) / WINDOW < 0.1 ? calm + 1 : 0;
    before = now;
  }
}

/** Milliseconds that all processors have spent in the kernel, interrupts included. */
function kernelTime(): number {
  const [, , , system = 0, , , irq = 0, softirq = 0] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]!
    .split(/\s+/)
    .map(Number);
  return (system + irq + softirq) * 10;
}
