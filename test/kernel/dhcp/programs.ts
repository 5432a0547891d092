import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacks } from "../scene/program.js";

/** A folder of a test's own, which goes with it. */
export function folder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "linkwright-dhcp-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function script(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** A real client: why it cannot be had here, and the command that gets a lease for `eth0`, prints "ADDRESS ROUTER", and ends. */
export interface ClientProgram {
  readonly name: string;
  readonly reason: string | undefined;
  command(folder: string): readonly string[];
}

export const clientPrograms: readonly ClientProgram[] = [
  {
    name: "udhcpc",
    reason: lacks("busybox", "udhcpc", "--help"),
    command(folder) {
      const print = script(join(folder, "udhcpc.sh"), '[ "$1" = bound ] && echo "$ip $router"; exit 0');
      return ["busybox", "udhcpc", "-i", "eth0", "-f", "-q", "-n", "-s", print];
    },
  },
  {
    name: "dhclient",
    reason: lacks("dhclient", "--version"),
    command(folder) {
      const print = script(
        join(folder, "dhclient.sh"),
        '[ "$reason" = BOUND ] && echo "$new_ip_address $new_routers"; exit 0',
      );
      const files = ["-lf", join(folder, "leases"), "-pf", join(folder, "pid"), "-cf", "/dev/null"];
      return ["dhclient", "-4", "-1", "-d", "-q", ...files, "-sf", print, "eth0"];
    },
  },
  {
    name: "dhcpcd",
    reason: lacks("dhcpcd", "--version") ?? lacks("unshare", "--mount", "true"),
    command(folder) {
      const print = script(
        join(folder, "dhcpcd.sh"),
        '[ "$reason" = BOUND ] && echo "$new_ip_address $new_routers"; exit 0',
      );
      const private_ = 'mount -t tmpfs none /run && mount -t tmpfs none /var/lib/dhcpcd && exec "$@"';
      const options = ["--ipv4only", "--oneshot", "--noarp", "--nobackground", "--config", "/dev/null"];
      return ["unshare", "--mount", "sh", "-c", private_, "sh", "dhcpcd", ...options, "--script", print, "eth0"];
    },
  },
];

/** dnsmasq as a server of DHCP alone on `br0`, with its files in a folder. */
export function dnsmasq(folder: string, ...more: readonly string[]): readonly string[] {
  return [
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--port=0",
    "--no-ping",
    "--user=root",
    "--interface=br0",
    "--bind-dynamic",
    "--log-facility=-",
    "--dhcp-range=10.77.0.10,10.77.0.200,255.255.255.0,1h",
    "--dhcp-authoritative",
    `--dhcp-leasefile=${join(folder, "dnsmasq.leases")}`,
    `--pid-file=${join(folder, "dnsmasq.pid")}`,
    ...more,
  ];
}
