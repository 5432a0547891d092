import { builtin } from "../../base/builtin.js";
import { type Clock, systemClock } from "../clock.js";

/** The clock of this boot. */
export async function thisBootsClock(): Promise<Clock> {
  const boot = await builtin("node:fs/promises").readFile("/proc/sys/kernel/random/boot_id", "utf8");
  return systemClock(boot.trim());
}
