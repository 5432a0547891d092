import { spawn } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { lacks, outcome, type Outcome } from "../kernel/scene/program.js";
import { missing, oneUser, PLAN, POLICY, PROGRAM, Scene } from "../kernel/qemu/scene.js";
import { atTerminal, noScript } from "../kernel/scene/pseudo-terminal.js";

const MAIN = join(import.meta.dirname, "../../dist/code/cli.cjs");
const noQemu = lacks("qemu-system-x86_64", "--version");
const reason = missing ?? oneUser;

let scene: Scene;

beforeAll(async () => {
  if (reason !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
  // The package's own place is the machine's: what is installed goes to a layer that is the scene's alone.
  const layer = "mount -t tmpfs lib /usr/local/lib && rm /etc/qemu-ifup /etc/qemu-ifdown && rmdir /etc/linkwright";
  expect(await scene.run(["sh", "-c", layer])).toMatchObject({ status: 0 });
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
});

afterAll(async () => {
  if (reason === undefined) await scene[Symbol.asyncDispose]();
});

const linkwright = (...words: readonly string[]): Promise<Outcome> => scene.run([process.execPath, MAIN, ...words]);
const links = async (): Promise<string[]> => (await scene.host.links()).map(({ name }) => name);

test("before it is installed, check says what is missing, and compile that there is no policy", async () => {
  const { status, stdout } = await linkwright("qemu", "check");
  expect(status).toBe(1);
  expect(stdout).toContain("/etc/qemu-ifup: it is not there: linkwright qemu install");
  expect(await linkwright("qemu", "compile")).toMatchObject({
    status: 2,
    stderr:
      "linkwright: /etc/linkwright/qemu.json: there is no such file: linkwright qemu install writes a first one\n",
  });
});

test("install keeps what was there, the program works, and uninstall puts it back", async () => {
  const script = "#!/bin/sh\nexit 7\n";
  scene.write("/etc/qemu-ifup", script);
  await scene.run(["chmod", "750", "/etc/qemu-ifup"]);
  const installed = await linkwright("qemu", "install", "bridge=br0");
  expect(installed).toMatchObject({ status: 0, stderr: "" });
  expect(installed.stdout).toContain("/etc/qemu-ifup; what was there is /etc/qemu-ifup.before-linkwright\n");
  expect(await linkwright("qemu", "check")).toMatchObject({ status: 0 });
  await scene.host.addTap("tap0");
  expect(await scene.run(["/etc/qemu-ifup", "tap0"])).toMatchObject({ status: 0, stderr: "" });
  expect((await scene.host.link("tap0")).master).toBe((await scene.host.link("br0")).index);
  expect(await scene.run(["/etc/qemu-ifdown", "tap0"])).toMatchObject({ status: 0 });
  await scene.host.removeAll(["tap0"]);
  expect(await linkwright("qemu", "install"), "again").toMatchObject({ status: 0 });
  expect(await linkwright("qemu", "uninstall")).toMatchObject({ status: 0 });
  expect(readFileSync(scene.path("/etc/qemu-ifup"), "utf8")).toBe(script);
  expect(lstatSync(scene.path("/etc/qemu-ifup")).mode & 0o777).toBe(0o750);
  expect((await scene.run(["sh", "-c", "ls /etc/qemu-ifdown /usr/local/lib/linkwright/*"])).stdout).toBe("");
  await scene.run(["rm", "/etc/qemu-ifup"]);
});

test("install with what can be no bridge changes nothing, and for a policy that is there names none", async () => {
  await scene.run(["rm", "-r", "/etc/linkwright"]);
  expect(await linkwright("qemu", "install", "bridge=a b")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"a b" is not a link\'s name') as string,
  });
  expect((await scene.run(["sh", "-c", "ls -d /etc/linkwright /etc/qemu-ifup"])).stdout).toBe("");
  expect(await linkwright("qemu", "install", "--bridge", "br0")).toMatchObject({ status: 0 });
  expect(await linkwright("qemu", "install", "--bridge", "br1")).toMatchObject({
    status: 2,
    stderr: `linkwright: bridge: ${POLICY} is there already, and stays: edit it, then linkwright qemu compile\n`,
  });
  expect(await linkwright("qemu", "uninstall")).toMatchObject({ status: 0 });
});

test("install puts no program in place that has no plan", async () => {
  scene.write(POLICY, "{}");
  expect(await linkwright("qemu", "install")).toMatchObject({ status: 2 });
  expect((await scene.run(["sh", "-c", "ls /etc/qemu-ifup"])).stdout).toBe("");
});

