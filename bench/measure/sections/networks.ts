import { join } from "node:path";
import { installed, root, run as runProgram, searchPath } from "../../../scripts/lib/run.mjs";
import { lackedBy } from "../../../scripts/lib/tools.mjs";
import type { Row } from "../../result.js";
import type { Bench } from "../section.js";
import type { Inside } from "./networks-inside.js";

/** As it was built. */
const PROGRAM = join(root, "build/bench/networks-inside.mjs");
const LINKWRIGHT = join(root, "dist/code/cli.cjs");
const ROUNDS = { full: 40, quick: 5 };
const OTHERS = { full: 200, quick: 20 };
const LIBVIRT = "libvirt";

/** A machine with our service running, and libvirtd where it is installed, neither of which another sees. */
const SCENE = `
mount --make-rprivate /
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 bench /mnt
for folder in etc var/lib; do
  mkdir -p /mnt/upper/$folder /mnt/work/$folder
  mount -t overlay -o lowerdir=/$folder,upperdir=/mnt/upper/$folder,workdir=/mnt/work/$folder $folder /$folder
done
mount -t tmpfs -o mode=755 run /run
ip link set lo up
"$1" "$2" serve > /mnt/said 2>&1 &
until grep -q '"ready"' /mnt/said; do kill -0 $!; sleep 0.1; done
if [ "$6" = libvirt ]; then
  printf 'auth_unix_rw = "none"\\nunix_sock_rw_perms = "0700"\\n' > /mnt/libvirtd.conf
  # As libvirt-daemon-system makes them: its other drivers do not start without.
  echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >> /etc/passwd
  echo 'libvirt-qemu:x:64055:' >> /etc/group
  libvirtd --config /mnt/libvirtd.conf > /mnt/libvirtd 2>&1 &
  until virsh -q -c network:///system net-list > /dev/null 2>&1; do kill -0 $!; sleep 0.1; done
fi
exec "$1" "$3" "$4" "$5" "$6"
`;

const TITLES: Readonly<Record<string, string>> = {
  start: "start a NAT network",
  stop: "stop it",
  "start-dhcp": "start a NAT network with DHCP and names",
  "stop-dhcp": "stop that",
};

function rowOf(key: string): Omit<Row, "better" | "samples"> {
  const [what = "", count = "1", isProcesses] = key.split(".");
  const beside = count === "1" ? "" : `, the ${count}th`;
  const more = { section: "networks", id: `networks.${key}`, floor: LIBVIRT };
  return isProcesses === undefined
    ? { ...more, title: `${TITLES[what]}${beside}`, count: 1, unit: "ms" }
    : { ...more, title: `processes and threads begun: ${TITLES[what]}${beside}`, unit: "processes" };
}

/** Guest networks, started and stopped, beside libvirt's: in one run, by turns. */
export function run(bench: Bench): string | undefined {
  const lacking = ["unshare", "ip"].filter((program) => !installed(program));
  if (lacking.length > 0) return `${lacking.join(", ")} not installed`;
  if (process.getuid?.() !== 0) return "only root can have a /run and a /var/lib of its own";
  const lacked = lackedBy(LIBVIRT);
  const rounds = bench.rounds(bench.quick ? ROUNDS.quick : ROUNDS.full);
  const others = Math.min(bench.quick ? OTHERS.quick : OTHERS.full, bench.most);
  bench.progress(0.1, `${rounds} rounds`);
  const given = [process.execPath, LINKWRIGHT, PROGRAM, String(rounds), String(others)];
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const scene = [...namespaces, "sh", "-ec", SCENE, "sh", ...given, lacked.length === 0 ? LIBVIRT : "alone"];
  const { status, stdout, stderr } = runProgram("unshare", scene, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: searchPath },
  });
  if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-2).join("; "));
  bench.describe(LIBVIRT, { title: "libvirt's network driver, by one virsh" });
  for (const [key, samples] of Object.entries(JSON.parse(stdout.trim().split("\n").at(-1)!) as Inside)) {
    const row = rowOf(key);
    bench.record.row(row);
    for (const [name, times] of Object.entries(samples)) for (const time of times) bench.record.add(row.id, name, time);
    if (lacked.length > 0) bench.record.lack(row.id, LIBVIRT, `${lacked.join(", ")} not installed`);
  }
  return undefined;
}
