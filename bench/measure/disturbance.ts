import { readFileSync } from "node:fs";

const TICK = 10;

/**
 * Watches what others do on the machine: a function that tells which part of one processor they had since then, steal time
 * included. `pids`: the processes that are ours beside this one, with the children that they waited for.
 */
export function watchOthers(pids: readonly number[]): () => number {
  const own = (): number => [process.pid, ...pids].reduce((sum, pid) => sum + ticksOf(pid), 0);
  const [start, used, ours] = [performance.now(), busyTicks(), own()];
  return () => Math.max(0, ((busyTicks() - used - (own() - ours)) * TICK) / (performance.now() - start));
}

/** All processors' ticks but the idle ones; time of guests is in the user's. */
function busyTicks(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync("/proc/stat", "utf8")
    .split(/\s+/, 9)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ").slice(11, 15);
  return fields.map(Number).reduce((sum, ticks) => sum + ticks, 0);
}
