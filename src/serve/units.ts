import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";
import { syncFolder, writeWhole } from "../base/whole-file.js";
import { SOCKET } from "./messages/ask.js";

/** What the units are made of. */
export interface UnitOptions {
  /** The folder below which they are written; "/" unless given. */
  readonly root?: string | undefined;
  /** The group whose members may look at the socket; root alone unless given. */
  readonly group?: string | undefined;
  /** The command that is the service, such as "/usr/bin/linkwright"; its program and this file's own unless given. */
  readonly program?: string | undefined;
}

const FOLDER = "etc/systemd/system";
const WANTED = `${FOLDER}/multi-user.target.wants`;
const HOST_UNIT = "linkwright-host.service";

function socketUnit(group: string | undefined): string {
  return `[Unit]
Description=linkwright: how commands reach the service for guest networks

[Socket]
ListenStream=${SOCKET}
SocketMode=0660
${group === undefined ? "" : `SocketGroup=${group}\n`}FileDescriptorName=linkwright.socket

[Install]
WantedBy=sockets.target
`;
}

/**
 * What a unit may not do: it needs no more than to change links, addresses, rules and settings, to see frames, and the ports of DHCP
 * and DNS;
 * namespaces are entered with CAP_SYS_ADMIN, where networks are kept in others than this machine's own. Node itself asks for memory
 * keys.
 */
const HARDENING = `AmbientCapabilities=
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_SYS_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=no
DeviceAllow=/dev/net/tun rw
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_PACKET AF_INET AF_INET6
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey setns
SystemCallErrorNumber=EPERM
`;

function serviceUnit(program: string): string {
  return `[Unit]
Description=linkwright: guest networks, their addresses and rules
Requires=linkwright.socket
After=network-pre.target linkwright.socket linkwright-host.service
Wants=network-pre.target

[Service]
Type=notify
NotifyAccess=main
ExecStart=${program} serve
Restart=always
RestartSec=100ms
FileDescriptorStoreMax=4096
RuntimeDirectory=linkwright
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
StateDirectory=linkwright
${HARDENING}
[Install]
WantedBy=multi-user.target
Also=linkwright.socket
`;
}

/**
 * The wiring of the host, as it is enabled: it stands before the network is there, and before those who start guests. Waiting is the
 * command's own, with a limit; "active" means that all stands.
 */
function hostUnit(program: string): string {
  return `[Unit]
Description=linkwright: the wiring of the host
DefaultDependencies=no
RequiresMountsFor=/etc/linkwright
Wants=network-pre.target network.target
After=network-pre.target local-fs.target systemd-udevd.service systemd-modules-load.service systemd-sysctl.service
Before=network.target network-online.target linkwright.service
Before=libvirtd.service virtqemud.service virtnetworkd.service virtinterfaced.service machines.target
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=notify
NotifyAccess=main
RemainAfterExit=yes
ExecStart=${program} boot
TimeoutStartSec=infinity
RuntimeDirectory=linkwright
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
${HARDENING}
[Install]
WantedBy=multi-user.target
`;
}

/** The command as a unit runs it. Rejects with InputError for what no unit can have. */
async function commandFor(program: string | undefined): Promise<string> {
  const command = program ?? `${process.execPath} ${await builtin("node:fs/promises").realpath(process.argv[1] ?? "")}`;
  if (/[\n%"\\]/.test(command)) throw new InputError(`${JSON.stringify(command)} cannot stand in a unit`, "program");
  return command;
}

/** Writes units by their names, and gives their files. */
async function writeUnits(root: string, units: Readonly<Record<string, string>>): Promise<string[]> {
  const { join } = builtin("node:path");
  const folder = join(root, FOLDER);
  await builtin("node:fs/promises").mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(units)) writeWhole(join(folder, name), text);
  return Object.keys(units).map((name) => join(folder, name));
}

/**
 * Writes the unit that applies at boot what is enabled, has it started by multi-user.target, and gives its file. Rejects with
 * InputError for what no unit can have.
 */
export async function installHostUnit({ root = "/", program }: Omit<UnitOptions, "group"> = {}): Promise<string[]> {
  const fs = builtin("node:fs/promises");
  const files = await writeUnits(root, { [HOST_UNIT]: hostUnit(await commandFor(program)) });
  const folder = builtin("node:path").join(root, WANTED);
  await fs.mkdir(folder, { recursive: true });
  await fs.rm(`${folder}/${HOST_UNIT}`, { force: true });
  await fs.symlink(`../${HOST_UNIT}`, `${folder}/${HOST_UNIT}`);
  syncFolder(folder);
  return files;
}

/** Whether the unit that applies at boot what is enabled is there, and is started. */
export function isHostUnitInstalled(root = "/"): boolean {
  return builtin("node:fs").existsSync(builtin("node:path").join(root, WANTED, HOST_UNIT));
}

/** Writes the units of the service, and gives their files. Rejects with InputError for what no unit can have. */
export async function installUnits({ root = "/", group, program }: UnitOptions = {}): Promise<string[]> {
  if (group !== undefined && !/^[a-z_][\w-]*$/i.test(group))
    throw new InputError(`${group} is no group's name`, "group");
  const command = await commandFor(program);
  return writeUnits(root, { "linkwright.socket": socketUnit(group), "linkwright.service": serviceUnit(command) });
}
