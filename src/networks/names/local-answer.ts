import { type Subnet, addressText } from "../subnet.js";
import { type AnswerRecord, codes, type Question } from "./message.js";

/** Guests' names, and their addresses. Names are single labels, in lower case. */
export interface KnownHosts {
  /** Undefined for a name that nobody has. */
  addressesOf(label: string): readonly string[] | undefined;
  nameOf(address: string): string | undefined;
}

/** What a network answers of itself. */
export interface Zone {
  readonly domain: string | undefined;
  readonly subnets: readonly Subnet[];
  readonly hosts: KnownHosts;
}

export interface LocalAnswer {
  readonly code: number;
  readonly records: readonly AnswerRecord[];
}

const FOUR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/;
const SIX = /^((?:[\da-f]\.){32})ip6\.arpa$/;

/** The address that a name of the reverse tree is about (RFC 1035, 3.5; RFC 3596, 2.5). */
function addressIn(name: string): { family: Subnet["family"]; number: bigint } | undefined {
  const four = FOUR.exec(name)?.slice(1).map(Number);
  if (four?.every((byte) => byte < 256) === true)
    return { family: "inet", number: four.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) };
  const digits = SIX.exec(name)?.[1]?.replaceAll(".", "");
  if (digits === undefined) return undefined;
  return { family: "inet6", number: BigInt(`0x${[...digits].reverse().join("")}`) };
}

/** The label of a name that is of the network's own: without a dot, or in its domain; "" for the domain itself. */
function ownLabel(name: string, domain: string | undefined): string | undefined {
  if (name === domain?.toLowerCase()) return "";
  if (!name.includes(".")) return name;
  const end = domain === undefined ? undefined : `.${domain.toLowerCase()}`;
  return end !== undefined && name.endsWith(end) ? name.slice(0, -end.length) : undefined;
}

/** Whether an address is what a question of this type is about. */
function answers(address: string, type: string): type is "A" | "AAAA" {
  return type === (address.includes(":") ? "AAAA" : "A");
}

/**
 * What a network knows itself: names of its guests, with and without its domain, and the reverse of its own addresses. Nobody else is
 * asked about those. Undefined for all others.
 */
export function localAnswer(
  { name: asked, type }: Question,
  { domain, subnets, hosts }: Zone,
): LocalAnswer | undefined {
  const name = asked.toLowerCase();
  const reverse = addressIn(name);
  if (reverse !== undefined) {
    const { family, number } = reverse;
    if (!subnets.some((each) => each.family === family && number >= each.first && number <= each.last))
      return undefined;
    const host = hosts.nameOf(addressText(family, number));
    if (host === undefined) return { code: codes.noSuchName, records: [] };
    const data = domain === undefined ? host : `${host}.${domain}`;
    return { code: codes.noError, records: type === "PTR" ? [{ name: asked, type, data }] : [] };
  }
  const label = ownLabel(name, domain);
  if (label === undefined) return undefined;
  if (label === "") return name === "" ? undefined : { code: codes.noError, records: [] };
  const addresses = hosts.addressesOf(label);
  if (addresses === undefined) {
    // Without a dot there are names of top-level domains, too, which have no addresses that anybody means.
    if (!name.includes(".") && type !== "A" && type !== "AAAA") return undefined;
    return { code: codes.noSuchName, records: [] };
  }
  const records = addresses.flatMap((data): AnswerRecord[] =>
    answers(data, type) ? [{ name: asked, type, data }] : [],
  );
  return { code: codes.noError, records };
}
