import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Kernel, provideKernel } from "../vm/harness/kernel.mjs";

/** A kernel, and the first files of a guest that only pings. */
export interface TinyGuest {
  readonly image: string;
  readonly initrd: string;
  remove(): void;
}

/** Modules that a guest with one virtio network card needs. */
const MODULES = ["virtio_pci", "virtio_net", "af_packet"];

/** How each begins: with its network card, and what the kernel's command line says to it as guest.NAME=VALUE. */
const BEGINNING = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod $module; done
for word in $($b cat /proc/cmdline); do case $word in guest.*) eval "\${word#guest.}" ;; esac; done
while [ ! -e /sys/class/net/eth0 ]; do $b usleep 20000; done
`;

/** Started with ip=, peer= and stay= on the kernel's command line: it says what became of its pings, and is off. */
const PINGING = `${BEGINNING}
$b ifconfig eth0 $ip netmask 255.255.255.0 up
answer=none
i=0
while [ $i -lt 30 ]; do
  if $b ping -c 1 -W 1 $peer >/dev/null 2>&1; then answer=heard; break; fi
  i=$((i + 1))
done
echo "GUEST $ip: $peer $answer"
# The other one may be slower.
$b sleep 3
$b poweroff -f
`;

/**
 * Gets its addresses by itself, and says them; answers at port 80 with its name=; and does what it is told by lines, and says that:
 * "renew", "ping ADDRESS", "off".
 */
export const ADDRESSED = `${BEGINNING}
# Whoever started it may be gone.
{ $b sleep 300; $b poweroff -f; } &
$b mkdir -p /www /etc
echo "this is $name" > /www/index.html
$b cat > /leased <<'END'
#!/bin/busybox sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
/bin/busybox ifconfig $interface $ip netmask $subnet
for each in $router; do /bin/busybox route add default gw $each 2>/dev/null; done
echo "GUEST $1 $ip"
END
$b chmod 755 /leased
$b ifconfig lo 127.0.0.1 up
$b ifconfig eth0 up
$b httpd -p 80 -h /www
$b udhcpc -f -i eth0 -s /leased -t 100 -T 1 -A 1 >/dev/console 2>&1 &
client=$!
six=
while [ -z "$six" ]; do
  six=$($b ip -6 addr show dev eth0 scope global | $b sed -n 's/.*inet6 \\([^/]*\\).*/\\1/p')
  $b usleep 200000
done
echo "GUEST advertised $six"
while read -r word what; do case $word in
  renew) kill -USR1 $client ;;
  ping) answer=none
    for i in 1 2 3 4 5 6 7 8 9 10; do
      if $b ping -c 1 -W 2 $what >/dev/null 2>&1; then answer=heard; break; fi
    done
    echo "GUEST ping $what $answer" ;;
  off) $b poweroff -f ;;
esac; done
`;

/** Makes a guest of the kernel and the busybox that the virtual machines for tests have; or says what is missing. */
export function provideTinyGuest(init = PINGING): { guest?: TinyGuest; missing?: string } {
  const { kernel, missing } = provideKernel("6.1");
  if (kernel === undefined) return { missing: missing! };
  const folder = mkdtempSync(join(tmpdir(), "linkwright-guest-"));
  const tree = join(folder, "tree");
  for (const name of ["bin", "modules", "proc", "sys", "dev"]) mkdirSync(join(tree, name), { recursive: true });
  cpSync(kernel.busybox, join(tree, "bin/busybox"));
  cpSync(kernel.busybox, join(tree, "bin/sh"));
  writeFileSync(join(tree, "init"), init, { mode: 0o755 });
  for (const [i, path] of modulesOf(kernel).entries())
    cpSync(path, join(tree, "modules", `${String(i).padStart(2, "0")}-${basename(path)}`));
  const initrd = join(folder, "initrd");
  execFileSync("sh", ["-c", 'find . | "$0" cpio -o -H newc > "$1"', kernel.busybox, initrd], {
    cwd: tree,
    stdio: ["ignore", "ignore", "ignore"],
  });
  return {
    guest: {
      image: kernel.image,
      initrd,
      remove: () => {
        rmSync(folder, { recursive: true });
      },
    },
  };
}

function modulesOf({ folder, release }: Kernel): string[] {
  const found = MODULES.flatMap((name) => {
    const words = ["-d", folder, "-S", release, "--show-depends", name];
    const text = execFileSync("modprobe", words, { encoding: "utf8" });
    return [...text.matchAll(/^insmod (\S+)/gm)].map(([, path]) => path!);
  });
  return [...new Set(found)];
}
