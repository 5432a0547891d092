import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, runQuietly } from "../scripts/lib/run.mjs";

/*
 * Measures this work tree beside another commit, in one run: node bench/beside.mjs COMMIT [ROUNDS]. Each row is a process of its own, by
 * turns of both, so that whatever else the machine does meets both alike. It needs root, or a user namespace of one's own.
 */

/** What is measured, by what every version of the package has; each prints a number, of this unit. */
const rows = {
  "import: processor": ["ms", `const before = process.cpuUsage(); await load(); print(cpuSince(before));`],
  "import: memory": ["MiB", `await load(); print(process.memoryUsage().rss / 2 ** 20);`],
  "first use of routes: processor": [
    "ms",
    `const { Host } = await load();
    const host = await Host.open({ namespace: "new" });
    await host.links();
    const before = process.cpuUsage();
    await host.routes.list();
    print(cpuSince(before));
    await host.close();`,
  ],
  "first attach with an option: processor": [
    "ms",
    `const { Host } = await load();
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0");
    await host.addTap("tap0");
    const before = process.cpuUsage();
    await host.attach("tap0", "br0", { isolated: true });
    print(cpuSince(before));
    await host.close();`,
  ],
  "an attach, awaited": ["us", withTaps(`for (const name of names) await host.attach(name, "br0");`)],
  "an attach, of many at once": ["us", withTaps(`await Promise.all(names.map((name) => host.attach(name, "br0")));`)],
  "a link of a listing": ["us", withTaps(`await host.links();`)],
};

/** A program that does something with 200 TAPs twice, and prints microseconds for each of them the second time. */
function withTaps(work) {
  return `const { Host } = await load();
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    const names = Array.from({ length: 200 }, (_, place) => "tap" + place);
    await Promise.all(names.map((name) => host.addTap(name)));
    let took;
    for (const round of [1, 2]) {
      const start = performance.now();
      ${work}
      took = performance.now() - start;
      for (const name of names) await host.detach(name).catch(() => undefined);
    }
    print((took * 1000) / names.length);
    await host.close();`;
}

function measure(folder, program) {
  const source = `const load = () => import(${JSON.stringify(join(folder, "dist/index.js"))});
    const print = (number) => process.stdout.write(String(number));
    const cpuSince = (before) => { const { user, system } = process.cpuUsage(before); return (user + system) / 1000; };
    ${program}`;
  const { status, stdout, stderr } = run(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: "pipe",
  });
  if (status !== 0) throw new Error(`${folder}: ${stderr}`);
  return Number(stdout);
}

/** A folder with a commit in it, built. */
function checkOut(commit) {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-beside-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const archive = join(folder, "project.tar");
  for (const [command, ...args] of [
    ["git", "archive", "--output", archive, commit],
    ["tar", "--extract", "--file", archive, "--directory", folder],
    [process.execPath, join(folder, "scripts/build.mjs")],
  ])
    if (runQuietly(command, args).status !== 0) throw new Error(`${commit} cannot be built`);
  return folder;
}

const quantile = (numbers, share) => [...numbers].sort((one, other) => one - other)[Math.floor(share * numbers.length)];

function report(name, unit, [before, after]) {
  const [old, own] = [quantile(before, 0.5), quantile(after, 0.5)];
  const noise = [before, after].map((all) => `${quantile(all, 0.25).toFixed(2)} to ${quantile(all, 0.75).toFixed(2)}`);
  console.log(
    `${name.padEnd(40)} ${old.toFixed(2).padStart(8)} ${own.toFixed(2).padStart(8)} ${unit.padEnd(3)} ` +
      `${(own / old).toFixed(2)} times; half of the results: ${noise.join(", ")}`,
  );
}

async function main([commit, rounds = "15"]) {
  if (commit === undefined) {
    console.error("usage: node bench/beside.mjs COMMIT [ROUNDS]");
    return 2;
  }
  const other = checkOut(commit);
  try {
    console.log(`${"".padEnd(40)} ${commit.slice(0, 8).padStart(8)}     here`);
    for (const [name, [unit, program]] of Object.entries(rows)) {
      const results = [[], []];
      for (let round = 0; round < Number(rounds); round++)
        for (const [place, folder] of [other, root].entries()) results[place].push(measure(folder, program));
      report(name, unit, results);
    }
  } finally {
    rmSync(other, { recursive: true });
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
