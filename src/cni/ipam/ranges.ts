import { InputError, quoted, under } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { addressNumber, addressText, type Subnet, subnetOf, subnetText } from "../../networks/subnet.js";
import { type Call, part } from "../call.js";
import { valueOf } from "../options.js";
import { addressIn, listIn } from "./words.js";

/** Addresses of a subnet that are given out, from the first to the last; never the gateway's. */
export interface Range {
  readonly subnet: Subnet;
  readonly first: bigint;
  readonly last: bigint;
  readonly gateway: bigint;
}

/** Ranges of one family, of which an attachment gets one address. */
export type RangeSet = readonly Range[];

/** Throws InputError. */
function rangeIn(value: unknown): Range {
  checkObject(value);
  const given = value as Record<string, unknown>;
  const subnet = under("subnet", () => {
    const text = addressIn(valueOf(given, "subnet"));
    const parsed = subnetOf(text);
    if (!text.includes("/") || addressNumber(text) !== parsed.first)
      throw new InputError(`${quoted(text)} is no subnet: ${subnetText(parsed)} is`);
    if (parsed.last - parsed.first < 3n) throw new InputError(`${quoted(text)} has no address to give out`);
    return parsed;
  });
  const isFour = subnet.family === "inet";
  const inSubnet = (key: string, unless: bigint, anywhere = false): bigint =>
    under(key, () => {
      const text = valueOf(given, key);
      // containerd says everything that it knows of.
      if (text === undefined || text === "") return unless;
      const number = addressNumber(addressIn(text));
      const fits = subnetOf(text as string).family === subnet.family && number >= subnet.first && number <= subnet.last;
      if (!fits && !anywhere) throw new InputError(`${quoted(text)} is not in ${subnetText(subnet)}`);
      return number;
    });
  const first = inSubnet("rangeStart", subnet.first + 1n);
  const last = inSubnet("rangeEnd", isFour ? subnet.last - 1n : subnet.last);
  if (last < first) throw new InputError(`${addressText(subnet.family, last)} is before rangeStart`, "rangeEnd");
  return { subnet, first, last, gateway: inSubnet("gateway", subnet.first + 1n, true) };
}

function setIn(value: unknown): RangeSet {
  const ranges = listIn({ set: value }, "set", rangeIn);
  if (ranges.length === 0) throw new InputError("a range at least is needed");
  if (new Set(ranges.map(({ subnet }) => subnet.family)).size > 1)
    throw new InputError("ranges of IPv4 and IPv6 are not one set");
  return ranges;
}

export function isIn({ subnet: { family }, first, last }: Range, address: string): boolean {
  const number = addressNumber(address);
  return subnetOf(address).family === family && number >= first && number <= last;
}

/** The sets of ranges of a configuration: those of the runtime, the one that stands by itself, and the others. Throws InputError. */
export function rangeSetsOf({ configuration }: Call): RangeSet[] {
  const ipam = part(configuration, "ipam");
  const alone = valueOf(ipam, "subnet") === undefined ? [] : [under("ipam", () => [rangeIn(ipam)])];
  const sets = [
    ...under("runtimeConfig", () => listIn(part(configuration, "runtimeConfig"), "ipRanges", setIn)),
    ...alone,
    ...under("ipam", () => listIn(ipam, "ranges", setIn)),
  ];
  if (sets.length === 0) throw new InputError("a subnet, or ranges, are needed", "ipam");
  const all = sets.flat();
  for (const [place, one] of all.entries())
    for (const other of all.slice(place + 1))
      if (one.subnet.family === other.subnet.family && one.first <= other.last && other.first <= one.last)
        throw new InputError(
          `ranges overlap: ${subnetText(one.subnet)} and ${subnetText(other.subnet)}`,
          "ipam.ranges",
        );
  return sets;
}
