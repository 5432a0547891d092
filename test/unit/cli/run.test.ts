import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { registry } from "../../../src/cli/registry.js";
import { histogram, percentile } from "../../../src/cli/commands/demo/latency.js";
import { styleFor } from "../../../src/cli/io.js";
import { json, table } from "../../../src/cli/printing/layout.js";
import { run } from "../../../src/cli/run.js";
import { formatValue } from "../../../src/cli/printing/value-text.js";
import { formatDuration } from "../../../src/netlink/codecs/duration.js";

const built = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

/** Runs a command line and gives what it says. */
async function linkwright(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  const status = await run(words, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: {},
  });
  return { status, ...said };
}

test.each([
  [["brige", "list"], 'no command "brige"; did you mean "bridge"?'],
  [["addr", "list"], 'no command "addr"; did you mean "address"?'],
  [["stp", "br0", "on"], 'no command "stp"; did you mean "bridge stp"?'],
  [["ip", "link"], 'no command "ip"; did you mean "link"?'],
  [["ip", "addr"], 'no command "ip"; did you mean "address"?'],
  [["netns", "list"], 'no command "netns"; did you mean "--netns NAME COMMAND"?'],
  [["bridge", "del", "br0"], 'bridge has no "del"; did you mean "delete"?'],
  [["route", "show"], 'route has no "show"; did you mean "list"?'],
  [["network", "destroy", "one"], 'network has no "destroy"; did you mean "stop"?'],
  [["xyzzy"], 'no command "xyzzy"; linkwright help lists them'],
  [[], "a command is missing; linkwright help lists them"],
  [["bridge"], "bridge needs one of list, show, add, set, delete, fdb, mdb, stp, vlan"],
  [["bridge", "ad", "br0"], 'bridge has no "ad"; did you mean "add"?'],
  [["bridge", "add"], "NAME is missing: linkwright bridge add NAME [key=value …]"],
  [["bridge", "add", "mtu=1500"], "NAME is missing: linkwright bridge add NAME [key=value …]"],
  [["link", "delete"], "NAME is missing: linkwright link delete NAME… [key=value …]"],
  [["link", "set", "lo"], "an option is missing, such as up: linkwright link set NAME key=value …"],
  [["detach", "a", "b"], '"b" is one word too many: linkwright detach PORT'],
  [["help", "brdge"], 'no command "brdge"; did you mean "bridge"?'],
  [["completion", "bsh"], 'completion has no "bsh"; did you mean "bash"?'],
  [["demo", "taps=1"], "taps: 1 is not a number from 2 to 1000"],
])("%j is used wrongly: status 2, and words that help", async (words, message) => {
  expect(await linkwright(...words)).toEqual({ status: 2, stdout: "", stderr: `linkwright: ${message}\n` });
});

test("with --json an error is a JSON object on stderr", async () => {
  const { status, stdout, stderr } = await linkwright("--json", "brige");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(JSON.parse(stderr)).toEqual({
    error: { name: "InputError", code: "ERR_LINKWRIGHT_INPUT", message: 'no command "brige"; did you mean "bridge"?' },
  });
});

