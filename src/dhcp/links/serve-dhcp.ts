import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import type { Resting } from "../../kernel/resting.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Lease } from "../leases/lease.js";
import { leaseFile, leasesInMemory } from "../leases/lease-file.js";
import { openLeaseTable } from "../leases/lease-table.js";
import { SERVER_PORT } from "../ports.js";
import type { DhcpServerEvent } from "../server/events.js";
import { type DhcpServer, startDhcpServer } from "../server/server.js";
import { type ClientPort, type DhcpServerSettings, networkOf } from "../server/settings.js";
import { openSegment, type Segment } from "./segment.js";
import { thisBootsClock } from "./system-clock.js";

/** What a server gives to whom, on which link, and where it keeps leases. */
export interface DhcpServiceSettings extends Omit<DhcpServerSettings, "subnet" | "address"> {
  /** The subnet, such as "10.0.0.0/24". Undefined: that of the link's first IPv4 address. */
  readonly subnet?: string | undefined;
  /** The server's own address in it. Undefined: the link's address in that subnet. */
  readonly address?: string | undefined;
  /** The file in which leases are kept; its folder is there. Undefined: in memory, and they are forgotten with the server. */
  readonly leaseFile?: string | undefined;
  /**
   * The port behind which a MAC is. Where it is given, a client behind no port gets no answer, and every other only what its
   * port may have.
   */
  readonly portOf?: ((mac: string) => ClientPort | undefined) | undefined;
  /** Called before each message of a client is looked at: for whoever keeps reservations elsewhere to reserve and unreserve. */
  readonly prepare?: (() => void) | undefined;
  /** Is told what happens. */
  readonly report?: ((event: DhcpServerEvent) => void) | undefined;
  /** @internal Where its sockets rest. */
  readonly rest?: Resting | undefined;
}

/** A DHCPv4 server on a link. */
export interface DhcpService extends Pick<DhcpServer, "reserve" | "unreserve" | "endLease"> {
  /** The leases that have not ended, by address. */
  leases(): CurrentLease[];
  /** Lines of the lease file that were torn or damaged when it was read; the leases of all others are kept. */
  readonly damagedLines: number;
  /** Answers nobody any more. Leases go on, and are known to the next server with the same file. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A lease that somebody has now. */
export interface CurrentLease extends Omit<Lease, "until"> {
  /** Milliseconds until it ends. */
  readonly remaining: number;
}

/** The subnet and the server's address, as they are given or as the link has them. */
async function placeOf(
  host: Host,
  { link }: Segment,
  settings: DhcpServiceSettings,
): Promise<{ subnet: string; address: string }> {
  const { subnet, address } = settings;
  if (subnet !== undefined && address !== undefined) return { subnet, address };
  const [first] = (await host.addresses({ link, family: "inet" })).filter(
    (each) => subnet === undefined || each.address.split("/")[1] === subnet.split("/")[1],
  );
  if (first === undefined)
    throw new InputError(
      `${link.name} has no IPv4 address${subnet === undefined ? "" : ` in ${subnet}`}: give subnet and address`,
    );
  return { subnet: subnet ?? first.address, address: address ?? first.address.split("/")[0]! };
}

/**
 * Serves DHCPv4 on a link, such as a bridge: to whatever is behind its ports. It reads and sends frames by a socket of its own,
 * which no firewall sees, with checksums that every client takes; it holds UDP port 67 on the link. A lease is on disk
 * before it is acknowledged. Another server on the segment is looked for at once, and reported whenever one is heard. Rejects with
 * InputError, which names the setting, and with NetlinkError: EADDRINUSE where another program has the port.
 */
export async function serveDhcp(
  host: Host,
  link: LinkReference,
  settings: DhcpServiceSettings = {},
): Promise<DhcpService> {
  const { leaseFile: path, portOf, prepare, report, rest, ...others } = settings;
  const transport = await openSegment(host, link, SERVER_PORT, rest);
  try {
    const server = { ...others, ...(await placeOf(host, transport, settings)) };
    networkOf(server);
    const clock = await thisBootsClock();
    const leases = await openLeaseTable(path === undefined ? leasesInMemory() : leaseFile(path), clock);
    const running = startDhcpServer(server, { transport, clock, leases, portOf, prepare, report });
    running.lookForOtherServers();
    const close = async (): Promise<void> => {
      running.stop();
      await transport.close();
      await leases.close();
    };
    return {
      reserve: running.reserve,
      unreserve: running.unreserve,
      endLease: running.endLease,
      damagedLines: leases.damaged,
      leases() {
        const now = clock.now();
        const current = [...leases.all()].filter(({ until }) => until > now);
        return current.map(({ until, ...lease }) => ({ ...lease, remaining: until - now }));
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await transport.close();
    throw error;
  }
}
