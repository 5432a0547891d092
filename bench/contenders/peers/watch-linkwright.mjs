import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { Host } from "../../../dist/index.js";
import { serve } from "./program.mjs";

/** Watches by linkwright, and answers with what it has seen. */
const host = await Host.open();
const QUIET = 200;
const monotonic = () => Number(process.hrtime.bigint()) / 1e6;

let seen = 0;
let lost = 0;
let resynchronised = 0;
const known = {};

async function read(watch) {
  for await (const event of watch) {
    if (event.subject === "overrun") lost += event.lost;
    else {
      if (event.origin === "told") seen++;
      else resynchronised++;
      known[event.after.index] = event.after.mtu;
    }
  }
}

async function quiet() {
  for (let before = -1; before !== seen + resynchronised + lost;) {
    before = seen + resynchronised + lost;
    await delay(QUIET);
  }
}

let mirror;
/** Microseconds from one event's end to the next's, of those that are read at once. */
let handled = [];
let whole = 0;

function record() {
  let last;
  mirror.on("changed", () => {
    const now = performance.now();
    if (last === undefined) queueMicrotask(() => (last = undefined));
    else handled.push((now - last) * 1000);
    last = performance.now();
  });
  mirror.on("overrun", () => void mirror.settled().then(() => (whole = monotonic())));
}

const listen = () => undefined;

await serve({
  async watch(buffer) {
    const watch = host.watch(["link"], buffer === undefined ? {} : { receiveBuffer: Number(buffer) });
    await watch.ready;
    void read(watch);
    return { pid: process.pid };
  },
  async report() {
    await quiet();
    const told = `the watch says that ${lost} were lost, and tells ${resynchronised} differences instead`;
    return { count: seen, known, ...(lost > 0 && { said: told }) };
  },
  async mirror(buffer) {
    mirror = await host.mirror(buffer === undefined ? {} : { receiveBuffer: Number(buffer) });
    record();
  },
  async handled() {
    await mirror.settled();
    const each = handled;
    handled = [];
    return { each };
  },
  async whole() {
    await mirror.settled();
    return { at: whole };
  },
  /** The processor's milliseconds. */
  async requests(count, listened) {
    const before = process.cpuUsage();
    if (listened === "1") subscribe("linkwright:request", listen);
    for (let done = 0; done < Number(count); done += 100)
      await Promise.all(Array.from({ length: 100 }, () => host.link("lo")));
    if (listened === "1") unsubscribe("linkwright:request", listen);
    const { user, system } = process.cpuUsage(before);
    return { milliseconds: (user + system) / 1000 };
  },
});
await host.close();
