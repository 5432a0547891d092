import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installed, run as runProgram, searchPath } from "../../scripts/run.mjs";

export const title = "QEMU's programs";

const full = { rounds: 100 };
const quick = { rounds: 30 };
const WARM_UP = 5;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * A namespace of its own, with an /etc in which the programs find a policy for br0, which carries the default route.
 * Arguments: a folder, node, linkwright's command line, "others" when linkwright's programs are not needed, the command to
 * run in it.
 */
const SCENE = `
cp /etc/qemu-ifup "$1/debian-ifup" 2>/dev/null || true
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 bench /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work etc /etc
mkdir -p /etc/qemu /usr/local/lib
mount -t tmpfs lib /usr/local/lib
echo "allow br0" > /etc/qemu/bridge.conf
ip link set lo up
ip link add br0 type bridge
ip link set br0 up
ip address add 10.9.9.1/24 dev br0
ip route add default via 10.9.9.254
ip tuntap add tap0 mode tap
[ "$4" = others ] || "$2" "$3" qemu install bridge=br0 > /dev/null
shift 4
exec "$@"
`;

const SYSTEMS_SHELL = "/bin/sh";
const QEMUS = "/usr/lib/qemu/qemu-bridge-helper";
const OURS = "/usr/local/lib/linkwright/linkwright-bridge-helper";
const JOINED = "[ -e /sys/class/net/tap0/brport ] && [ $(($(cat /sys/class/net/tap0/flags) & 1)) = 1 ]";
const APART = "! [ -e /sys/class/net/tap0/brport ]";

/** What is measured, and beside what. */
const ROWS = {
  helper: { title: "bridge helper", ours: "linkwright-bridge-helper" },
  ifup: { title: "attach a TAP and set it up", ours: "qemu-ifup" },
  ifdown: { title: "take a TAP out of its bridge and down", ours: "qemu-ifdown" },
};
const OURS_NAMES = Object.values(ROWS).map(({ ours }) => ours);
const NOTHING = "static-nothing";

const helper = (program) => [program, "--use-vnet", "--fd=3", "--br=br0"];
const shell = (program, script) => [program, "-c", script, "tap0"];
const untimed = (words) => ["-", ...words];
const check = (script) => untimed(shell(SYSTEMS_SHELL, script));

const IP = { up: "ip link set $0 master br0 up", down: "ip link set $0 nomaster down" };
const BRCTL = { up: "ip link set $0 up && brctl addif br0 $0", down: "brctl delif br0 $0 && ip link set $0 down" };

/** Steps of a round: each a command, and where its time goes if it is timed. */
const steps = (row, name, title, command) => ({ row, name, title, command });

function byShell(shellName, tools, toolsTitle, { up, down }) {
  const program = `/usr/bin/${shellName}`;
  const name = `${shellName}-${tools}`;
  return {
    needs: [program, ...(tools.includes("brctl") ? ["brctl"] : [])],
    steps: [
      steps("ifup", name, `${shellName} with ${toolsTitle}`, shell(program, up)),
      { command: check(JOINED) },
      steps("ifdown", name, `${shellName} with ${toolsTitle}`, shell(program, down)),
      { command: check(APART) },
    ],
  };
}

const programs = (folder) => [
  { steps: [steps("helper", ROWS.helper.ours, "linkwright's bridge helper", helper(OURS))] },
  { needs: [QEMUS], steps: [steps("helper", "qemu-bridge-helper", "QEMU's bridge helper", helper(QEMUS))] },
  {
    steps: [
      steps("ifup", "qemu-ifup", "linkwright's qemu-ifup", ["/etc/qemu-ifup", "tap0"]),
      { command: check(JOINED) },
      steps("ifdown", "qemu-ifdown", "linkwright's qemu-ifdown", ["/etc/qemu-ifdown", "tap0"]),
      { command: check(APART) },
    ],
  },
  {
    needs: ["/etc/qemu-ifup"],
    steps: [
      steps("ifup", "debian-ifup", "Debian's /etc/qemu-ifup", [join(folder, "debian-ifup"), "tap0"]),
      { command: check(JOINED) },
      { command: untimed(shell(SYSTEMS_SHELL, IP.down)) },
    ],
  },
  byShell("dash", "ip", "one ip line", IP),
  byShell("dash", "ip-brctl", "ip and brctl", BRCTL),
  byShell("bash", "ip", "one ip line", IP),
  byShell("bash", "ip-brctl", "ip and brctl", BRCTL),
  { steps: [{ name: NOTHING, title: "a static program that does nothing", command: [join(folder, "nothing")] }] },
];

