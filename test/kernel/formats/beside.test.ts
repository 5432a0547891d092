import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { provideConfigurers } from "../../../scripts/lib/configurers.mjs";
import { importFiles, type SourceFile } from "../../../src/formats/index.js";
import { Host } from "../../../src/index.js";
import { apply } from "../../../src/topology/index.js";
import { cases } from "../../unit/formats/cases.js";
import { lacks } from "../scene/program.js";
import { lacksKind, needed, nicsOf } from "./kinds.js";
import { wiring } from "./wiring.js";

const { programs, libraries, missing } = provideConfigurers();
const NETWORKD = "/lib/systemd/systemd-networkd";

/** The files of a system below a folder, each where its program looks for it. */
type Place = (file: SourceFile, folder: string) => string;

/** How a program is had to make something of its files. */
interface Configurer {
  readonly format: string;
  readonly obstacle: string | undefined;
  readonly place: Place;
  /** A shell's words, in namespaces of their own; $1 is the folder of the files. */
  readonly script: string;
  /** Cases that cannot be compared, and why. */
  readonly unlike: Readonly<Record<string, string>>;
  /** What is put otherwise where a case is compared, for both, with the reason. */
  readonly changes: Readonly<Record<string, readonly (readonly [why: string, from: RegExp, to: string])[]>>;
}

// Where /sys cannot be written, both take the links for initialized without udev. What is in it they write all the same.
const PREPARE = `
mount --make-rprivate /
mount -t sysfs sysfs /sys && mount --bind /sys/devices /sys/devices && mount -o remount,bind,ro /sys
mount -t tmpfs run /run`;

const RUN_NETWORKD = `
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/network
chown -R systemd-network:systemd-network /run/systemd/netif
[ -d "$1/etc/systemd/network" ] && mount --bind "$1/etc/systemd/network" /etc/systemd/network
[ -d "$1/run/systemd/network" ] && cp -r "$1/run/systemd/network/." /run/systemd/network
# It changes its user, and nobody's death ends it then but that of the first process of its namespace.
${NETWORKD}; exit`;

