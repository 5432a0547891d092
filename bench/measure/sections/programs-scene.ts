import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, searchPath } from "../../../scripts/lib/run.mjs";

export interface SceneStep {
  /** A program and its words; "-" before them for one that is not timed. */
  readonly command: readonly string[];
}

/** Programs inside. */
export const DEBIANS = "/mnt/debian-ifup";
export const NOTHINGS = { libc: "/mnt/nothing", musl: "/mnt/nothing-musl" };

/** Prints what of a TAP lasts and programs may leave differently. */
const STATE = String.raw`
cd /sys/class/net/$1 || exit
echo $(($(cat flags) & 1)) $(cat mtu tx_queue_len group tun_flags)
[ -e master ] || { echo apart; exit; }
cd brport
cat ../master/ifindex path_cost priority hairpin_mode isolated learning unicast_flood multicast_flood broadcast_flood
`;

/**
 * A namespace of its own, with an /etc in which the programs find a policy for br0, which carries the default route; what
 * `ip` leaves of tap0 in br0, and apart from it, is kept. Arguments: the folder of the tools, node, linkwright's command
 * line, "installed" when linkwright's programs are needed, a script that prints the state of a TAP, the command to run in it.
 */
const SCENE = `
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 bench /mnt
cp "$1"/nothing* /mnt
cp /etc/qemu-ifup ${DEBIANS} 2>/dev/null || true
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
echo "$5" > /mnt/state
ip link set tap0 master br0 up
sh /mnt/state tap0 > /mnt/joined
ip link set tap0 nomaster down
sh /mnt/state tap0 > /mnt/apart
[ "$4" != installed ] || "$2" "$3" qemu install bridge=br0 > /dev/null
shift 5
exec "$@"
`;

const leftAs = (file: string): string => `
left=$(sh /mnt/state tap0)
[ "$left" = "$(cat /mnt/${file})" ] && exit
echo "tap0 is left" $left "and not, as by ip," $(cat /mnt/${file}) >&2
exit 1
`;

/** Scripts that fail when tap0 is not as `ip` leaves it, in br0 and up, or apart and down. */
export const JOINED = leftAs("joined");
export const APART = leftAs("apart");

/** A script that fails unless br0 has one port, a TAP with vnet_hdr that is up and whose MAC begins so that br0's stays. */
export const HELD = `
set -- /sys/class/net/br0/brif/*
if [ $# = 1 ] && [ -e "$1" ]; then
  cd /sys/class/net/\${1##*/} || exit
  case $(($(cat flags) & 1)),$(($(cat tun_flags) & 0x5002)),$(cat address) in 1,$((0x5002)),fe:*) exit ;; esac
fi
echo "no TAP with vnet_hdr is in br0 and up" >&2
exit 1
`;

const LINKWRIGHT = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

/**
 * Runs steps in a scene of their own, so many rounds: { lists } of the milliseconds of each, or what was the { failure }.
 * `installed`: with linkwright's programs and a policy.
 */
export function inScene(
  folder: string,
  rounds: number,
  steps: readonly SceneStep[],
  { installed }: { installed: boolean },
): { lists: number[][]; failure?: undefined } | { lists?: undefined; failure: string } {
  const words = steps.flatMap(({ command }) => ["--", ...command]);
  const given = [folder, process.execPath, LINKWRIGHT, installed ? "installed" : "bare", STATE];
  const command = ["--net", "--mount", "sh", "-ec", SCENE, "sh", ...given, join(folder, "spawn"), String(rounds)];
  const options = { stdio: ["ignore", "pipe", "pipe"], env: { PATH: searchPath } };
  const { status, stdout, stderr } = run("unshare", [...command, ...words], options);
  return status === 0
    ? { lists: JSON.parse(stdout) as number[][] }
    : { failure: stderr.trim().split("\n").slice(-2).join("; ") };
}
