import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkKnown } from "../../base/input.js";
import { parseInternetAddress } from "../../netlink/codecs/internet.js";
import { type Message, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import {
  type AddressHeader,
  type AddressValues,
  type Lifetime,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from "./address.js";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../protocol/families.js";
import { parsePrefix, type Prefix } from "../protocol/network.js";
import { indexOf, type LinkReference } from "../link/link-requests.js";

/** What can be said of an address when it is added. */
export interface AddressSettings {
  /** The other end of a point-to-point link, such as "10.0.0.2". */
  peer?: string | undefined;
  /** The broadcast address, or "+" for the prefix's last: the peer's prefix, if there is one; a /31 or /32 has none (RFC 3021). "0.0.0.0" for none. */
  broadcast?: string | undefined;
  /** A name for it that starts with the link's. */
  label?: string | undefined;
  scope?: AddressHeader["scope"] | undefined;
  flags?: NonNullable<AddressValues["flags"]> | undefined;
  /** Milliseconds, or "forever". */
  validLifetime?: Lifetime | undefined;
  preferredLifetime?: Lifetime | undefined;
  /** Metric of the prefix's route. */
  rtPriority?: number | undefined;
  proto?: number | undefined;
}

/** An address of a link. */
export interface Address extends AddressSettings {
  /** The link's index. */
  index: number;
  family: "inet" | "inet6";
  /** The link's own address with its prefix length, such as "10.0.0.1/24". */
  address: string;
  scope: AddressHeader["scope"];
  flags: NonNullable<AddressValues["flags"]>;
  validLifetime: Lifetime;
  preferredLifetime: Lifetime;
}

function lastOf(bytes: readonly number[], length: number): string {
  const host = 2 ** (32 - length) - 1;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const last = ((value | host) >>> 0).toString(16).padStart(8, "0");
  return last
    .match(/../g)!
    .map((byte) => parseInt(byte, 16))
    .join(".");
}

/** The kernel takes it for none, as it reports none. */
const NO_BROADCAST = "0.0.0.0";

/** Prefixes longer than this have no broadcast address (RFC 3021). */
const LONGEST_WITH_BROADCAST = 30;

/** The broadcast address that is meant, undefined for none. Throws InputError. */
export function broadcastOf(text: string, { peer, broadcast }: AddressSettings): string | undefined {
  if (broadcast === undefined) return undefined;
  const { bytes, length } = parsePrefix(text);
  if (bytes.length !== 4) throw new InputError("IPv6 has no broadcast", "broadcast");
  if (broadcast === NO_BROADCAST) return undefined;
  if (broadcast !== "+") return broadcast;
  if (length > LONGEST_WITH_BROADCAST) return undefined;
  return lastOf(peer === undefined ? bytes : parseInternetAddress(peer), length);
}

/** How far an IPv6 address is valid: the kernel tells by the address itself. */
function scopeOf(bytes: readonly number[]): AddressHeader["scope"] {
  const [first = 0, second = 0] = bytes;
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return "host";
  if (first !== 0xfe || second < 0x80) return "global";
  return second < 0xc0 ? "link" : "site";
}

/** Throws InputError for what an address of its family does not have, and the kernel would ignore. */
function checkFamily({ bytes, address }: Prefix, { label, scope }: AddressSettings): void {
  if (bytes.length === 4) {
    if (label === "") throw new InputError("an address has the link's name, unless it is given another", "label");
    return;
  }
  if (label !== undefined) throw new InputError("only IPv4 addresses have one", "label");
  const own = scopeOf(bytes);
  if (scope !== undefined && scope !== own)
    throw new InputError(`the scope of ${address} is ${own}, as its bits say`, "scope");
}

/** The other end; the kernel would cut or fill an address of the other family. */
function peerFor(prefix: Prefix, peer: string | undefined): string {
  if (peer !== undefined && parseInternetAddress(peer).length !== prefix.bytes.length)
    throw new InputError(`${quoted(peer)} is not of the same family as ${prefix.address}`, "peer");
  return peer ?? prefix.address;
}

/** What can be said of an address, and what is known of one that was listed. */
const SETTINGS: readonly (keyof Address)[] = [
  "peer",
  "broadcast",
  "label",
  "scope",
  "flags",
  "validLifetime",
  "preferredLifetime",
  "rtPriority",
  "proto",
  "index",
  "family",
  "address",
];

/** The message for an address, but for the link that it is on. Throws InputError. */
export function addressContent(
  text: string,
  settings: AddressSettings,
): { header: Partial<AddressHeader>; attributes: AddressValues } {
  const prefix = parsePrefix(text);
  checkKnown(settings, SETTINGS, "an address's settings");
  checkFamily(prefix, settings);
  const { peer, label, scope, flags, validLifetime, preferredLifetime, rtPriority, proto } = settings;
  const limited = validLifetime !== undefined || preferredLifetime !== undefined;
  const valid = validLifetime ?? "forever";
  return {
    header: {
      family: prefix.bytes.length === 4 ? AF_INET : AF_INET6,
      prefixLength: prefix.length,
      ...(scope === undefined ? {} : { scope }),
    },
    attributes: {
      local: prefix.address,
      address: peerFor(prefix, peer),
      broadcast: broadcastOf(text, settings),
      label,
      flags,
      rtPriority,
      proto,
      cacheinfo: limited ? { valid, preferred: preferredLifetime ?? valid, created: 0, updated: 0 } : undefined,
    },
  };
}

type Change = (
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: AddressSettings,
) => Promise<void>;

/** A request about one address. */
function change(messageType: typeof RTM_NEWADDR, flags: number): Change {
  return async (connection, link, address, settings) => {
    const { header, attributes } = addressContent(address, settings);
    const index = await indexOf(connection, link);
    await connection.request(messageType, { flags, header: { ...header, index }, attributes }, { subject: address });
  };
}

/** Adds an address; EEXIST when the link has it already. */
export const addAddress = change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
/** Adds an address, or changes what is given of one that is there. */
export const replaceAddress = change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
/** Removes an address. */
export const removeAddress = change(RTM_DELADDR, 0);

type AddressMessage = Message<AddressHeader, AddressValues>;

/** The address that a message reports. */
export function addressOf({ header, attributes }: AddressMessage): Address {
  const { address, local, cacheinfo, flags, label, broadcast, rtPriority, proto } = attributes;
  const own = local ?? address ?? "";
  return {
    index: header.index,
    family: header.family === AF_INET ? "inet" : "inet6",
    address: `${own}/${header.prefixLength}`,
    peer: address !== own ? address : undefined,
    broadcast,
    label,
    scope: header.scope,
    flags: flags ?? header.flags,
    validLifetime: cacheinfo?.valid ?? "forever",
    preferredLifetime: cacheinfo?.preferred ?? "forever",
    rtPriority,
    proto,
  };
}

/** Which addresses to list. */
export interface AddressFilter {
  readonly link?: LinkReference | undefined;
  readonly family?: "inet" | "inet6" | undefined;
}

const FAMILIES: readonly string[] = ["inet", "inet6"];

function addressKey({ header: { index, prefixLength }, attributes: { local, address } }: AddressMessage): string {
  return `${index} ${local} ${address}/${prefixLength}`;
}

/** Lists addresses; the kernel leaves the others out. */
export async function listAddresses(connection: Connection, filter: AddressFilter): Promise<Address[]> {
  checkKnown(filter, ["link", "family"], "a filter's conditions");
  const { link, family } = filter;
  if (family !== undefined && !FAMILIES.includes(family))
    throw new InputError(`${quoted(family)} is none of ${FAMILIES.join(", ")}`, "family");
  const index = link === undefined ? undefined : await indexOf(connection, link);
  const number = family === undefined ? AF_UNSPEC : family === "inet" ? AF_INET : AF_INET6;
  const replies = await connection.dump(
    RTM_GETADDR,
    { header: { family: number, index: index ?? 0 } },
    { identity: addressKey },
  );
  return replies.map(addressOf).filter((each) => index === undefined || each.index === index);
}
