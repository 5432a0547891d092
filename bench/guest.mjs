import { execFileSync, spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { Host } from "../dist/index.js";
import { median } from "./statistics.mjs";
import { inNewNamespace, settle } from "./engine.mjs";

const ENTRY = new URL("../dist/index.js", import.meta.url).href;

/** How a service fares while links are removed in it: lateness of a 1 ms timer and time of fs.stat, in milliseconds. */
export const asGuest = (count) => inNewNamespace((host) => removalBesideService(host, count));

async function removalBesideService(host, count) {
  const bridge = await host.addBridge("br0", { up: true });
  const taps = await Promise.all(Array.from({ length: count }, (_, i) => host.addTap(`t${i}`)));
  await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
  await settle(500);
  const begun = performance.now();
  const before = await statTimes(() => performance.now() < begun + 300);
  const watch = watchTimer();
  let done = false;
  const removal = host.removeAll([...taps, bridge]).finally(() => (done = true));
  const during = await statTimes(() => !done);
  await removal;
  return { late: watch.stop(), statBefore: median(before), statDuring: median(during) };
}

/** How long fs.stat takes, again and again while `go` says so. */
async function statTimes(go) {
  const times = [];
  do {
    const start = performance.now();
    await stat("/");
    times.push(performance.now() - start);
    await settle(1);
  } while (go());
  return times;
}

/** A timer of 1 ms: how late it was at worst. */
function watchTimer() {
  let last = performance.now();
  let worst = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - 1);
    last = now;
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      return worst;
    },
  };
}

/** The same timer with nothing else going on. */
export async function timerAlone(milliseconds) {
  const watch = watchTimer();
  await settle(milliseconds);
  return watch.stop();
}

function processTime(script) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
  if (status !== 0) throw new Error(`node failed: ${script}`);
  return performance.now() - start;
}

/** What importing the package adds to a bare node, in milliseconds: each pair of runs is neighbours. */
export function importCost(rounds) {
  const bare = [];
  const loaded = [];
  for (let i = 0; i < rounds; i++) {
    bare.push(processTime("0"));
    loaded.push(processTime(`import ${JSON.stringify(ENTRY)}`));
  }
  return { bare: median(bare), added: median(loaded.map((time, i) => time - bare[i])) };
}

/** Opening and closing a host in this process's namespace, and opening one in a new namespace, in milliseconds. */
export async function openTimes(rounds) {
  const current = [];
  const fresh = [];
  for (let i = 0; i < rounds; i++) {
    for (const [times, namespace] of [
      [current, "current"],
      [fresh, "new"],
    ]) {
      const start = performance.now();
      const host = await Host.open({ namespace });
      times.push(performance.now() - start);
      await host.close();
    }
  }
  return { current: median(current), fresh: median(fresh) };
}

/** A listing by linkwright beside `ip -j link` as a whole process, on the same links. */
export const listingBesideIp = (count, rounds) => inNewNamespace((host) => compareListings(host, count, rounds));

async function compareListings(host, count, rounds) {
  const bridge = await host.addBridge("br0", { up: true });
  const taps = await Promise.all(Array.from({ length: count }, (_, i) => host.addTap(`t${i}`)));
  await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
  const namespace = await host.namespaceDescriptor();
  const ours = [];
  const ip = [];
  for (let i = 0; i < rounds; i++) {
    let start = performance.now();
    await host.links();
    ours.push(performance.now() - start);
    start = performance.now();
    execFileSync("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, "ip", "-j", "link"], {
      maxBuffer: 64 << 20,
    });
    ip.push(performance.now() - start);
  }
  await host.removeAll([...taps, bridge]);
  return { ours: median(ours), ip: median(ip) };
}
