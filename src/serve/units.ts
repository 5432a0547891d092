import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";
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
 * It needs no more than to change links, addresses, rules and settings, to see frames, and DHCP's port; namespaces are entered with
 * CAP_SYS_ADMIN, where networks are kept in others than this machine's own.
 */
function serviceUnit(program: string): string {
  return `[Unit]
Description=linkwright: guest networks, their addresses and rules
Requires=linkwright.socket
After=network-pre.target linkwright.socket
Wants=network-pre.target

[Service]
Type=notify
NotifyAccess=main
ExecStart=${program} serve
Restart=always
RestartSec=100ms
FileDescriptorStoreMax=64
RuntimeDirectory=linkwright
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
StateDirectory=linkwright
AmbientCapabilities=
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
SystemCallFilter=@system-service setns

[Install]
WantedBy=multi-user.target
Also=linkwright.socket
`;
}

/** Writes the units of the service, and gives their files. Rejects with InputError for what no unit can have. */
export async function installUnits({ root = "/", group, program }: UnitOptions = {}): Promise<string[]> {
  const fs = builtin("node:fs/promises");
  const { join } = builtin("node:path");
  if (group !== undefined && !/^[a-z_][\w-]*$/i.test(group))
    throw new InputError(`${group} is no group's name`, "group");
  const command = program ?? `${process.execPath} ${await fs.realpath(process.argv[1] ?? "")}`;
  if (/[\n%"\\]/.test(command)) throw new InputError(`${JSON.stringify(command)} cannot stand in a unit`, "program");
  const folder = join(root, FOLDER);
  await fs.mkdir(folder, { recursive: true });
  const files: [string, string][] = [
    [join(folder, "linkwright.socket"), socketUnit(group)],
    [join(folder, "linkwright.service"), serviceUnit(command)],
  ];
  for (const [file, text] of files) await fs.writeFile(file, text, { mode: 0o644 });
  return files.map(([file]) => file);
}
