import { spawn, spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { initramfs } from "./initramfs.mjs";

/** The file that a command in the guest may write for whoever started it. */
export const RESULT = "/run/control/result";

const QEMU = "qemu-system-x86_64";

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
 *
 * `units`, systemd's by their names, make systemd the first program; the command then is one of them, command.service, of
 * multi-user.target. `disk`, made by makeDisk, keeps what is written to /etc and /var for the next machine that has it: each ends
 * as by a power cut, and what is not on the disk by then is lost.
 *
 * `card`, the folder of an unpacked QEMU that knows one, gives the machine a network card with virtual functions (igb), and an IOMMU.
 */
export async function runInside(
  kernel,
  command,
  {
    env = {},
    cwd = process.cwd(),
    seconds = 600,
    output = /** @type {NodeJS.WritableStream} */ (process.stdout),
    disk = /** @type {string | undefined} */ (undefined),
    units = /** @type {Record<string, string>} */ ({}),
    card = /** @type {string | undefined} */ (undefined),
  } = {},
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
    if (disk !== undefined) writeUnits(join(folder, "control/units"), units);
    const program = card === undefined ? QEMU : join(card, "usr/bin", QEMU);
    const end = await boot(
      [program, ...machine(folder, kernel, disk, card)],
      seconds,
      output,
      (signal) => (ending = signal),
    );
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

/** The unit that is the command. */
const COMMAND = `[Unit]
Description=the command
Wants=network.target
After=network.target

[Service]
Type=exec
ExecStart=/bin/sh /run/control/session.sh
TimeoutStartSec=infinity
`;

function writeUnits(folder, units) {
  const wanted = join(folder, "multi-user.target.wants");
  mkdirSync(wanted, { recursive: true });
  for (const [name, text] of Object.entries({ "command.service": COMMAND, ...units })) {
    writeFileSync(join(folder, name), text);
    symlinkSync(`../${name}`, join(wanted, name));
  }
}

/** Makes an empty disk in a file; says why it cannot be made. */
export function makeDisk(path) {
  const { status, error } = spawnSync("mkfs.ext4", ["-q", path, "64M"], { stdio: ["ignore", "ignore", "inherit"] });
  return status === 0 ? undefined : `mkfs.ext4 failed: ${error?.message ?? status}`;
}

/** Runs QEMU to its end: "late" when it had to be ended, or its exit status or signal. Signals to this process end it too. */
async function boot(words, seconds, output, onSignal) {
  // The guest goes when this process does, however that comes about.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...words], {
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
 * gone in a quarter of the time. A namespace has no link that was not made in it, whatever modules are loaded. On a busy
 * machine, the timer is late, which the kernel would take for a broken one.
 */
const parameters = [
  ...["console=ttyS0", "loglevel=4", "panic=-1", "mitigations=off", "audit=0"],
  ...["rcupdate.rcu_expedited=1", "fb_tunnels=none", "no_timer_check"],
].join(" ");

/** What is of no use here, and takes its time where all is slow. */
const unwanted = [
  ...["dbus.service", "dbus.socket", "getty.target", "systemd-logind.service", "systemd-user-sessions.service"],
  ...["dev-hugepages.mount", "dev-mqueue.mount", "sys-fs-fuse-connections.mount", "proc-sys-fs-binfmt_misc.automount"],
  ...["sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-binfmt.service"],
  ...["kmod-static-nodes.service", "systemd-random-seed.service", "systemd-sysctl.service", "systemd-sysusers.service"],
  ...["systemd-modules-load.service", "systemd-remount-fs.service", "systemd-tmpfiles-setup.service"],
  ...["systemd-tmpfiles-setup-dev.service", "systemd-journal-flush.service", "systemd-update-utmp.service"],
  ...["systemd-update-utmp-runlevel.service", "systemd-udevd.service", "systemd-udev-trigger.service"],
];

/** What a machine with systemd is told. A NIC's driver is loaded by whoever wants the NIC. */
const systemdParameters = [
  ...["systemd.unit=multi-user.target", "systemd.machine_id=6c696e6b777269676874766d00000001", "systemd.show_status=0"],
  "modprobe.blacklist=virtio_net",
  ...unwanted.map((unit) => `systemd.mask=${unit}`),
];

function machine(folder, kernel, disk, card) {
  const devices = {
    root: "path=/,readonly=on,multidevs=remap",
    control: `path=${escaped(join(folder, "control"))}`,
  };
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-smp", "2", "-m", "2048"],
    ...(card === undefined ? ["-M", "pc"] : withCard(card)),
    ...accelerator(),
    ...["-kernel", kernel.image, "-initrd", join(folder, "initramfs")],
    ...[
      "-append",
      [parameters, ...(disk === undefined ? [] : systemdParameters), ...(card === undefined ? [] : IOMMU)].join(" "),
    ],
    ...["-serial", `file:${join(folder, "console")}`],
    ...["-device", "virtio-serial", "-chardev", "stdio,id=output,signal=off"],
    ...["-device", "virtserialport,chardev=output,name=output"],
    ...(disk === undefined ? [] : diskAndNic(disk)),
    ...Object.entries(devices).flatMap(([name, path]) => [
      ...["-fsdev", `local,id=${name},security_model=none,${path}`],
      ...["-device", `virtio-9p-pci,fsdev=${name},mount_tag=${name}`],
    ]),
  ];
}

const IOMMU = ["intel_iommu=on"];

/** A machine with an IOMMU, and a card whose functions it tells apart. What the program needs beside itself is in its folder, too. */
function withCard(folder) {
  return [
    ...["qemu", "seabios"].flatMap((name) => ["-L", join(folder, "usr/share", name)]),
    ...["-M", "q35", "-device", "intel-iommu", "-device", "pcie-root-port,id=slot0"],
    ...["-netdev", "user,id=card,restrict=on", "-device", "igb,netdev=card,bus=slot0,romfile=,mac=52:54:00:00:00:01"],
  ];
}

/** A disk, and a NIC that is there once its driver is. */
function diskAndNic(disk) {
  return [
    ...[
      "-drive",
      `if=none,id=disk,format=raw,cache=unsafe,file=${escaped(disk)}`,
      "-device",
      "virtio-blk-pci,drive=disk",
    ],
    ...["-netdev", "user,id=nic,restrict=on", "-device", "virtio-net-pci,netdev=nic,mac=52:54:00:00:00:07"],
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
