import { InputError, quoted } from "../../base/errors.js";
import { formatInternetAddress, parseInternetAddress } from "../../netlink/codecs/internet.js";
import { AF_INET, AF_INET6 } from "./families.js";

/** IPv4 or IPv6. */
export type Family = "inet" | "inet6";

/** The number of a family (AF_*). Throws InputError. */
export function familyNumber(family: Family): number {
  if (family === "inet") return AF_INET;
  if (family === "inet6") return AF_INET6;
  throw new InputError(`${quoted(family)} is none of inet, inet6`, "family");
}

/** The family of a number (AF_*); undefined for one that is neither. */
export function familyOf(number: number): Family | undefined {
  return number === AF_INET ? "inet" : number === AF_INET6 ? "inet6" : undefined;
}

/** The family that an address is of. Throws InputError. */
export function familyOfAddress(address: string): Family {
  return parseInternetAddress(address).length === 4 ? "inet" : "inet6";
}

/** The addresses that begin with the same bits; all of a family when `address` is undefined. */
export interface Network {
  readonly family: Family;
  readonly address: string | undefined;
  readonly length: number;
}

/** An address with the length of its prefix. */
export interface Prefix {
  readonly address: string;
  readonly bytes: number[];
  readonly length: number;
}

/** Splits "10.0.0.1/24"; without a length the address stands alone. Throws InputError. */
export function parsePrefix(text: string): Prefix {
  if (typeof text !== "string") throw new InputError(`${quoted(text)} is not an address such as 10.0.0.1/24`);
  const [address = "", length, ...rest] = text.split("/");
  const bytes = parseInternetAddress(address);
  const most = bytes.length * 8;
  if (rest.length > 0 || (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > most)))
    throw new InputError(`${JSON.stringify(text)} is not an address with a prefix length from 0 to ${most}`);
  return { address, bytes, length: length === undefined ? most : Number(length) };
}

/** The address with its last bits cleared, "10.0.0.0" of "10.0.0.1" and 24. */
function masked(bytes: readonly number[], length: number): string {
  const kept = bytes.map((byte, place) => byte & (0xff00 >> Math.min(8, Math.max(0, length - place * 8))) & 0xff);
  return formatInternetAddress(Uint8Array.from(kept), 0, kept.length)!;
}

/**
 * A network such as "10.0.0.0/8", an address alone, or "default", whose family is that which `families` agree on, IPv4
 * when they say none. Throws InputError, also for an address that has bits behind the length.
 */
export function parseNetwork(text: string, ...families: readonly (Family | undefined)[]): Network {
  const said = families.find((family) => family !== undefined);
  if (text === "default" || text === "any" || text === "all")
    return { family: said ?? "inet", address: undefined, length: 0 };
  const { bytes, length } = parsePrefix(text);
  const family = bytes.length === 4 ? "inet" : "inet6";
  if (said !== undefined && said !== family)
    throw new InputError(`${JSON.stringify(text)} is no ${said === "inet" ? "IPv4" : "IPv6"} network`);
  const network = masked(bytes, length);
  if (network !== masked(bytes, bytes.length * 8))
    throw new InputError(`${JSON.stringify(text)} has bits behind its length; the network is ${network}/${length}`);
  return { family, address: length === 0 ? undefined : network, length };
}

/** A network as it is written: "10.0.0.0/8", "default" for all of a family. */
export function formatNetwork(address: string | undefined, length: number): string {
  return address === undefined || length === 0 ? "default" : `${address}/${length}`;
}
