import { builtin } from "../../base/builtin.js";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { ClientLease } from "../client/client-lease.js";
import { readDhclientLease, readDhcpcdLease, readNetworkdLease } from "../client/foreign/lease-texts.js";

/** Programs that keep leases for this machine's links. */
export type DhcpClientProgram = "dhclient" | "dhcpcd" | "NetworkManager" | "systemd-networkd";

/** A lease that another client has, or had. */
export interface ForeignLease {
  readonly client: DhcpClientProgram;
  /** The file that it stands in. */
  readonly file: string;
  /** Processes of that program: while there are any, it may renew the lease itself. */
  readonly pids: readonly number[];
  /** To be given to `keepLease`: the address is confirmed then, by what the server knows the client by. */
  readonly lease: ClientLease;
}

/** What a link's lease is looked for by. */
interface LinkFacts {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
}

interface Source {
  readonly client: DhcpClientProgram;
  readonly folder: string;
  /** Which of the folder's files are the link's. */
  isOf(file: string, link: LinkFacts): boolean;
  read(
    bytes: Buffer,
    written: number,
    link: LinkFacts,
    root: string,
  ): Promise<ClientLease | undefined> | ClientLease | undefined;
}

/**
 * dhcpcd's identifier (RFC 4361): a type, the link's number, which it makes of the last bytes of the MAC, and the machine's DUID, which
 * it keeps in a file.
 */
async function dhcpcdIdentifier(root: string, { mac }: LinkFacts): Promise<string | undefined> {
  for (const file of ["var/lib/dhcpcd/duid", "etc/dhcpcd.duid"]) {
    const duid = await builtin("node:fs/promises")
      .readFile(`${root}${file}`, "utf8")
      .catch(() => undefined);
    if (duid !== undefined) return `ff:${mac.slice(-11)}:${duid.trim()}`;
  }
  return undefined;
}

const SOURCES: readonly Source[] = [
  ...["var/lib/dhcp", "var/lib/dhclient"].map((folder): Source => ({
    client: "dhclient",
    folder,
    isOf: (file, { name }) => file === "dhclient.leases" || file === `dhclient.${name}.leases`,
    read: (bytes, _, { name }) => readDhclientLease(bytes.toString("utf8"), name),
  })),
  ...["var/lib/dhcpcd", "var/lib/dhcpcd5"].map((folder): Source => ({
    client: "dhcpcd",
    folder,
    isOf: (file, { name }) => file === `${name}.lease` || file === `dhcpcd-${name}.lease`,
    read: async (bytes, written, link, root) => readDhcpcdLease(bytes, written, await dhcpcdIdentifier(root, link)),
  })),
  {
    client: "NetworkManager",
    folder: "var/lib/NetworkManager",
    isOf: (file, { name }) => file.startsWith("internal-") && file.endsWith(`-${name}.lease`),
    read: (bytes, written) => readNetworkdLease(bytes.toString("utf8"), written),
  },
  {
    client: "systemd-networkd",
    folder: "run/systemd/netif/leases",
    isOf: (file, { index }) => file === String(index),
    read: (bytes, written) => readNetworkdLease(bytes.toString("utf8"), written),
  },
];

/**
 * The processes of a program that may be at work on a link: its name is what the kernel keeps of it, 15 bytes, and a dhclient is at work on
 * those links that its command names.
 */
function processesOf(program: DhcpClientProgram, link: string): number[] {
  const { readdirSync, readFileSync } = builtin("node:fs");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() !== program.slice(0, 15)) return false;
        return program !== "dhclient" || readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(link);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * The leases of a link that other clients keep in their files: dhclient, dhcpcd, NetworkManager, systemd-networkd; the one that was got
 * last comes first. Files that cannot be read as leases are left out.
 *
 * @param root Below which folder their files are.
 */
export async function foreignLeases(host: Host, reference: LinkReference, root = "/"): Promise<ForeignLease[]> {
  const fs = builtin("node:fs/promises");
  const { name, index, address: mac = "" } = await host.link(reference);
  const link = { name, index, mac };
  const found: ForeignLease[] = [];
  for (const { client, folder, isOf, read } of SOURCES)
    for (const each of await fs.readdir(`${root}${folder}`).catch(() => [])) {
      if (!isOf(each, link)) continue;
      const file = `${root}${folder}/${each}`;
      const { mtimeMs } = await fs.stat(file);
      const lease = await Promise.resolve(fs.readFile(file))
        .then((bytes) => read(bytes, mtimeMs, link, root))
        .catch(() => undefined);
      if (lease !== undefined) found.push({ client, file, pids: processesOf(client, name), lease });
    }
  return found.sort((one, other) => other.lease.obtained - one.lease.obtained);
}

/**
 * The lease of a link that another client has left, to go on with; undefined for none. Rejects with InputError while that client is at
 * work: nobody starts a second one.
 */
export async function leaseLeft(host: Host, link: LinkReference, root = "/"): Promise<ClientLease | undefined> {
  const [newest] = await foreignLeases(host, link, root);
  if (newest === undefined) return undefined;
  const { client, pids, file, lease } = newest;
  if (pids.length === 0) return lease;
  throw new InputError(`${client} (process ${pids.join(", ")}) keeps the lease in ${file}: end it first`, "link");
}