const configurers: readonly Configurer[] = [
  {
    format: "networkd",
    obstacle: lacks(NETWORKD, "--version"),
    place: ({ name }, folder) => join(folder, "etc/systemd/network", name.replace(/^.*?systemd\/network\//, "")),
    script: `${PREPARE}${RUN_NETWORKD}`,
    unlike: { "link-files": "udev applies .link files, and there is none here" },
    changes: {
      addresses: [["networkd aborts over a section without an address", /\[Address\]\nBroadcast=.*\n/, ""]],
      "pair-and-tap": [
        ["the other end is down", /\[Network\]/, "[Network]\nConfigureWithoutCarrier=yes"],
        ["only who may open /dev/net/tun makes TAPs, and networkd is another user", /Name=tap7[^]*$/, "Name="],
      ],
      tunnels: [["a declaration has no keys for WireGuard", /Kind=wireguard/, "Kind=none"]],
      routes: [["the kernel chooses the priorities", /\[RoutingPolicyRule\]\nFire[^]*$/, ""]],
    },
  },
  {
    format: "netplan",
    obstacle: missing ?? lacks(NETWORKD, "--version"),
    place: ({ name }, folder) => join(folder, "etc/netplan", basename(name)),
    script: `${PREPARE}
LD_LIBRARY_PATH=${libraries?.join(":")} ${programs?.netplan} --root-dir "$1" ${RUN_NETWORKD}`,
    unlike: { "pairs-and-matches": "netplan 1.1 is the first with pairs" },
    changes: {
      routing: [
        ["netplan refuses the file", / +- to: nowhere\n.*\n/, ""],
        ["netplan 0.107 is the first with the word", / +advertised-mss.*\n/, ""],
        ["the kernel chooses the priority", / +- to: 10\.0\.0\.0\/8\n.*\n.*\n/, ""],
      ],
      dhcp: [["the NIC has another MAC", /macaddress: .*/, "name: enp1s0"]],
    },
  },
  {
    format: "keyfile",
    obstacle: missing,
    place: ({ name }, folder) => join(folder, "etc/NetworkManager/system-connections", basename(name)),
    script: `${PREPARE}
mkdir -p /run/NetworkManager /etc/NetworkManager /var/lib/NetworkManager
mount -t tmpfs state /var/lib/NetworkManager
mount --bind "$1/etc/NetworkManager" /etc/NetworkManager
export LD_LIBRARY_PATH=${libraries?.join(":")}
exec ${programs?.NetworkManager} --debug --configure-and-quit=initrd`,
    unlike: {},
    changes: {
      "macvlan-and-tun": [
        ["NetworkManager refuses the profile", /stp=maybe\nforward-delay=0/, "stp=true\nforward-delay=4"],
      ],
      "docs/migrating.md, NetworkManager": [
        ["NetworkManager 1.46 is the first with these words", /controller=(.*)\nport-type/, "master=$1\nslave-type"],
      ],
    },
  },
];

/** In a virtual machine, where all takes its time, those are tried that need what not every kernel has. */
const inMachine = process.env["LINKWRIGHT_VM"] === "1";
const PATIENCE = inMachine ? 90_000 : 15_000;
vi.setConfig({ testTimeout: PATIENCE + 30_000 });

const NETWORK_MANAGER = `[main]
plugins=keyfile
no-auto-default=*
dns=none
[device]
match-device=type:veth
managed=1
[keyfile]
unmanaged-devices=interface-name:far*
`;

const folder = mkdtempSync(join(tmpdir(), "linkwright-beside-"));
const started: ChildProcess[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Starts a program with its files in the namespace of a host; whoever calls ends it. */
async function start({ place, script }: Configurer, files: readonly SourceFile[], host: Host): Promise<ChildProcess> {
  const root = mkdtempSync(join(folder, "system-"));
  for (const file of files) {
    const path = place(file, root);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.text, { mode: path.includes("systemd") ? 0o644 : 0o600 });
  }
  if (script.includes("NetworkManager"))
    writeFileSync(join(root, "etc/NetworkManager/NetworkManager.conf"), NETWORK_MANAGER);
  // networkd reads them as another user.
  spawnSync("chmod", ["755", folder, root]);
  await using namespace = await host.namespaceDescriptor();
  const words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script, "sh", root];
  const child = spawn("nsenter", [`--net=/proc/self/fd/3`, ...words], {
    stdio: ["ignore", "ignore", "ignore", namespace.fd],
  });
  await once(child, "spawn");
  started.push(child);
  return child;
}

for (const configurer of configurers) {
  const { format, obstacle, unlike, changes } = configurer;
  if (obstacle !== undefined) console.log(`skipped: what is made of ${format} beside its program: ${obstacle}`);
  const own = cases
    .filter(({ format: each, name }) => each === format && unlike[basename(name)] === undefined)
    .filter(({ files }) => !inMachine || needed(importFiles(files).declaration.links ?? {}).length > 0);
  test.skipIf(obstacle !== undefined).for(own)(
    "$name: what its program makes of it, the imported declaration makes, too",
    async ({ files: given, name }, context) => {
      const files = given.map((file) => ({
        ...file,
        text: (changes[basename(name)] ?? changes[name] ?? []).reduce(
          (text, [, from, to]) => text.replace(from, to),
          file.text,
        ),
      }));
      const { declaration } = importFiles(files);
      const kinds = needed(declaration.links ?? {});
      for (const kind of kinds) if (await lacksKind(kind)) context.skip(`this kernel has no ${kind}`);
      await using one = await Host.open({ namespace: "new" });
      await using other = await Host.open({ namespace: "new" });
      for (const host of [one, other])
        for (const [place, nic] of nicsOf(declaration).entries())
          await host.addVeth(nic, { peer: { name: `far${place}`, up: true } });
      await apply(other, declaration, { journal: join(folder, "journal") });
      const wanted = await wiring(other);
      const child = await start(configurer, files, one);
      try {
        await vi.waitFor(async () => expect(await wiring(one)).toEqual(wanted), {
          timeout: PATIENCE,
          interval: 200,
        });
      } finally {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      }
    },
  );
}
