import { InputError, under } from "../../base/errors.js";
import { checkKnown, checkList } from "../../base/input.js";
import { checkUnicastMac, hardwareAddress } from "../../netlink/codecs/internet.js";
import { ipv4Number, ipv4Prefix, type Ipv4Prefix } from "../wire/address.js";
import { type DhcpOptions, dhcpOptions } from "../wire/dhcp-options.js";

/** Addresses from the first to the last, both included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** What a client boots from by network. */
export interface BootSettings {
  /** The address of the boot server (siaddr). */
  readonly nextServer?: string | undefined;
  readonly serverName?: string | undefined;
  readonly file?: string | undefined;
}

/** An address that only one client gets, which is known by its MAC, by its client identifier, or by either. */
export interface Reservation {
  readonly address: string;
  readonly mac?: string | undefined;
  /** Bytes with colons: the option's, type included, such as "01:52:54:00:12:34:56". */
  readonly clientId?: string | undefined;
  readonly hostname?: string | undefined;
  /** Options of this client, in place of the network's. */
  readonly options?: DhcpOptions | undefined;
  readonly boot?: BootSettings | undefined;
}

/** What the network knows of the port that a client is behind. */
export interface ClientPort {
  readonly name: string;
  /** The only addresses that it may have. Undefined: those of the ranges, and its reservation. */
  readonly addresses?: readonly string[] | undefined;
  /** How many leases it may have at a time. Undefined: 1. */
  readonly mostLeases?: number | undefined;
}

/** What a server gives to whom. */
export interface DhcpServerSettings {
  /** The subnet, such as "10.0.0.0/24". */
  readonly subnet: string;
  /** The server's own address in it, by which clients know it. */
  readonly address: string;
  /** Addresses for clients that have no reservation. */
  readonly ranges?: readonly AddressRange[] | undefined;
  readonly reservations?: readonly Reservation[] | undefined;
  /** Options for clients that ask for them. The mask, the broadcast address and the times are the server's own work. */
  readonly options?: DhcpOptions | undefined;
  readonly boot?: BootSettings | undefined;
  /** For how long an address is given, in milliseconds. Undefined: an hour. */
  readonly leaseTime?: number | undefined;
  /** Whether clients that want it get their lease in two messages (RFC 4039). Undefined: yes. */
  readonly rapidCommit?: boolean | undefined;
  /** Whether the client's identifier is ignored and its MAC counts. Undefined: no. Copies of a guest have one identifier. */
  readonly ignoreClientId?: boolean | undefined;
  /** How many addresses are kept that were found to be free before anybody wants them. Undefined: 8; 0: no probing. */
  readonly probeAhead?: number | undefined;
}

/** The settings as the server works with them. */
export interface Network {
  readonly prefix: Ipv4Prefix;
  readonly address: string;
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  readonly options: DhcpOptions;
  readonly boot: BootSettings | undefined;
  readonly leaseTime: number;
  readonly rapidCommit: boolean;
  readonly ignoreClientId: boolean;
  readonly probeAhead: number;
}

const KNOWN = [
  "subnet",
  "address",
  "ranges",
  "reservations",
  "options",
  "boot",
  "leaseTime",
  "rapidCommit",
  "ignoreClientId",
  "probeAhead",
];
/** A search for a free address looks at all of them when there are hardly any left. */
const MOST_ADDRESSES = 2 ** 18;
const LEAST_LEASE_TIME = 10_000;
const LONGEST_LEASE_TIME = 0xfffffffe * 1000;
const HOUR = 3_600_000;

/** Whether an address can be a host's in a subnet. */
export function isHost(prefix: Ipv4Prefix, address: number): boolean {
  const spare = prefix.length < 31 ? 1 : 0;
  return address >= prefix.first + spare && address <= prefix.last - spare;
}

function hostIn(prefix: Ipv4Prefix, address: string, subnet: string): number {
  const number = ipv4Number(address);
  if (!isHost(prefix, number)) throw new InputError(`${address} is not an address for a host in ${subnet}`);
  return number;
}

function rangeIn(prefix: Ipv4Prefix, { first, last }: AddressRange, subnet: string): { first: number; last: number } {
  const range = {
    first: under("first", () => hostIn(prefix, first, subnet)),
    last: under("last", () => hostIn(prefix, last, subnet)),
  };
  if (range.first > range.last) throw new InputError(`${first} comes after ${last}`);
  return range;
}

/** Throws InputError, which names the reservation's property, where it is none for this subnet. */
export function checkReservation(network: Network, reservation: Reservation): void {
  const { address, mac, clientId, options } = reservation;
  under("address", () => hostIn(network.prefix, address, "the subnet"));
  if (mac === undefined && clientId === undefined) throw new InputError("a MAC or a client identifier is wanted");
  if (address === network.address) throw new InputError(`${address} is the server's own`, "address");
  if (mac !== undefined) under("mac", () => checkUnicastMac(mac));
  if (clientId !== undefined) under("clientId", () => hardwareAddress.parse(clientId));
  if (options !== undefined) under("options", () => dhcpOptions.payloads(options));
}

/** Checks settings; throws InputError, which names what is wrong. */
export function networkOf(settings: DhcpServerSettings): Network {
  checkKnown(settings, KNOWN, "");
  const { subnet, address, ranges = [], options = {}, boot, leaseTime = HOUR, probeAhead = 8 } = settings;
  const prefix = under("subnet", () => ipv4Prefix(subnet));
  under("address", () => hostIn(prefix, address, subnet));
  checkList(ranges, "ranges");
  const numbers = ranges.map((range, place) => under(`ranges.${place}`, () => rangeIn(prefix, range, subnet)));
  if (numbers.reduce((sum, { first, last }) => sum + last - first + 1, 0) > MOST_ADDRESSES)
    throw new InputError(`more than ${MOST_ADDRESSES} addresses`, "ranges");
  if (leaseTime !== Infinity && !(leaseTime >= LEAST_LEASE_TIME && leaseTime <= LONGEST_LEASE_TIME))
    throw new InputError(`${leaseTime} is not a duration from ${LEAST_LEASE_TIME} ms on`, "leaseTime");
  under("options", () => dhcpOptions.payloads(options));
  return {
    prefix,
    address,
    ranges: numbers,
    options,
    boot,
    leaseTime: leaseTime === Infinity ? Infinity : Math.round(leaseTime / 1000) * 1000,
    rapidCommit: settings.rapidCommit ?? true,
    ignoreClientId: settings.ignoreClientId ?? false,
    probeAhead,
  };
}
