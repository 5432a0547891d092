import { InputError, under } from "../../../../base/errors.js";
import { parseInternetAddress } from "../../../../netlink/codecs/internet.js";

type Options = Readonly<Record<string, unknown>>;

const IPV4_BITS = 32;
/** What is left to interfaces is the other half of an IPv6 address. */
const NETWORK_BITS = 64;

function hasBitsBehind(prefix: string, length: number): boolean {
  return parseInternetAddress(prefix).some((byte, place) => {
    const own = Math.min(8, Math.max(0, length - 8 * place));
    return (byte & (0xff >> own)) !== 0;
  });
}

function checkPrefix(options: Options, name: "sixRdPrefix" | "sixRdRelayPrefix", length: number): void {
  const prefix = options[name];
  if (typeof prefix !== "string") return;
  if (under(name, () => hasBitsBehind(prefix, length)))
    throw new InputError(`${prefix} has bits set behind the first ${length}, which ${name}len says`, name);
}

/**
 * Throws InputError for a rapid deployment that the kernel refuses with a bare EINVAL (RFC 5969; net/ipv6/sit.c). The
 * IPv6 prefix, and what of an IPv4 address is behind the relays' prefix, make a network; what is not given is 0.
 */
export function checkRapidDeployment(options: Options): void {
  const { sixRdPrefix, sixRdPrefixlen, sixRdRelayPrefix, sixRdRelayPrefixlen } = options;
  if ((sixRdPrefix ?? sixRdPrefixlen ?? sixRdRelayPrefix ?? sixRdRelayPrefixlen) === undefined) return;
  const [length, relayLength] = [sixRdPrefixlen ?? 0, sixRdRelayPrefixlen ?? 0];
  if (typeof length !== "number" || typeof relayLength !== "number") return;
  if (relayLength > IPV4_BITS)
    throw new InputError(`${relayLength} is more than the ${IPV4_BITS} bits of an IPv4 address`, "sixRdRelayPrefixlen");
  const rest = IPV4_BITS - relayLength;
  if (length + rest > NETWORK_BITS)
    throw new InputError(
      `${length} bits, and the ${rest} of an IPv4 address that sixRdRelayPrefixlen leaves, are more than the ${NETWORK_BITS} of a network`,
      "sixRdPrefixlen",
    );
  checkPrefix(options, "sixRdPrefix", length);
  checkPrefix(options, "sixRdRelayPrefix", relayLength);
}
