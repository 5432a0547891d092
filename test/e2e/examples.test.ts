import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const folder = join(import.meta.dirname, "../../examples");

/** In a virtual machine, where all takes its time, those are tried that need its kernel. */
const inMachine = process.env["LINKWRIGHT_VM"] === "1";
const NEEDS_KERNEL = ["bond.mjs", "vlan-trunk.mjs"];

/** What each program prints. */
const shown: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "bond.mjs": [/^eno(1|2) lost its wire: eno(2|1) is in use$/],
  "declaration.mjs": [/^\+ link br0: /, "0 steps are left", "br0 has an MTU of 1400", "links: lo"],
  "macvtap.mjs": [/^qemu-system-x86_64 -netdev tap,id=n0,fd=\d+ .*,mac=[\da-f:]{17}$/],
  "network-dhcp.mjs": ["52:54:00:00:00:07 on tap0 will be 192.168.77.10", "links: lo"],
  "vlan-trunk.mjs": ["trunk0: 10,20-29", "web0: 10", "db0: 20"],
  "watch.mjs": ["link created br0", "link created tap0"],
};

test("every program of the examples is tried, and has less than a hundred lines", () => {
  const programs = readdirSync(folder).filter((name) => name.endsWith(".mjs"));
  expect(programs.sort()).toEqual([...Object.keys(shown), "qemu-launcher.mjs", "vm-service.mjs"].sort());
  for (const name of programs)
    expect(readFileSync(join(folder, name), "utf8").split("\n").length, name).toBeLessThan(100);
});

const tried = Object.entries(shown).filter(([name]) => !inMachine || NEEDS_KERNEL.includes(name));

test.for(tried)("%s shows what it is for, and leaves nothing", ([name, expected], { skip }) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: folder, encoding: "utf8" });
  const lacking = /it needs (CONFIG_\w+)|this kernel may lack (CONFIG_\w+)/.exec(stderr);
  skip(lacking !== null, `this kernel lacks ${lacking?.[1] ?? lacking?.[2]}`);
  expect([status, stderr]).toEqual([0, ""]);
  const lines = stdout.split("\n");
  const fits = (wanted: string | RegExp): boolean =>
    lines.some((line) => (typeof wanted === "string" ? line === wanted : wanted.test(line)));
  expect(expected.filter((wanted) => !fits(wanted))).toEqual([]);
});

const HAS_QEMU = spawnSync("qemu-system-x86_64", ["--version"]).status === 0;

test.runIf(!inMachine)("vm-service.mjs starts QEMU on a TAP, says so, and stops it", async ({ skip }) => {
  skip(!HAS_QEMU, "qemu-system-x86_64 is not installed");
  const service = spawn(process.execPath, ["vm-service.mjs", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface(service.stdout), "line")) as [string];
    const url = `http://127.0.0.1:${/\d+/.exec(line)![0]}/vms`;
    const ask = async (method: string, path = ""): Promise<unknown> => (await fetch(url + path, { method })).json();
    expect(await ask("POST", "/web")).toEqual({ name: "web", tap: "vm-web" });
    expect(await ask("GET")).toEqual([
      { name: "web", tap: "vm-web", mac: expect.stringMatching(/^[\da-f:]{17}$/) as string, carrier: true },
    ]);
    expect(await ask("POST", "/a-name-that-is-too-long")).toMatchObject({ code: "ERR_LINKWRIGHT_INPUT" });
    expect(await ask("DELETE", "/web")).toEqual({ name: "web" });
    expect(await ask("GET")).toEqual([]);
  } finally {
    const ended = service.exitCode === null ? once(service, "exit") : undefined;
    service.kill();
    await ended;
  }
});

test.runIf(!inMachine)(
  "qemu-launcher.mjs gives QEMU a TAP, ends with its status, and says what is wrong with a bridge",
  ({ skip }) => {
    skip(!HAS_QEMU, "qemu-system-x86_64 is not installed");
    const inNamespace = (...words: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(
        "unshare",
        ["--net", "sh", "-c", `ip link add br0 type bridge; exec "$@"`, "sh", process.execPath, ...words],
        {
          cwd: folder,
          encoding: "utf8",
        },
      );
    const run = inNamespace("qemu-launcher.mjs", "br0", "-machine", "none", "-display", "none", "-version");
    expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^tap0 \([\da-f:]{17}\) is on br0\n$/)]);
    const wrong = inNamespace("qemu-launcher.mjs", "br7");
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("br7")]);
  },
);
