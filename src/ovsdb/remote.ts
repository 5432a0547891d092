import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { builtin } from "../base/builtin.js";
import { InputError, quoted } from "../base/errors.js";
import { OvsdbError } from "./error.js";

/** What node:tls takes: `key`, `cert`, `ca`, `servername`, …; certificates are checked unless told otherwise. */
export type TlsOptions = Pick<
  ConnectionOptions,
  "key" | "cert" | "ca" | "servername" | "rejectUnauthorized" | "checkServerIdentity" | "minVersion" | "ciphers"
>;

/** Where a server listens: ovsdb(7), "active connection methods". */
export type Remote =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp" | "ssl"; readonly host: string; readonly port: number };

/** The port of OVSDB (IANA). */
const PORT = 6640;

function readOne(text: string): Remote {
  const [, kind, rest = ""] = /^(unix|tcp|ssl):(.+)$/.exec(text) ?? [];
  if (kind === undefined)
    throw new InputError(`${quoted(text)} is no remote: unix:PATH, tcp:HOST[:PORT] or ssl:HOST[:PORT] are`);
  if (kind === "unix") return { kind: "unix", path: rest };
  const [, inner, plain, port = String(PORT)] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(rest) ?? [];
  const host = inner ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65535)
    throw new InputError(`${quoted(text)} has no host and port: ${kind}:HOST:PORT, an IPv6 address in brackets`);
  return { kind: kind as "tcp" | "ssl", host, port: Number(port) };
}

/** Reads remotes, separated by commas as in "tcp:10.0.0.1:6641,tcp:10.0.0.2:6641". Throws InputError. */
export function parseRemotes(text: string): Remote[] {
  return text.split(/,(?=\w+:)/).map((each) => readOne(each.trim()));
}

/** A remote as it is written. */
export function formatRemote(remote: Remote): string {
  if (remote.kind === "unix") return `unix:${remote.path}`;
  return `${remote.kind}:${remote.host.includes(":") ? `[${remote.host}]` : remote.host}:${remote.port}`;
}

/** Begins to connect. `onOpen` is called once the server can be talked to. */
export function openSocket(remote: Remote, tls: TlsOptions | undefined, onOpen: () => void): Socket {
  if (remote.kind === "ssl") {
    const { host, port } = remote;
    const servername = builtin("node:net").isIP(host) === 0 ? { servername: host } : {};
    return builtin("node:tls").connect({ host, port, ...servername, ...tls }, onOpen);
  }
  const { createConnection } = builtin("node:net");
  if (remote.kind === "unix") return createConnection({ path: remote.path }, onOpen);
  return createConnection({ host: remote.host, port: remote.port, noDelay: true }, onOpen);
}

const UNIX_HINTS: Readonly<Record<string, string>> = {
  ENOENT:
    "nothing listens there: is the package openvswitch-switch installed, and the unit ovsdb-server.service running (systemctl start openvswitch-switch)?",
  ECONNREFUSED:
    "the server that made this socket is gone: systemctl start openvswitch-switch (unit ovsdb-server.service)",
  EACCES: "the socket belongs to another user: be root, or a member of its group",
  EPERM: "the socket belongs to another user: be root, or a member of its group",
};

/** Why a server could not be reached, and what to do about it. */
export function unreachable(remote: Remote, error: NodeJS.ErrnoException): OvsdbError {
  const code = error.code ?? "ECONNRESET";
  const hint = remote.kind === "unix" ? UNIX_HINTS[code] : undefined;
  return new OvsdbError(
    { code, method: "connect", subject: formatRemote(remote), details: error.message, sent: false, hint },
    `${formatRemote(remote)}: cannot connect: ${error.message}${hint === undefined ? "" : `; ${hint}`}`,
    { cause: error },
  );
}
