import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, spread, table } from "./statistics.mjs";

const ROUNDS = 100;
const WARM_UP = 5;
const QEMUS = "/usr/lib/qemu/qemu-bridge-helper";
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** A namespace of its own, with an /etc in which the programs find a policy for br0, which carries the default route. */
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
"$2" "$3" qemu install bridge=br0 > /dev/null
shift 3
exec "$@"
`;

const DETACH = ["-", "/usr/sbin/ip", "link", "set", "tap0", "nomaster", "down"];
const helper = (program) => [program, "--use-vnet", "--fd=3", "--br=br0"];

function contenders(folder) {
  const debians = join(folder, "debian-ifup");
  const rows = [
    {
      key: "helper",
      name: "linkwright-bridge-helper",
      command: helper("/usr/local/lib/linkwright/linkwright-bridge-helper"),
    },
    { key: "qemus", name: "qemu-bridge-helper", command: helper(QEMUS), needs: QEMUS },
    { key: "ifup", name: "qemu-ifup", command: ["/etc/qemu-ifup", "tap0"], detach: true },
    {
      key: "dash",
      name: "dash with one ip line",
      command: ["/usr/bin/dash", "-c", "ip link set $0 master br0 up", "tap0"],
      detach: true,
      needs: "/usr/bin/dash",
    },
    {
      key: "debian",
      name: "Debian's /etc/qemu-ifup",
      command: [debians, "tap0"],
      detach: true,
      needs: "/etc/qemu-ifup",
    },
    { key: "nothing", name: "static C that does nothing", command: [join(folder, "nothing")] },
  ];
  return rows.filter(({ needs }) => needs === undefined || existsSync(needs));
}

/** What is compared, and what it is to be at most. */
const COMPARED = [
  ["helper", "qemus", 0.65],
  ["ifup", "dash", 0.45],
  ["ifup", "debian", 0.2],
  ["ifup", "nothing", 1.6],
];

function measure(folder) {
  execFileSync("cc", ["-O2", "-o", join(folder, "spawn"), at("peers/spawn.c")]);
  execFileSync("cc", ["-O2", "-static", "-o", join(folder, "nothing"), at("peers/nothing.c")]);
  const rows = contenders(folder);
  const words = rows.flatMap(({ command, detach }) => ["--", ...command, ...(detach ? ["--", ...DETACH] : [])]);
  const scene = ["--net", "--mount", "sh", "-ec", SCENE, "sh", folder, process.execPath, at("../dist/cli/main.js")];
  const command = [...scene, join(folder, "spawn"), String(ROUNDS + WARM_UP), ...words];
  const lists = JSON.parse(execFileSync("unshare", command, { encoding: "utf8" })).map((list) => list.slice(WARM_UP));
  const samples = {};
  for (const { key, detach } of rows) {
    samples[key] = lists.shift();
    if (detach) lists.shift();
  }
  return { rows, samples };
}

/** The programs that QEMU calls beside those that it calls today: whole processes. */
export function programTable() {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-bench-"));
  try {
    const { rows, samples } = measure(folder);
    const times = [[`whole processes, milliseconds, median of ${ROUNDS} (quartiles)`, "time"]];
    for (const { key, name } of rows) times.push([name, spread(samples[key], 3)]);
    const names = Object.fromEntries(rows.map(({ key, name }) => [key, name]));
    const compared = COMPARED.filter(([, other]) => samples[other] !== undefined).map(([ours, other, most]) => {
      const ratio = median(samples[ours]) / median(samples[other]);
      return `${names[ours]} takes ${ratio.toFixed(2)} times ${names[other]} (at most ${most})`;
    });
    return [table(times), ...compared].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
