import { writeFileSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";
import { Host } from "../../host/host.js";
import { recover } from "./apply.js";
import { BusyError } from "./journal.js";

/** The descriptor that it inherits, of the namespace. */
const NAMESPACE = "/proc/self/fd/3";
const AGAIN = 50;

/** What stops a service stops all that is in its group: where it may, this process leaves it. */
function leaveGroup(): void {
  for (const path of ["/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs"])
    try {
      writeFileSync(path, `${process.pid}`);
      return;
    } catch {
      // There is no such hierarchy, or it is not this user's.
    }
}

/** Waits, and takes back what was not confirmed: JOURNAL MILLISECONDS. */
async function main([journal, time]: readonly string[]): Promise<void> {
  leaveGroup();
  for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => undefined);
  await using host = await Host.open({ namespace: NAMESPACE });
  Host.preload();
  process.stdout.write("ready\n");
  await passed(Number(time));
  for (;;) {
    try {
      await recover(host, { journal });
      return;
    } catch (error) {
      // It is being applied still, or confirmed just now.
      if (!(error instanceof BusyError)) throw error;
      await passed(AGAIN);
    }
  }
}

void main(process.argv.slice(2));