test("check says of a bridge that is down that it forwards nothing", async () => {
  scene.write(POLICY, '{ "rules": [ { "bridge": "br0" } ] }');
  expect(await linkwright("qemu", "install")).toMatchObject({ status: 0 });
  await scene.host.setLink("br0", { up: false });
  const { status, stdout } = await linkwright("qemu", "check");
  expect({ status, stdout }).toMatchObject({ status: 1 });
  expect(stdout).toContain("!!  bridge br0: it is down, and forwards nothing: linkwright up br0\n");
  await scene.host.setLink("br0", { up: true });
  expect(await linkwright("qemu", "check")).toMatchObject({ status: 0 });
  await linkwright("qemu", "uninstall");
});

test("check looks at the bridge of the default route", async () => {
  scene.write(POLICY, '{ "rules": [ { "bridge": "default-route" } ] }');
  expect(await linkwright("qemu", "install")).toMatchObject({ status: 0 });
  expect((await linkwright("qemu", "check")).stdout).toMatch(/^!! {2}bridge default-route: .*unreachable/im);
  await scene.host.routes.add("default", { link: "br0" });
  expect(await linkwright("qemu", "check")).toMatchObject({ status: 0 });
  await scene.host.routes.remove("default", { link: "br0" });
  await linkwright("qemu", "uninstall");
});

test("whatever the umask, users who are not root can read what is installed; and no link takes its place", async () => {
  await scene.run(["rm", "-r", "/etc/linkwright", "/usr/local/lib/linkwright"]);
  const install = `umask 077; exec ${process.execPath} ${MAIN} qemu install bridge=br0`;
  expect(await scene.run(["sh", "-c", install])).toMatchObject({ status: 0 });
  const modes = await scene.run(["sh", "-c", "stat -c %a /usr/local/lib/linkwright /etc/linkwright /etc/linkwright/*"]);
  expect(modes.stdout).toBe("755\n755\n644\n644\n");
  await scene.run(["sh", "-c", "cd /etc/linkwright && mv qemu.plan real && ln -s real qemu.plan"]);
  const { status, stdout } = await linkwright("qemu", "check");
  expect(status).toBe(1);
  expect(stdout).toContain("/etc/linkwright/qemu.plan: it is a symbolic link, which the programs do not follow");
  await scene.run(["sh", "-c", "cd /etc/linkwright && mv real qemu.plan"]);
  expect(await linkwright("qemu", "check")).toMatchObject({ status: 0 });
  await linkwright("qemu", "uninstall");
});

test("install for users sets the program's user, and check sees what others could change", async () => {
  expect(await linkwright("qemu", "install", "setuid")).toMatchObject({ status: 0 });
  const { mode, uid } = lstatSync(scene.path("/usr/local/lib/linkwright/linkwright-qemu"));
  expect([mode & 0o7777, uid]).toEqual([0o4755, 0]);
  await scene.run(["chmod", "o+w", POLICY]);
  const { status, stdout } = await linkwright("qemu", "check");
  expect(status).toBe(1);
  expect(stdout).toContain(`${POLICY}: others than root can write to it: chmod go-w`);
  await linkwright("qemu", "uninstall");
});

test("compile says where a policy is wrong, and check that a plan is not its policy's", async () => {
  expect(await linkwright("qemu", "install", "bridge=br0")).toMatchObject({ status: 0 });
  scene.write(POLICY, '{ "rules": [\n { "bridge": "br0", "prot": {} } ] }');
  const { status, stderr } = await linkwright("qemu", "compile");
  expect({ status, stderr }).toMatchObject({ status: 2 });
  expect(stderr).toContain(`${POLICY}: rules.0.prot: there is no such property; did you mean "port"?`);
  scene.write(POLICY, '{ "rules": [ { "bridge": "br9", "port": { "isolated": true } } ] }');
  const stale = await linkwright("qemu", "check");
  expect(stale.stdout).toContain(
    "it was made from another policy, and goes on with a warning: linkwright qemu compile",
  );
  expect(stale.stdout).toContain("bridge br9: ");
  expect(await linkwright("qemu", "compile")).toMatchObject({ status: 0 });
});