/** Whole processes, from start to end, in the order in which a round has them. */
export async function run(bench) {
  const lacking = ["cc", "unshare"].filter((program) => !installed(program));
  if (lacking.length > 0) return `${lacking.join(", ")} not installed`;
  if (process.getuid() !== 0) return "only root can put programs into an /etc of its own";
  const folder = mkdtempSync(join(tmpdir(), "linkwright-bench-"));
  try {
    execFileSync("cc", ["-O2", "-o", join(folder, "spawn"), at("../peers/spawn.c")]);
    execFileSync("cc", ["-O2", "-static", "-o", join(folder, "nothing"), at("../peers/nothing.c")]);
    declare(bench);
    const rounds = bench.rounds((bench.quick ? quick : full).rounds);
    measure(bench, folder, sound(bench, folder), rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return undefined;
}

function declare({ record }) {
  for (const [row, { title, ours }] of Object.entries(ROWS))
    record.row({ section: "programs", id: `programs.${row}`, title, count: 1, unit: "ms", ours, floor: NOTHING });
}

/** The programs that are there and do what they must, tried once. */
function sound(bench, folder) {
  const all = programs(folder);
  return all.filter(({ needs = [], steps }, i) => {
    bench.progress((0.5 * i) / all.length, "trying each once");
    const absent = needs.filter((need) => !(need.startsWith("/") ? existsSync(need) : installed(need)));
    const why = absent.length > 0 ? `no ${absent.join(", ")}` : spawn(folder, 1, steps).failure;
    if (why === undefined) return true;
    for (const { row, name } of steps) if (row !== undefined) bench.record.fail(`programs.${row}`, name, why);
    return false;
  });
}

function measure(bench, folder, programs, rounds) {
  bench.progress(0.5, `${rounds} rounds`);
  const all = programs.flatMap(({ steps }) => steps);
  const { lists, failure } = spawn(folder, rounds + WARM_UP, all);
  if (failure !== undefined) throw new Error(`the programs: ${failure}`);
  for (const [i, { row, name, title }] of all.entries()) {
    if (name === undefined) continue;
    bench.describe(name, { title, processes: true });
    for (const place of row === undefined ? Object.keys(ROWS) : [row])
      for (const time of lists[i].slice(WARM_UP)) bench.record.add(`programs.${place}`, name, time);
  }
}

/** Runs steps in a scene of their own: lists of milliseconds, or what failed. */
function spawn(folder, rounds, steps) {
  const whose = steps.some(({ name }) => OURS_NAMES.includes(name)) ? "ours" : "others";
  const scene = [
    "--net",
    "--mount",
    "sh",
    "-ec",
    SCENE,
    "sh",
    folder,
    process.execPath,
    at("../../dist/cli/main.js"),
    whose,
  ];
  const words = steps.flatMap(({ command }) => ["--", ...command]);
  const options = { stdio: ["ignore", "pipe", "pipe"], env: { PATH: searchPath } };
  const { status, stdout, stderr } = runProgram(
    "unshare",
    [...scene, join(folder, "spawn"), String(rounds), ...words],
    options,
  );
  return status === 0 ? { lists: JSON.parse(stdout) } : { failure: stderr.trim().split("\n").at(-1) };
}
