import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "./program.mjs";

/** Watches by `ip monitor`, whose lines it reads, and answers with what they say. */
const QUIET = 200;
let child;
let seen = 0;
let said = "";
const known = {};

function take(line) {
  const [, index, mtu] = /^(\d+): .* mtu (\d+) /.exec(line) ?? [];
  if (index === undefined) return;
  seen++;
  known[index] = Number(mtu);
}

await serve({
  async watch(buffer) {
    const size = buffer === undefined ? [] : ["-rcvbuf", buffer];
    child = spawn("ip", [...size, "-o", "monitor", "link"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stderr.setEncoding("utf8").on("data", (text) => (said = text.trim()));
    createInterface({ input: child.stdout }).on("line", take);
    await once(child, "spawn");
    // It says nothing when it is ready.
    await delay(300);
    return { pid: child.pid };
  },
  async report() {
    for (let before = -1; before !== seen;) {
      before = seen;
      await delay(QUIET);
    }
    const ended = child.exitCode === null ? "and goes on" : `and ends with ${child.exitCode}`;
    return { count: seen, known, ...(said !== "" && { said: `ip says "${said}" ${ended}` }) };
  },
});
child?.kill();
