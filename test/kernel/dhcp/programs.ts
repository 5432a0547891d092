import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providePackages } from "../../../scripts/lib/debian-files.mjs";
import { lacks } from "../scene/program.js";

const NETWORKD = "/lib/systemd/systemd-networkd";

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
  {
    name: "systemd-networkd",
    reason: lacks(NETWORKD, "--version") ?? lacks("unshare", "--mount", "true"),
    command(folder) {
      const network = "[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\nIPv6AcceptRA=no\\n";
      // Where /sys is read-only, nobody waits for udev. What it has is its own user's.
      const start = script(
        join(folder, "networkd.sh"),
        `mount -t tmpfs none /run && mount -t sysfs -o ro none /sys
        mkdir -p /run/systemd/network /run/systemd/netif/leases /run/systemd/netif/links /run/systemd/netif/lldp
        chown -R systemd-network /run/systemd/netif && printf '${network}' >/run/systemd/network/eth0.network
        ${NETWORKD} >/dev/null 2>&1 &
        until grep -hqs ^ROUTER= /run/systemd/netif/leases/*; do kill -0 $! || exit 1; sleep 0.05; done
        . /run/systemd/netif/leases/* && echo "$ADDRESS $ROUTER" && wait`,
      );
      // It changes its user, and nobody's death ends it then but that of the first process of its namespace.
      return ["unshare", "--mount", "--pid", "--fork", "--kill-child", start];
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

/** A real server for `br0`: why it cannot be had here, the command that starts it, and what it says when it answers. */
export interface ServerProgram {
  readonly name: string;
  readonly reason: string | undefined;
  readonly ready: RegExp;
  command(folder: string): readonly string[];
}

/** Servers that are unpacked, and never installed: an installation would start them. */
const unpacked = providePackages(
  "dhcp-servers",
  ["kea-dhcp4-server", "kea-common", "isc-dhcp-server", "liblog4cplus-2.0.5", "libpq5", "libmariadb3"],
  "usr/sbin/kea-dhcp4",
);
const libraries = `LD_LIBRARY_PATH=${unpacked.folder}/usr/lib/x86_64-linux-gnu`;

function lacksUnpacked(name: string, ...words: readonly string[]): string | undefined {
  return unpacked.missing ?? lacks("env", libraries, `${unpacked.folder}/usr/sbin/${name}`, ...words);
}

function file(path: string, text: string): string {
  writeFileSync(path, text);
  return path;
}

export const serverPrograms: readonly ServerProgram[] = [
  {
    name: "dnsmasq, in four messages",
    reason: lacks("dnsmasq", "--version"),
    ready: /sockets bound exclusively to interface br0/,
    command: (folder) => dnsmasq(folder),
  },
  {
    name: "dnsmasq, in two messages",
    reason: lacks("dnsmasq", "--version"),
    ready: /sockets bound exclusively to interface br0/,
    command: (folder) => dnsmasq(folder, "--dhcp-rapid-commit"),
  },
  {
    name: "busybox's udhcpd",
    reason: lacks("busybox", "true"),
    ready: /started, v/,
    command: (folder) => {
      const leases = file(join(folder, "udhcpd.leases"), "");
      const lines = ["interface br0", "start 10.77.0.10", "end 10.77.0.200", `lease_file ${leases}`];
      const options = ["subnet 255.255.255.0", "router 10.77.0.1", "lease 3600"].map((each) => `option ${each}`);
      const pid = `pidfile ${join(folder, "udhcpd.pid")}`;
      return ["busybox", "udhcpd", "-f", file(join(folder, "udhcpd.conf"), [...lines, ...options, pid, ""].join("\n"))];
    },
  },
  {
    name: "ISC's dhcpd",
    reason: lacksUnpacked("dhcpd", "--version"),
    ready: /Server starting service/,
    command: (folder) => {
      const subnet = "range 10.77.0.10 10.77.0.200; option routers 10.77.0.1;";
      const text = `authoritative; ping-check off; default-lease-time 3600; max-lease-time 3600; subnet 10.77.0.0 netmask 255.255.255.0 { ${subnet} }`;
      const files = ["-cf", file(join(folder, "dhcpd.conf"), text), "-lf", file(join(folder, "dhcpd.leases"), "")];
      return ["env", libraries, `${unpacked.folder}/usr/sbin/dhcpd`, "-4", "-f", "-d", "--no-pid", ...files, "br0"];
    },
  },
  {
    name: "Kea",
    reason: lacksUnpacked("kea-dhcp4", "-v"),
    ready: /DHCP4_STARTED/,
    command: (folder) => {
      const subnet = {
        ...{ subnet: "10.77.0.0/24", pools: [{ pool: "10.77.0.10 - 10.77.0.200" }], "valid-lifetime": 3600 },
        "option-data": [{ name: "routers", data: "10.77.0.1" }],
      };
      const Dhcp4 = {
        "interfaces-config": { interfaces: ["br0"] },
        "lease-database": { type: "memfile", persist: false },
        subnet4: [subnet],
        loggers: [{ name: "kea-dhcp4", output_options: [{ output: "stderr" }], severity: "INFO" }],
      };
      const folders = ["KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR"].map((name) => `${name}=${folder}`);
      const configuration = file(join(folder, "kea.json"), JSON.stringify({ Dhcp4 }));
      return ["env", libraries, ...folders, `${unpacked.folder}/usr/sbin/kea-dhcp4`, "-c", configuration];
    },
  },
];
