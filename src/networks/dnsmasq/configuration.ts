import { ipv4Prefix, subnetMask } from "../../dhcp/wire/address.js";
import { type DhcpOptions, dhcpOptions } from "../../dhcp/wire/dhcp-options.js";
import type { Reservation } from "../../dhcp/server/settings.js";
import { dhcpOf, type ResolvedNetwork } from "../definition.js";

/** The files of one dnsmasq. */
export interface DnsmasqFiles {
  readonly configuration: string;
  /** Addresses that are one guest's, which it reads anew when it is told (SIGHUP). */
  readonly hosts: string;
  readonly leases: string;
  readonly pid: string;
}

/** A reservation as a line of its file (dhcp-host in dnsmasq(8)). */
function hostLine({ mac, clientId, hostname, address }: Reservation): string {
  const name = hostname === undefined ? [] : [hostname];
  return [mac ?? `id:${clientId}`, address, ...name].join(",");
}

/** The file of addresses that are one guest's. */
export function hostsText(reservations: readonly Reservation[]): string {
  return reservations.map((each) => `${hostLine(each)}\n`).join("");
}

/** Options by their number: addresses and numbers as dnsmasq reads them, whatever else as bytes. */
function optionLines(options: DhcpOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    dhcpOptions.payloads({ [name]: value }).map(({ code, bytes }) => {
      const isPlain = typeof value === "number" || typeof value === "string";
      const isAddresses = Array.isArray(value) && value.every((each) => /^[\d.]+$/.test(String(each)));
      const hex = Buffer.from(bytes)
        .toString("hex")
        .replace(/..(?!$)/g, "$&:");
      return `dhcp-option=${code},${isAddresses ? value.join(",") : isPlain ? value : hex}`;
    }),
  );
}

/** The option with the routers: without a value there is none. */
const NO_ROUTER = "dhcp-option=3";

/**
 * The configuration of the dnsmasq of a network: its guests are answered, and nobody else; the names that this machine has for itself are
 * none of theirs.
 */
export function configurationText(plan: ResolvedNetwork, files: DnsmasqFiles, resolvers: readonly string[]): string {
  const { subnet, ranges, reservations = [], leaseTime = 3_600_000, boot, options } = dhcpOf(plan)!;
  const mask = subnetMask(ipv4Prefix(subnet).length);
  const { domainName, ...others } = options;
  const lines = [
    ...["no-hosts", "no-resolv", "no-ping", "bind-dynamic", "except-interface=lo", `interface=${plan.bridge}`],
    ...["dhcp-authoritative", "dhcp-ignore-clid", "dhcp-rapid-commit", "dhcp-lease-max=65536"],
    `dhcp-leasefile=${files.leases}`,
    `dhcp-hostsfile=${files.hosts}`,
    `pid-file=${files.pid}`,
    ...ranges.map((range) => `dhcp-range=${range.first},${range.last},${mask},${Math.round(leaseTime / 1000)}`),
    ...(others.routers === undefined ? [NO_ROUTER] : []),
    ...optionLines(others),
    ...(domainName === undefined ? [] : [`domain=${domainName}`, `local=/${domainName}/`, "expand-hosts"]),
    // It knows of itself the names of guests that have a lease alone.
    ...reservations.flatMap(({ hostname, address }) =>
      hostname === undefined
        ? []
        : [`host-record=${domainName === undefined ? "" : `${hostname}.${domainName},`}${hostname},${address}`],
    ),
    ...(boot?.file === undefined ? [] : [`dhcp-boot=${boot.file},,${boot.nextServer ?? ""}`]),
    ...resolvers.map((each) => `server=${each}`),
  ];
  return `# Of the network ${plan.name}: written anew whenever it is served.\n${lines.join("\n")}\n`;
}