test("the program is installed out of the package, and out of nothing that lies around it", async () => {
  await linkwright("qemu", "uninstall");
  const around = mkdtempSync(join(tmpdir(), "linkwright-around-"));
  onTestFinished(() => {
    rmSync(around, { recursive: true });
  });
  const project = join(import.meta.dirname, "../..");
  const own = join(around, "node_modules/linkwright");
  for (const part of ["dist", "package.json"]) cpSync(join(project, part), join(own, part), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(own, "node_modules"));
  for (const folder of [around, join(around, "node_modules"), join(own, "dist")])
    for (const place of ["build/Release", `prebuilds/linux-${process.arch}`]) {
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(join(folder, place, "linkwright-qemu"), "#!/bin/sh\n", { mode: 0o755 });
    }
  const install = [process.execPath, join(own, "dist/code/cli.cjs"), "qemu", "install"];
  expect(await scene.run(install)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("linkwright: the program for QEMU is not in this package") as string,
  });
  expect((await scene.run(["ls", "/usr/local/lib/linkwright/linkwright-qemu"])).status).not.toBe(0);
  mkdirSync(join(own, "build/Release"), { recursive: true });
  cpSync(PROGRAM, join(own, "build/Release/linkwright-qemu"));
  const { status, stderr } = await scene.run(install);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(scene.path("/usr/local/lib/linkwright/linkwright-qemu"))).toEqual(readFileSync(PROGRAM));
});

test("show prints the plan as words, and try shows what becomes of a TAP, without touching any", async () => {
  const shown = await linkwright("qemu", "show");
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^rule 1\n(.*\n)* {2}bridge +br9\n {2}port +.*isolated=on/);
  expect(shown.stdout, "words, no messages").not.toMatch(/RTM_|rule 0|[{"]/);
  expect((await linkwright("qemu", "show", "all")).stdout).toContain("configuring a port of br9: RTM_NEWLINK");
  const data = JSON.parse((await linkwright("qemu", "show", "--json")).stdout) as { isCurrent: boolean };
  expect(data.isCurrent).toBe(true);
  const tried = await linkwright("qemu", "try", "vnet7", "--json");
  expect(tried).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(tried.stdout)).toMatchObject({
    name: "vnet7",
    up: true,
    linkInfo: { slaveData: { isolated: true } },
  });
  expect(await links()).toEqual(["lo", "br0"]);
});

const MACHINE = ["qemu-system-x86_64", "-M", "pc", "-nodefaults", "-display", "none", "-monitor", "stdio", "-S"];

/** Runs a machine; `whileRunning` gives what is typed to it then, if anything. Nothing of it is left. */
async function ran(
  words: readonly string[],
  whileRunning: (pid: number) => Promise<string | undefined>,
): Promise<Outcome> {
  const [command, ...rest] = scene.command(process.execPath, MAIN, "qemu", "run", ...words, "--", ...MACHINE);
  const child = spawn(command!, rest, { stdio: ["pipe", "pipe", "pipe"], timeout: 60_000, detached: true });
  const ended = outcome(child);
  onTestFinished(() => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // All of its processes have ended.
    }
  });
  // Its monitor answers once its signal handlers are there.
  child.stdin.write("info status\n");
  await new Promise<void>((resolve) => {
    child.once("close", resolve);
    child.stdout.on("data", (text: string) => {
      if (text.includes("VM status")) resolve();
    });
  });
  const typed = await whileRunning(child.pid!);
  // Not the end of input with it: QEMU may take that for the end of its monitor, and leave what came before unread.
  if (typed !== undefined) child.stdin.write(typed);
  return await ended;
}

test("run starts QEMU on a TAP of its own, and nothing is left", async ({ skip }) => {
  skip(noQemu !== undefined, noQemu);
  const ended = await ran(["--bridge", "br0", "--queues", "2", "--isolated"], async () => {
    const tap = await scene.host.link("tap0");
    expect(tap).toMatchObject({ up: true, master: (await scene.host.link("br0")).index });
    expect(tap.linkInfo?.slaveData).toMatchObject({ isolated: true });
    return "quit\n";
  });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(await links()).toEqual(["lo", "br0"]);
});

test.for(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "run passes %s on to QEMU, whose end is its own",
  async (signal, { skip }) => {
    skip(noQemu !== undefined, noQemu);
    const ended = await ran(["--bridge", "br0"], (pid) => {
      process.kill(pid, signal);
      return Promise.resolve(undefined);
    });
    // QEMU ends in good order at these.
    expect(ended).toMatchObject({ status: 0, signal: null });
    expect(ended.stderr).toContain(`terminating on signal`);
    expect(await links()).toEqual(["lo", "br0"]);
  },
);

test("run ends with QEMU's status, or with that of the signal that ended it", async () => {
  const words = ["qemu", "run", "--bridge", "br0", "--", "sh", "-c"];
  expect(await linkwright(...words, "exit 9")).toMatchObject({ status: 9 });
  expect(await linkwright(...words, "kill -KILL $$")).toMatchObject({ status: 137 });
  expect(await linkwright("qemu", "run", "--bridge", "br0", "--", "/no/such/qemu")).toMatchObject({ status: 2 });
  expect(await linkwright("qemu", "run", "--bridge", "br7", "--", "true")).toMatchObject({ status: 1 });
  expect(await linkwright("qemu", "run", "--bridge", "br0")).toMatchObject({ status: 2 });
  expect(await links()).toEqual(["lo", "br0"]);
});