test("the first page has every command, by its subject, on one screen", async () => {
  const { status, stdout } = await linkwright("help");
  expect(status).toBe(0);
  const words = stdout.split(/\s+/);
  for (const name of Object.keys(registry)) expect(words).toContain(name);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("a command's help has the words of its tables, with their values", async () => {
  const { stdout } = await linkwright("help", "bridge", "add");
  expect(stdout, "dashes").toContain("--up");
  expect(stdout).toMatch(/stp-state=off\|kernel\|user\|on +who runs the spanning tree/);
  expect(stdout).toMatch(/forward-delay=DURATION +time in/);
  expect(stdout).toMatch(/vlan-filtering\[=on\|off\] +forward by VLAN/);
  expect(stdout).toMatch(/master=LINK +the link that this one is a port of/);
  expect(stdout).not.toContain("root-id");
});

test("every command has help, and --help asks for it", async () => {
  for (const [name, { load }] of Object.entries(registry))
    for (const sub of Object.keys(load().actions)) {
      const words = sub === "" ? [name] : [name, sub];
      // What stands behind brctl is for brctl.
      const asked = name === "brctl" ? ["help", name] : [...words, "--help"];
      const { status, stdout } = await linkwright(...asked);
      expect({ words, status, named: stdout.includes(`linkwright ${words.join(" ")}`) }).toEqual({
        words,
        status: 0,
        named: true,
      });
    }
});

test("--json with help gives data", async () => {
  const { stdout } = await linkwright("--json", "help", "tap");
  expect(JSON.parse(stdout)).toMatchObject({ command: "tap", actions: [{ usage: "tap list" }, {}, {}] });
});

test("--version prints the package's version", async () => {
  expect((await linkwright("--version")).stdout).toMatch(/^linkwright \d+\.\d+\.\d+/);
  expect(JSON.parse((await linkwright("--version", "--json")).stdout)).toHaveProperty("version");
});

for (const shell of ["bash", "zsh", "fish"]) {
  const installed = spawnSync(shell, ["--version"]).status === 0;
  test(`${shell} accepts its completion script`, async ({ skip }) => {
    if (!installed) skip(`${shell} is not installed`);
    const { stdout } = await linkwright("completion", shell);
    const { status, stderr } = spawnSync("sh", ["-c", `cat | ${shell} -n`], { input: stdout, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
}

/** What zsh's completion system does for the functions of a completion, as far as ours use it. */
const ZSH_STUBS = `
compdef() { }
compadd() { [[ "\${@[-1]}" == $PREFIX* ]] && print -r -- "\${@[-1]}" }`;

/** Programs that load a shell's script and print what it then offers where a line ends. */
const ASK: Readonly<Record<string, (script: string, line: string) => string>> = {
  bash: (script, line) => `${script}
COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDBREAKS=$' \\t\\n=:'
_linkwright linkwright 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (script, line) => `${ZSH_STUBS}
${script}
words=(\${(s: :)\${:-${line}}}) CURRENT=${line.split(" ").length} PREFIX='${line.split(" ").at(-1)!}'
_linkwright`,
  fish: (script, line) => `${script}\ncomplete -C '${line}'`,
};
const WITHOUT_STARTUP_FILES: Readonly<Record<string, string[]>> = { fish: ["--no-config"], zsh: ["-f"] };

/** What a shell offers, in its order, by its completion script and the built program. */
async function offered(shell: string, line: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-completion-"));
  try {
    writeFileSync(join(folder, "linkwright"), `#!/bin/sh\nexec "${process.execPath}" "${built}" "$@"\n`, {
      mode: 0o755,
    });
    const { stdout: script } = await linkwright("completion", shell);
    const file = join(folder, "script");
    writeFileSync(file, ASK[shell]!(script, line));
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}`, HOME: folder };
    const words = [...(WITHOUT_STARTUP_FILES[shell] ?? []), file];
    const { stdout, stderr } = spawnSync(shell, words, { encoding: "utf8", env });
    expect(stderr).toBe("");
    return stdout.split("\n").flatMap((word) => (word === "" ? [] : [word.split("\t")[0]!]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(["bash", "zsh", "fish"])("%s", (shell) => {
  test.for<[line: string, expected: string[]]>([
    ["linkwright bridge s", ["show", "set", "stp"]],
    [
      "linkwright --netns blue bridge add br0 stp-state=",
      ["stp-state=off", "stp-state=kernel", "stp-state=user", "stp-state=on"],
    ],
    ["linkwright bridge add br0 fo", ["forward-delay="]],
    ["linkwright link list kind=bridg", ["kind=bridge"]],
  ])("asks the program what completes %j, and keeps its order", async ([line, expected], { skip }) => {
    if (spawnSync(shell, ["--version"]).status !== 0) skip(`${shell} is not installed`);
    if (!existsSync(built)) skip("dist is not built");
    const found = await offered(shell, line);
    // Bash takes "=" for the end of a word.
    expect(found).toEqual(shell === "bash" ? expected.map((word) => word.replace(/^[^=]*=(?=.)/, "")) : expected);
  });
});

test("colours are for terminals, and for those who want them", () => {
  const colourless = "x";
  expect(styleFor({ write: () => true, isTTY: true }, {}).red("x")).not.toBe(colourless);
  expect(styleFor({ write: () => true, isTTY: true }, { NO_COLOR: "1" }).red("x")).toBe(colourless);
  expect(styleFor({ write: () => true, isTTY: true }, { TERM: "dumb" }).red("x")).toBe(colourless);
  expect(styleFor({ write: () => true }, {}).red("x")).toBe(colourless);
});

test("columns are aligned, coloured or not, and lines have no spaces at their ends", () => {
  const rows = [
    { name: "br0", mtu: 1500 },
    { name: "ä-long-name", mtu: 9 },
  ];
  const plain = styleFor({ write: () => true }, {});
  const columns = [
    { title: "MTU", value: ({ mtu }: (typeof rows)[0]) => String(mtu), right: true },
    { title: "NAME", value: ({ name }: (typeof rows)[0]) => name },
  ];
  expect(table(columns, rows, plain)).toBe(" MTU  NAME\n1500  br0\n   9  ä-long-name\n");
});

test("JSON has byte arrays in hexadecimal, and big numbers as text", () => {
  const value = { a: Buffer.from([1, 255]), b: new Uint8Array([16]), c: 2n ** 64n, d: undefined };
  expect(JSON.parse(json(value))).toEqual({ a: "01ff", b: "10", c: "18446744073709551616" });
});

test("values are printed as they are typed", () => {
  expect(formatDuration(2000)).toBe("2s");
  expect(formatDuration(250)).toBe("250ms");
  expect(formatDuration(31_240)).toBe("31.24s");
  expect(formatDuration(0)).toBe("0s");
  expect(formatValue(true)).toBe("on");
  expect(formatValue("tempQuery", "disabled|temp-query")).toBe("temp-query");
  expect(formatValue(["up", "broadcast"])).toBe("up,broadcast");
  expect(formatValue({ noLlLearn: true })).toBe("no-ll-learn:on");
});

test("percentiles are samples, and the histogram counts every one", () => {
  const samples = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
  expect([0.5, 0.95, 0.99].map((share) => percentile(samples, share))).toEqual([0.5, 0.95, 0.99]);
  expect(percentile([7], 0.99)).toBe(7);
  const counts = [...histogram(samples).matchAll(/µs +(\d+)/g)].map((found) => Number(found[1]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
});

test("the built program starts, and a reader that leaves early gets no stack trace", ({ skip }) => {
  if (!existsSync(built)) skip("dist is not built");
  const version = spawnSync(process.execPath, [built, "--version"], { encoding: "utf8" });
  expect(version).toMatchObject({ status: 0, stderr: "" });
  expect(version.stdout).toMatch(/^linkwright \d/);
  const early = spawnSync(
    "bash",
    ["-c", `"$0" "$1" help link add | true; echo "\${PIPESTATUS[0]}"`, process.execPath, built],
    {
      encoding: "utf8",
    },
  );
  expect(early).toMatchObject({ stdout: "0\n", stderr: "" });
});

test.for([
  ["brctl", /^bridge-utils/],
  ["ovs-vsctl", /^ovs-vsctl \(Open vSwitch\)/],
  ["ovsdb-client", /^ovsdb-client \(Open vSwitch\)/],
] as const)("the built program, called by the name %s, is that one", ([name, version], { skip }) => {
  if (!existsSync(built)) skip("dist is not built");
  const folder = mkdtempSync(join(tmpdir(), "linkwright-"));
  try {
    symlinkSync(built, join(folder, name));
    const { stdout } = spawnSync(process.execPath, [join(folder, name), "--version"], { encoding: "utf8" });
    expect(stdout).toMatch(version);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("brctl has no JSON, and says which commands do", async () => {
  const { status, stdout, stderr } = await linkwright("--json", "brctl", "show");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({
    error: { message: "--json: brctl prints what bridge-utils does; bridge list and bridge show print JSON" },
  });
});
