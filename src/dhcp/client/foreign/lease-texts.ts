import { InputError } from "../../../base/errors.js";
import { subnetMask, prefixLengthOf } from "../../wire/address.js";
import type { DhcpOptions } from "../../wire/dhcp-options.js";
import { decodeDhcpPacket } from "../../wire/dhcp-packet.js";
import { type ClientLease, leaseFrom, timesOf } from "../client-lease.js";

// What other clients keep of their leases. What of it is not needed to go on with a lease is left out.

/** When a file was written, in milliseconds since 1970. */
type Written = number;

const MASK = 24;

function lengthOf(mask: string | undefined): number {
  return (mask === undefined ? undefined : prefixLengthOf(mask)) ?? MASK;
}

/** An object without what is undefined. */
function given<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

/** A lease by what is known of it; the times that are not follow from the others (RFC 2131, 4.4.5). */
function leaseOf(
  address: string,
  obtained: number,
  options: DhcpOptions,
  known: Pick<ClientLease, "clientId" | "hostname">,
): ClientLease {
  const { leaseTime = Infinity, serverIdentifier } = options;
  const [renewalTime, rebindingTime] = timesOf(leaseTime, options);
  const prefixLength = lengthOf(options.subnetMask);
  return given({
    ...{ address, prefixLength, serverIdentifier, obtained, renewalTime, rebindingTime },
    leaseTime: leaseTime === Infinity ? null : leaseTime,
    ...known,
    options: given({ ...options, subnetMask: options.subnetMask ?? subnetMask(prefixLength) }),
  });
}

function seconds(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text) * 1000;
}

function listed(text: string | undefined): readonly string[] | undefined {
  const all = text?.split(/[\s,]+/).filter((each) => each !== "") ?? [];
  return all.length === 0 ? undefined : all;
}

/** "1:52:54:0:12:34:56" with two digits a byte. */
function bytesText(text: string | undefined): string | undefined {
  return text
    ?.split(":")
    .map((each) => each.padStart(2, "0"))
    .join(":");
}

/** A time of dhclient's: "2 2026/11/30 12:00:00", in UTC, "epoch 1780000000", or "never". */
function timeOf(text: string | undefined): number {
  const epoch = /^epoch (\d+)/.exec(text ?? "")?.[1];
  if (epoch !== undefined) return Number(epoch) * 1000;
  const [, date, time] = /^\d (\d{4}\/\d\d\/\d\d) (\d\d:\d\d:\d\d)$/.exec(text ?? "") ?? [];
  return date === undefined ? Infinity : Date.parse(`${date.replaceAll("/", "-")}T${time}Z`);
}

/** The last lease of a link in dhclient's file (dhclient.leases(5)). */
export function readDhclientLease(text: string, link: string): ClientLease | undefined {
  const blocks = [...text.matchAll(/^lease\s*\{([^]*?)^\}/gm)].map(([, inside]) => inside!);
  const values = blocks
    .map((block) => {
      const lines = [...block.matchAll(/^\s*(option [\w-]+|[\w-]+)\s+(.*);\s*$/gm)];
      return new Map(lines.map(([, key, value]) => [key!, value!.replace(/^"(.*)"$/, "$1")]));
    })
    .filter((each) => each.get("interface") === link && each.has("fixed-address"))
    .at(-1);
  if (values === undefined) return undefined;
  const option = (name: string): string | undefined => values.get(`option ${name}`);
  const [expires, lasts] = [timeOf(values.get("expire")), seconds(option("dhcp-lease-time"))];
  const leaseTime = expires === Infinity ? Infinity : (lasts ?? 0);
  const obtained = expires === Infinity ? 0 : expires - leaseTime;
  const options = given<DhcpOptions>({
    leaseTime,
    renewalTime: seconds(option("dhcp-renewal-time")),
    rebindingTime: seconds(option("dhcp-rebinding-time")),
    serverIdentifier: option("dhcp-server-identifier"),
    subnetMask: option("subnet-mask"),
    broadcastAddress: option("broadcast-address"),
    routers: listed(option("routers")),
    domainNameServers: listed(option("domain-name-servers")),
    domainName: option("domain-name"),
  });
  return leaseOf(values.get("fixed-address")!, obtained, options, {
    clientId: bytesText(option("dhcp-client-identifier")),
    hostname: option("host-name"),
  });
}

/** The lease in a file of systemd-networkd, and of NetworkManager's own client: KEY=value. */
export function readNetworkdLease(text: string, written: Written): ClientLease | undefined {
  const values = new Map([...text.matchAll(/^([A-Z\d_]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]));
  const address = values.get("ADDRESS");
  if (address === undefined) return undefined;
  const options = given<DhcpOptions>({
    leaseTime: seconds(values.get("LIFETIME")),
    renewalTime: seconds(values.get("T1")),
    rebindingTime: seconds(values.get("T2")),
    serverIdentifier: values.get("SERVER_ADDRESS"),
    subnetMask: values.get("NETMASK"),
    broadcastAddress: values.get("BROADCAST"),
    routers: listed(values.get("ROUTER")),
    domainNameServers: listed(values.get("DNS")),
    domainName: values.get("DOMAINNAME"),
  });
  return leaseOf(address, written, options, {
    clientId: values.get("CLIENTID")?.replace(/..(?=.)/g, "$&:"),
    hostname: values.get("HOSTNAME"),
  });
}

/** The lease in a file of dhcpcd: the message that acknowledged it. Its client identifier stands elsewhere. */
export function readDhcpcdLease(bytes: Uint8Array, written: Written, clientId?: string): ClientLease | undefined {
  const packet = decodeDhcpPacket(bytes);
  if (packet === undefined) throw new InputError("it is no message of DHCP");
  return leaseFrom(packet, written, given({ clientId: packet.options.clientIdentifier ?? clientId }));
}