test("when run is killed, QEMU goes on with its TAP, which goes with it", async ({ skip }) => {
  skip(noQemu !== undefined, noQemu);
  const ended = await ran(["--bridge", "br0"], async (pid) => {
    process.kill(pid, "SIGKILL");
    expect(await scene.host.link("tap0")).toMatchObject({ up: true });
    // What is left of its group is QEMU; Node closes the input of a child that has ended, so nothing can be typed.
    process.kill(-pid, "SIGTERM");
    return undefined;
  });
  expect(ended).toMatchObject({ signal: "SIGKILL" });
  expect(await links()).toEqual(["lo", "br0"]);
});

test("edit saves what is right and makes its plan, and keeps what was there of what is wrong", async () => {
  await scene.run(["rm", "-rf", "/etc/linkwright"]);
  expect(await linkwright("qemu", "install", "bridge=br0")).toMatchObject({ status: 0 });
  const edit = (script: string): Promise<Outcome> =>
    scene.run(["env", `EDITOR=sh -c '${script}' sh`, process.execPath, MAIN, "qemu", "edit"]);
  expect(await edit("sed -i s/br0/br1/ $1")).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(scene.path(POLICY), "utf8")).toContain("br1");
  const shown = await linkwright("--json", "qemu", "show");
  expect(JSON.parse(shown.stdout)).toMatchObject({ isCurrent: true, rules: [{ bridge: "br1" }] });
  const meanwhile = await edit(`echo "// another" >> ${POLICY}; sed -i s/br1/br2/ $1`);
  expect(meanwhile.stderr).toBe(`linkwright: ${POLICY}: somebody else has changed it meanwhile: nothing was saved\n`);
  expect(await linkwright("qemu", "compile")).toMatchObject({ status: 0 });
  const wrong = await edit("echo nonsense > $1");
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(POLICY);
  expect(readFileSync(scene.path(POLICY), "utf8")).toContain("br1");
  const tried = await linkwright("qemu", "try", "vm0");
  expect(tried.stdout).toMatch(/^vm0\n +rule +1 of the plan, for ifup\n +bridge +br1\n +state +up, .*\n +port +/);
  expect(tried.stdout.trimEnd().split("\n")).toHaveLength(5);
  writeFileSync(scene.path(POLICY), `${readFileSync(scene.path(POLICY), "utf8")}\n`);
  const old = await linkwright("qemu", "try", "vm0");
  expect(old.status).toBe(0);
  expect(old.stdout.startsWith(`This plan was made from another ${POLICY}.\nvm0\n`)).toBe(true);
});

/** An editor that wants a terminal, and writes nonsense at first, and then what is right. */
const EDITOR = `
test -t 0 && test -t 1 || exit 7
if [ -e /mnt/again ]; then sed 's/br0/br1/' /etc/linkwright/qemu.json > "$1"; else echo nonsense > "$1"; touch /mnt/again; fi
`;

test.for([
  ["y", "saved", "br1", 0],
  ["n", "line 1: invalid symbol", "br0", 2],
] as const)(
  "edit on a terminal asks whether to go on with what is wrong: %s",
  async ([answer, said, bridge, status], { skip }) => {
    skip(noScript !== undefined, noScript);
    await scene.run(["sh", "-c", "rm -rf /etc/linkwright /mnt/again"]);
    scene.write("/mnt/editor", EDITOR);
    expect(await linkwright("qemu", "install", "bridge=br0")).toMatchObject({ status: 0 });
    const plan = readFileSync(scene.path(PLAN));
    const words = ["env", "VISUAL=sh /mnt/editor", process.execPath, MAIN, "qemu", "edit"];
    const edited = await atTerminal(words, [`${answer}\n`], (...command) => scene.command(...command));
    expect(edited).toMatchObject({ status, asked: 1 });
    expect(edited.shown).toContain("Edit it again? [y/N]");
    expect(edited.shown).toContain(POLICY);
    expect(edited.shown).toMatch(new RegExp(said));
    expect(readFileSync(scene.path(POLICY), "utf8")).toContain(bridge);
    expect(readFileSync(scene.path(PLAN)).equals(plan)).toBe(answer === "n");
    expect((await scene.run(["sh", "-c", "ls /etc/linkwright"])).stdout).toBe("qemu.json\nqemu.plan\n");
  },
);
