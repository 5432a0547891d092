import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { removeOneByOne, runEngine, settle } from "./engine.mjs";
import { asGuest, importCost, listingBesideIp, openTimes, timerAlone } from "./guest.mjs";
import { vlanTable } from "./machine.mjs";
import { findPeers } from "./peers.mjs";
import { runPeer } from "./phases.mjs";
import { programTable } from "./programs.mjs";
import { median, ratios, spread, table } from "./statistics.mjs";

const { values: options } = parseArgs({
  options: { taps: { type: "string", default: "1000" }, rounds: { type: "string", default: "9" } },
});
const taps = Number(options.taps);
const rounds = Number(options.rounds);
/** Rounds that warm up this process and the kernel's caches, and do not count. */
const WARM_UP = 3;
const REST = 2000;

const say = (text) => process.stderr.write(text);

/** Neighbouring runs of the floor and of linkwright: samples of each phase. */
async function compare(peer) {
  const samples = {};
  for (let round = -WARM_UP; round < rounds; round++) {
    say(`\rround ${round + WARM_UP + 1} of ${rounds + WARM_UP} `);
    for (const mode of ["batch", "each", "list"]) {
      const floor = await runPeer(peer, taps, mode);
      await settle(REST);
      const engine = await runEngine(taps, mode);
      await settle(REST);
      if (round < 0) continue;
      for (const phase of ["create", "attach", "remove", "list"]) {
        if ((phase === "list") !== (mode === "list") && phase !== "attach") continue;
        if (mode === "list" && phase === "attach") continue;
        const key = phase === "attach" ? `attach ${mode}` : phase;
        const row = (samples[key] ??= { floor: [], engine: [] });
        row.floor.push(floor[phase]);
        row.engine.push(engine[phase]);
      }
    }
  }
  say("\r");
  return samples;
}

const NAMES = {
  create: "create",
  "attach batch": "attach and up, in one batch",
  "attach each": "attach and up, one awaited at a time",
  remove: "remove all, and the bridge",
  list: "list all (C only receives)",
};

function comparisonTable(samples) {
  const rows = [["milliseconds, median (quartiles)", "C floor", "linkwright", "ratio"]];
  for (const [key, name] of Object.entries(NAMES)) {
    const { floor, engine } = samples[key];
    rows.push([name, spread(floor), spread(engine), median(ratios(engine, floor)).toFixed(2)]);
  }
  return table(rows);
}

/** How a peer attaches; in one batch unless it cannot. */
const WAYS = { ip: "each", brctl: "each" };

async function peerTable({ found, missing }) {
  const count = Math.min(taps, 100);
  const contenders = [
    { name: "linkwright", run: () => runEngine(count, "batch") },
    ...found
      .filter(({ name }) => !["floor", "linkwright"].includes(name))
      .map((peer) => ({ name: peer.title, run: () => runPeer(peer, count, WAYS[peer.name] ?? "batch") })),
  ].map((contender) => ({ ...contender, samples: [] }));
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    for (const { run, samples } of contenders) {
      samples.push(await run());
      await settle(REST / 4);
    }
  }
  const times = (samples, phase) => samples.map((sample) => sample[phase]);
  const ours = contenders[0].samples;
  const rows = [[`${count} TAPs, milliseconds, median (quartiles)`, "create", "attach and up", "times linkwright"]];
  for (const { name, samples } of contenders) {
    const total = (list) => list.map(({ create, attach }) => create + attach);
    const ratio = median(ratios(total(samples), total(ours)));
    rows.push([name, spread(times(samples, "create")), spread(times(samples, "attach")), ratio.toFixed(1)]);
  }
  return [table(rows), ...missing.map(({ name, reason }) => `not here: ${name}: ${reason}`)].join("\n");
}

async function guestLines() {
  const guests = [];
  for (let i = 0; i < 5; i++) {
    guests.push(await asGuest(taps));
    await settle(REST);
  }
  const alone = await timerAlone(2000);
  const { bare, added } = importCost(31);
  const { current, fresh } = await openTimes(51);
  const { ours, ip } = await listingBesideIp(taps, 9);
  const one = await removeOneByOne(20);
  const worst = Math.max(...guests.map(({ late }) => late));
  return [
    `while ${taps} links are removed, a 1 ms timer is late by at most ${worst.toFixed(1)} ms (${alone.toFixed(1)} ms with nothing going on)`,
    `fs.stat takes ${median(guests.map((guest) => guest.statDuring)).toFixed(3)} ms meanwhile, ${median(guests.map((guest) => guest.statBefore)).toFixed(3)} ms before`,
    `import adds ${added.toFixed(1)} ms to the ${bare.toFixed(1)} ms of a bare node`,
    `opening a host takes ${current.toFixed(2)} ms, one in a new namespace ${fresh.toFixed(2)} ms`,
    `listing ${taps} links takes ${ours.toFixed(1)} ms, ip -j link as a process ${ip.toFixed(1)} ms`,
    `removing links one by one takes ${one.toFixed(1)} ms each`,
  ].join("\n");
}

const machine = `${cpus().length} × ${cpus()[0].model.trim()}, Linux ${release()}, Node ${process.version}`;
console.log(
  `${machine}\n${taps} TAPs, ${rounds} rounds after ${WARM_UP} to warm up, each in namespaces of their own\n`,
);
const peers = findPeers();
console.log(comparisonTable(await compare(peers.found.find(({ name }) => name === "floor"))));
console.log(`\n${await peerTable(peers)}`);
console.log(`\n${await guestLines()}`);
console.log(`\n${programTable()}`);
console.log(`\n${await vlanTable(taps)}`);
