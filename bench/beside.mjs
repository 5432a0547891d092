import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root, run, runQuietly } from "../scripts/lib/run.mjs";

/*
 * Measures this work tree beside another commit, or beside a folder in which another version is built, in one run:
 * node bench/beside.mjs COMMIT|FOLDER [ROUNDS] [ROW]. Each row is a process of its own, by turns of both, so that whatever else the
 * machine does meets both alike; ROW: only rows whose names have these words. It needs root, or a user namespace of one's own.
 */

const IMPORT = `const read = () => Number(/^rchar: (\\d+)$/m.exec(fs.readFileSync("/proc/self/io", "latin1"))[1]);
  const start = process.cpuUsage(), bytes = read();
  const { Host } = await load();`;

/** What an import takes, or what is beside it for comparison. */
const imports = {
  "bare node: processor": ["ms", `const { user, system } = process.cpuUsage(); print((user + system) / 1000);`],
  "import: processor": ["ms", `${IMPORT} print(cpuSince(start));`],
  "import: all of node's and its processor": [
    "ms",
    `await load(); const { user, system } = process.cpuUsage(); print((user + system) / 1000);`,
  ],
  "import: bytes read": ["KB", `${IMPORT} print((read() - bytes) / 1000);`],
  "import: memory": ["MiB", `await load(); print(process.memoryUsage().rss / 2 ** 20);`],
  "import, a bridge, a TAP that is attached: processor": [
    "ms",
    `${IMPORT}
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    await host.addTap("tap0");
    await host.attach("tap0", "br0");
    print(cpuSince(start));
    await host.close();`,
  ],
  "200 TAPs attached: memory": [
    "MiB",
    `${IMPORT}
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    for (let place = 0; place < 200; place++) await host.addTap("tap" + place, { bridge: "br0" });
    print(process.memoryUsage().rss / 2 ** 20);
    await host.close();`,
  ],
};

/** The first use of each subject, beside a bridge and a TAP that is its port; a kernel that lacks it refuses, in words. */
const uses = {
  routes: `host.routes.list()`,
  rules: `host.rules.list()`,
  neighbours: `host.neighbours.list()`,
  nexthops: `host.nexthops.list()`,
  fdb: `host.fdb.list()`,
  mdb: `host.mdb.list()`,
  bridgeVlans: `host.bridgeVlans.list()`,
  qdiscs: `host.qdiscs.list()`,
  classes: `host.classes.list("tap0")`,
  filters: `host.filters.list("tap0")`,
  rateLimit: `host.rateLimit("tap0")`,
  addresses: `host.addresses()`,
  addAddress: `host.addAddress("br0", "10.0.0.1/24")`,
  setLink: `host.setLink("tap0", { alias: "a" })`,
  "an attach with an option": `host.attach("tap0", "br0", { isolated: true })`,
  setPort: `host.setPort("tap0", { isolated: true })`,
  spanningTree: `host.spanningTree("br0")`,
  removeAll: `host.removeAll(["tap0"])`,
  sysctl: `host.sysctl("net.ipv4.ip_forward")`,
  addVlan: `host.addVlan("vlan0", { link: "br0", id: 7 })`,
  addBond: `host.addBond("bond0")`,
  addVxlan: `host.addVxlan("vxlan0", { id: 7, remote: "10.0.0.2", dstport: 4789 })`,
  "a refusal": `host.link("none")`,
  counters: `host.counters()`,
  waitFor: `host.waitFor("tap0", "there")`,
  "watch of links": `(async () => { const watch = host.watch(["link"]); await watch.ready; await watch.return(); })()`,
  "watch of all": `(async () => { const watch = host.watch(); await watch.ready; await watch.return(); })()`,
  mirror: `host.mirror().then((mirror) => mirror.close())`,
  netfilter: `host.netfilter.ruleset()`,
};

function firstUse(work) {
  return `const { Host } = await load();
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0");
    await host.addTap("tap0", { bridge: "br0" });
    await host.links();
    const before = process.cpuUsage();
    await (${work}).catch((error) => { if (error instanceof TypeError) throw error; });
    print(cpuSince(before));
    await host.close();`;
}

/** A program that does something with 200 TAPs, and takes it back, three times, and prints microseconds for each of them the last time. */
function withTaps(work, back = "") {
  return `const { Host } = await load();
    const host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    const names = Array.from({ length: 200 }, (_, place) => "tap" + place);
    await Promise.all(names.map((name) => host.addTap(name)));
    let took;
    for (const round of [1, 2, 3]) {
      const start = performance.now();
      ${work}
      took = performance.now() - start;
      ${back}
    }
    print((took * 1000) / names.length);
    await host.close();`;
}

