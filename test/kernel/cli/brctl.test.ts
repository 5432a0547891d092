import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run as runCli } from "../../../src/cli/run.js";
import { Host } from "../../../src/host/host.js";
import { lacks, run } from "../scene/program.js";

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** brctl reads /sys, which shows the namespace of who mounted it. */
const REAL = ["unshare", "--mount", "sh", "-c", 'mount -t sysfs sys /sys && exec "$@"', "sh", "brctl"];
const missing =
  lacks("brctl", "--version") ??
  lacks("nsenter", "--version") ??
  lacks("unshare", "--net", ...REAL.slice(1), "--version");

/** Two namespaces in the same state: one for each program. */
interface Pair {
  readonly theirs: Host;
  readonly ours: Host;
  compare(line: string): Promise<Said>;
  [Symbol.asyncDispose](): Promise<void>;
}

const mac = (last: number): string => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`;

async function furnish(host: Host): Promise<void> {
  // A link that comes up would say so by IPv6, and be learned.
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  for (const [i, name] of ["tapa", "tapb", "tapc"].entries()) await host.addTap(name, { address: mac(i + 1) });
  await host.addVeth("vetha", { address: mac(9), peer: { name: "vethz", address: mac(10) } });
}

/** Timers that run differ from one moment to the next. */
function withoutTimers(said: Said): Said {
  const stdout = said.stdout
    .replace(/((?:hello|gc|tcn|hold|message age|forward delay|topology change) timer\t+) *\d+\.\d\d/g, "$1 (time)")
    .replace(/(\tno\t\t) *\d+\.\d\d/g, "$1 (time)");
  return { ...said, stdout };
}

async function pair(): Promise<Pair> {
  const [theirs, ours] = [await Host.open({ namespace: "new" }), await Host.open({ namespace: "new" })];
  await Promise.all([furnish(theirs), furnish(ours)]);
  const [there, here] = [await theirs.namespaceDescriptor(), await ours.namespaceDescriptor()];
  const real = async (words: string[]): Promise<Said> => {
    const { status, stdout, stderr } = await run([
      "nsenter",
      `--net=/proc/${process.pid}/fd/${there.fd}`,
      ...REAL,
      ...words,
    ]);
    return { status, stdout, stderr };
  };
  const dropIn = async (words: string[]): Promise<Said> => {
    const said = { stdout: "", stderr: "" };
    const status = await runCli(["--netns", `/proc/self/fd/${here.fd}`, "brctl", ...words], {
      stdout: { write: (text) => (said.stdout += text) },
      stderr: { write: (text) => (said.stderr += text) },
      env: {},
    });
    return { status, ...said };
  };
  return {
    theirs,
    ours,
    async compare(line) {
      const words = line === "" ? [] : line.split(" ").map((word) => (word === "''" ? "" : word));
      const [wanted, said] = [await real(words), await dropIn(words)];
      expect({ line, ...withoutTimers(said) }).toEqual({ line, ...withoutTimers(wanted) });
      return said;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([theirs.close(), ours.close()]);
    },
  };
}

/** In this order: each meets the state that those before it left. */
const LINES = `
show
addbr br0
addbr br0
addbr br1
addbr a-name-that-is-much-too-long
delbr a-name-that-is-m
addbr a/b
addbr ''
addbr ..
addbr all
addbr br%d
addbr lo
delbr br%d
show ''
showstp ''
addif br0 ''
show
show br0
show br1 nosuch tapa br0
addif br0 tapa
addif br0 tapb vetha
addif br1 tapa
addif br0 nosuch
addif nosuch tapc
addif tapa tapc
addif br0 br1
addif br0 lo
show
show br0
showstp br0
setfd br0 4
setfd br0 0
setfd br0 2.5
setfd br0 0x10
setfd br0 .5e1
setfd br0 0x1p3
setfd br0 0x
setfd br0 inf
setfd br0 nan
setfd br0 -infinity
setfd br0 5e
setfd br0 abc
setfd nosuch 4
setfd tapc 4
sethello br0 1
sethello br0 0.1
sethello br0 2.009
sethello br0 x
setmaxage br0 20
setmaxage br0 5
setmaxage br0 100
setmaxage br0 ''
setageing br0 30
setageing br0 0
setageing br0 1e1
setageing br0 -1
setbridgeprio br0 0x1000
setbridgeprio br0 010
setbridgeprio br0 70000
setbridgeprio br0 x
setbridgeprio nosuch 1
stp br0 on
stp br0 yes
stp br0 maybe
stp nosuch on
setfd br0 1
setfd br0 31
sethello br0 11
setmaxage br0 41
showstp br0
setpathcost br0 tapa 100
setpathcost br0 tapa 0
setpathcost br0 tapa 65536
setpathcost br0 tapa x
setpathcost br0 tapa 08
setpathcost br0 tapa +7
setpathcost br0 tapa 0xg
setpathcost br0 tapa 9999999999999999999
setpathcost br0 tapa -1
setpathcost br0 tapc 10
setpathcost br1 tapa 77
setpathcost nosuch tapc 10
setpathcost br0 nosuch 10
setportprio br0 tapa 8
setportprio br0 tapa 64
setportprio br0 tapb 010
setportprio br0 vetha x
hairpin br0 tapa on
hairpin br0 tapa 2
hairpin br0 tapc on
hairpin br0 nosuch on
hairpin nosuch tapa off
hairpin br0 tapb yes
showstp br0
showmacs br0
showmacs nosuch
showmacs tapc
showstp nosuch
showstp tapa
stp br0 off
hairpin br0 tapa 0
delif br0 tapb vetha
delif br0 tapb
delif br1 tapa
delif nosuch tapa
delif br0 nosuch
delif tapc tapa
delbr nosuch
delbr tapa
delbr br1
show
delbr br0
show
`
  .trim()
  .split("\n");

let both: Pair | undefined;
beforeAll(async () => {
  if (missing === undefined) both = await pair();
});
afterAll(async () => {
  await both?.[Symbol.asyncDispose]();
});

test.for(LINES.map((line) => [line]))(
  "brctl %s says and does what brctl of bridge-utils does",
  async ([line], { skip }) => {
    skip(missing !== undefined, missing);
    await both!.compare(line!);
  },
);

test.for([
  [""],
  ["foo"],
  ["--help"],
  ["-h"],
  ["-V"],
  ["--vers"],
  ["--help=x"],
  ["show --foo"],
  ["-x show"],
  ["show -- -V"],
  ["addbr"],
  ["addif br0"],
  ["hairpin br0 tapa"],
  ["stp br0"],
])("brctl %s is understood as brctl of bridge-utils does", async ([line], { skip }) => {
  skip(missing !== undefined, missing);
  await both!.compare(line!);
});

test("a bridge that is up, with MACs on its ports, is shown the same and not deleted", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using same = await pair();
  for (const host of [same.theirs, same.ours]) {
    await host.request("RTM_NEWLINK", { flags: 0x600, attributes: { name: "br5", linkInfo: { kind: "bridge" } } });
    for (const name of ["tapb", "tapa", "vetha"]) await host.attach(name, "br5");
    await host.setLink("vethz", { up: true });
    await host.setLink("br5", { up: true, address: mac(1) });
    await host.fdb.add("tapa", "02:00:00:00:01:01", { state: "static" });
    await host.fdb.add("vetha", "02:00:00:00:00:fe", { state: "permanent" });
    await host.fdb.add("vetha", "02:00:00:00:02:02", { state: "dynamic" });
  }
  const said = await same.compare("showmacs br5");
  expect(said.stdout).toContain("02:00:00:00:01:01\tno");
  await same.compare("showstp br5");
  expect(await same.compare("delbr br5")).toMatchObject({ status: 1 });
});

test("started under the name brctl, the program is brctl", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-brctl-"));
  try {
    const program = join(folder, "brctl");
    symlinkSync(fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url)), program);
    const { status, stdout } = await run([process.execPath, program, "--version"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "bridge-utils, 1.7\n" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
