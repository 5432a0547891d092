import { spawn } from "node:child_process";
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { initramfs } from "./initramfs.mjs";

/** The file that a command in the guest may write for whoever started it. */
export const RESULT = "/run/control/result";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** As timeout(1) has it. */
const TIMED_OUT = 124;
const DIED = 125;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Runs a command as root in a virtual machine of its own with another kernel, which sees this machine's files and changes
 * none of them. What the command says goes to `output`, and its exit status comes back with what it wrote to RESULT:
 * `{ status, result }`. A machine that has not ended after `seconds` is ended: status 124; one that dies: 125. A signal
 * that would end this process ends the machine first.
 */
export async function runInside(
  kernel,
  command,
  { env = {}, cwd = process.cwd(), seconds = 600, output = /** @type {NodeJS.WritableStream} */ (process.stdout) } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-vm-"));
  let ending;
  try {
    prepare(
      folder,
      kernel,
      ["env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...command],
      cwd,
    );
    const end = await boot(folder, kernel, seconds, output, (signal) => (ending = signal));
    const status = read(join(folder, "control/status"));
    if (status !== undefined) return { status: Number(status), result: read(join(folder, "control/result")) };
    console.error(read(join(folder, "console"))?.trimEnd().split("\n").slice(-40).join("\n"));
    console.error(end === "late" ? `The machine was ended after ${seconds} s.` : `The machine died (QEMU: ${end}).`);
    return { status: end === "late" ? TIMED_OUT : DIED };
  } finally {
    rmSync(folder, { recursive: true });
    if (ending !== undefined) process.kill(process.pid, ending);
  }
}

function prepare(folder, kernel, command, cwd) {
  const control = join(folder, "control");
  mkdirSync(control);
  copyFileSync(here("session.sh"), join(control, "session.sh"));
  writeFileSync(join(control, "modules"), kernel.modules);
  writeFileSync(join(control, "command"), `cd ${quoted(cwd)} || exit\nexec ${command.map(quoted).join(" ")}\n`);
  writeFileSync(join(folder, "initramfs"), initramfs(kernel, here("init.sh")));
}

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs QEMU to its end: "late" when it had to be ended, or its exit status or signal. Signals to this process end it too. */
async function boot(folder, kernel, seconds, output, onSignal) {
  // The guest goes when this process does, however that comes about.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...machine(folder, kernel)], {
    // The port counts as unplugged when its input ends.
    stdio: ["pipe", "pipe", "inherit"],
  });
  let reason;
  const end = (why) => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => end("late"), seconds * 1000);
  const stop = (signal) => {
    onSignal(signal);
    end(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  child.stdout.pipe(output, { end: false });
  try {
    const [code, signal] = await once(child, "close");
    reason ??= code ?? signal;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
  return reason;
}

/**
 * The kernel's parameters. Nobody else waits in the guest, so a grace period of RCU need not be long: what is removed is
 * gone in a quarter of the time. A namespace has no link that was not made in it, whatever modules are loaded.
 */
const parameters = [
  ...["console=ttyS0", "loglevel=4", "panic=-1", "mitigations=off", "audit=0"],
  ...["rcupdate.rcu_expedited=1", "fb_tunnels=none"],
].join(" ");

function machine(folder, kernel) {
  const devices = {
    root: "path=/,readonly=on,multidevs=remap",
    control: `path=${escaped(join(folder, "control"))}`,
  };
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-M", "pc", "-smp", "2", "-m", "2048"],
    ...accelerator(),
    ...["-kernel", kernel.image, "-initrd", join(folder, "initramfs")],
    ...["-append", parameters],
    ...["-serial", `file:${join(folder, "console")}`],
    ...["-device", "virtio-serial", "-chardev", "stdio,id=output,signal=off"],
    ...["-device", "virtserialport,chardev=output,name=output"],
    ...Object.entries(devices).flatMap(([name, path]) => [
      ...["-fsdev", `local,id=${name},security_model=none,${path}`],
      ...["-device", `virtio-9p-pci,fsdev=${name},mount_tag=${name}`],
    ]),
  ];
}

/** A comma ends a value of QEMU's, and two are one. */
const escaped = (path) => path.replaceAll(",", ",,");

/**
 * Whether a machine has KVM: only where the processor has it, for /dev/kvm may open and still not boot a kernel that does
 * not know its hypervisor.
 */
export function accelerated() {
  return /^flags.*\b(vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8")) && writable("/dev/kvm");
}

function accelerator() {
  if (accelerated()) return ["-accel", "kvm", "-cpu", "host"];
  // What a processor of later years has more is slow to emulate.
  return ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Nehalem,+rdrand"];
}

function writable(path) {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