const detached = `for (const name of names) await host.detach(name);`;
const every = (call) => `await Promise.all(names.map((name, place) => ${call}));`;

const repeated = {
  "an attach, awaited": withTaps(`for (const name of names) await host.attach(name, "br0");`, detached),
  "an attach with an option, awaited": withTaps(
    `for (const name of names) await host.attach(name, "br0", { isolated: true });`,
    detached,
  ),
  "an attach, of many at once": withTaps(every(`host.attach(name, "br0")`), detached),
  "a link looked at": withTaps(`for (const name of names) await host.link(name);`),
  "a link of a listing": withTaps(`await host.links();`),
  "a link changed": withTaps(`for (const name of names) await host.setLink(name, { mtu: 1400 + round });`),
  "a bridge made and removed": withTaps(
    `for (const name of names) { await host.addBridge("br" + name); await host.remove("br" + name); }`,
  ),
  "a TAP made and removed": withTaps(
    `for (const name of names) { await host.addTap("a" + name); await host.remove("a" + name); }`,
  ),
  "a pair made and removed": withTaps(
    `for (const name of names) { await host.addVeth("v" + name, { peer: "w" + name }); await host.remove("v" + name); }`,
  ),
  "an address added": withTaps(
    every(`host.addAddress("br0", "10.0.0." + (place + 1) + "/32")`),
    every(`host.removeAddress("br0", "10.0.0." + (place + 1) + "/32")`),
  ),
  "a route added": withTaps(
    every(`host.routes.add("10.1." + place + ".0/24", { link: "br0" })`),
    every(`host.routes.remove("10.1." + place + ".0/24", { link: "br0" })`),
  ),
  "a route of a listing": withTaps(
    `if (round === 1) ${every(`host.routes.add("10.1." + place + ".0/24", { link: "br0" })`)} await host.routes.list();`,
  ),
  "a port's options set": withTaps(
    `if (round === 1) for (const name of names) await host.attach(name, "br0");
     for (const name of names) await host.setPort(name, { isolated: round === 2 });`,
  ),
};

/** What is measured, by what every version of the package has; each prints a number, of this unit. */
const rows = {
  ...imports,
  ...Object.fromEntries(Object.entries(uses).map(([name, work]) => [`first use: ${name}`, ["ms", firstUse(work)]])),
  ...Object.fromEntries(Object.entries(repeated).map(([name, program]) => [name, ["us", program]])),
};

/** The number that a program prints; undefined where this version cannot do it. */
function measure(folder, program) {
  const source = `import fs from "node:fs";
    const load = () => import(${JSON.stringify(join(folder, "dist/index.js"))});
    const print = (number) => process.stdout.write(String(number));
    const cpuSince = (before) => { const { user, system } = process.cpuUsage(before); return (user + system) / 1000; };
    ${program}`;
  const { status, stdout, stderr } = run(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: "pipe",
  });
  if (
    status !== 0 &&
    /TypeError: host\.\S* is not a function|Cannot read properties of undefined|InputError/.test(stderr)
  )
    return undefined;
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
    `${name.padEnd(52)} ${old.toFixed(2).padStart(8)} ${own.toFixed(2).padStart(8)} ${unit.padEnd(3)} ` +
      `${(own / old).toFixed(2)} times; half of the results: ${noise.join(", ")}`,
  );
}

function compare(folders, rounds, chosen) {
  for (const [name, [unit, program]] of Object.entries(rows)) {
    if (!name.includes(chosen)) continue;
    const results = [[], []];
    for (let round = 0; round < rounds; round++)
      for (const [place, folder] of folders.entries()) results[place].push(measure(folder, program));
    if (results.flat().includes(undefined)) console.log(`${name.padEnd(52)} not in both`);
    else report(name, unit, results);
  }
}

function main([commit, rounds = "15", chosen = ""]) {
  if (commit === undefined) {
    console.error("usage: node bench/beside.mjs COMMIT|FOLDER [ROUNDS] [ROW]");
    return 2;
  }
  const isBuilt = existsSync(join(commit, "dist/index.js"));
  const other = isBuilt ? resolve(commit) : checkOut(commit);
  try {
    console.log(`${"".padEnd(52)} ${(isBuilt ? "there" : commit.slice(0, 8)).padStart(8)}     here`);
    compare([other, root], Number(rounds), chosen);
  } finally {
    if (!isBuilt) rmSync(other, { recursive: true });
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
