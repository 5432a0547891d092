import { join } from "node:path";
import { installed, root, run as runProgram, searchPath } from "../../../scripts/lib/run.mjs";
import { lackedBy } from "../../../scripts/lib/tools.mjs";
import { provideProgram } from "../../contenders/watchers.js";
import type { Row } from "../../result.js";
import type { Bench } from "../section.js";
import type { Inside } from "./networks-inside.js";

/** As it was built. */
const PROGRAM = join(root, "build/bench/networks-inside.mjs");
const LINKWRIGHT = join(root, "dist/code/cli.cjs");
const ROUNDS = { full: 40, quick: 5 };
const OTHERS = { full: 200, quick: 20 };
const LIBVIRT = "libvirt";
const DNSMASQ = "dnsmasq";
/** The program that does what a start and a stop do. */
const IN_C = "c";

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
SERVICE=$!
until grep -q '"ready"' /mnt/said; do kill -0 $!; sleep 0.1; done
case "$8" in *libvirt*)
  printf 'auth_unix_rw = "none"\\nunix_sock_rw_perms = "0700"\\n' > /mnt/libvirtd.conf
  # As libvirt-daemon-system makes them: its other drivers do not start without.
  echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >> /etc/passwd
  echo 'libvirt-qemu:x:64055:' >> /etc/group
  libvirtd --config /mnt/libvirtd.conf > /mnt/libvirtd 2>&1 &
  until virsh -q -c network:///system net-list > /dev/null 2>&1; do kill -0 $!; sleep 0.1; done
esac
exec "$1" "$3" "$4" "$5" "$SERVICE" "$6" "$7" $8
`;

interface Kind {
  readonly title: string;
  readonly unit: Row["unit"];
  /** Whom ours is divided by. */
  readonly floor: string;
  readonly count?: number;
}

const KINDS: Readonly<Record<string, Kind>> = {
  start: { title: "start a NAT network", unit: "ms", floor: IN_C, count: 1 },
  stop: { title: "stop it", unit: "ms", floor: IN_C, count: 1 },
  "start-dhcp": { title: "start a NAT network with DHCP and names", unit: "ms", floor: LIBVIRT, count: 1 },
  "stop-dhcp": { title: "stop that", unit: "ms", floor: LIBVIRT, count: 1 },
  packets: { title: "100,000 datagrams from a guest to the world", unit: "ms", floor: LIBVIRT, count: 100_000 },
  ack: { title: "from a guest's link being up to its lease", unit: "ms", floor: DNSMASQ },
  leases: { title: "processor time for 1000 leases within a second", unit: "ms", floor: DNSMASQ },
  "leases-memory": { title: "memory for 10,000 leases", unit: "MB", floor: DNSMASQ },
};

function rowOf(key: string): Omit<Row, "better" | "samples"> {
  const [what = "", count = "1", isProcesses] = key.split(".");
  const { title, ...kind } = KINDS[what]!;
  const beside = count === "1" || what.startsWith("leases") ? "" : `, the ${count}st`;
  const row = { section: "networks", id: `networks.${key}`, ...kind, title: `${title}${beside}` };
  if (isProcesses === undefined) return row;
  return { ...row, title: `processes and threads begun: ${row.title}`, unit: "processes", floor: LIBVIRT };
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
  const built = [provideProgram("in-turn"), provideProgram("datagrams")];
  const missing = built.find((each) => each.missing !== undefined)?.missing;
  if (missing !== undefined) return missing;
  const there = [...(lacked.length === 0 ? [LIBVIRT] : []), ...(installed(DNSMASQ) ? [DNSMASQ] : [])];
  const given = [process.execPath, LINKWRIGHT, PROGRAM, String(rounds), String(others)];
  const programs = built.map(({ program = "" }) => program);
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const scene = [...namespaces, "sh", "-ec", SCENE, "sh", ...given, ...programs, there.join(" ")];
  const { status, stdout, stderr } = runProgram("unshare", scene, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: searchPath },
  });
  if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-9).join("; "));
  bench.describe(IN_C, { title: "the same messages in C" });
  bench.describe(DNSMASQ, { title: "dnsmasq, in two messages" });
  bench.describe(LIBVIRT, { title: "libvirt's network driver, by one virsh" });
  const { samples, failed } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Inside;
  for (const [key, all] of Object.entries(samples)) {
    const row = rowOf(key);
    bench.record.row(row);
    for (const [name, times] of Object.entries(all)) for (const time of times) bench.record.add(row.id, name, time);
    if (lacked.length > 0) bench.record.lack(row.id, LIBVIRT, `${lacked.join(", ")} not installed`);
    for (const [name, why] of Object.entries(failed[key] ?? {})) bench.record.lack(row.id, name, why);
  }
  return undefined;
}
