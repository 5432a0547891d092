import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { align, type Bytes, LITTLE_ENDIAN } from "../../netlink/codecs/bytes.js";
import { type Codec, type NestedTable, raw, unspoken } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { formatInternetAddress, internetAddress, parseInternetAddress } from "../../netlink/codecs/internet.js";
import { s32, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { encapsulationType, encapsulationValues } from "./encapsulation/encapsulation.js";
import { AF_INET, AF_INET6 } from "../protocol/families.js";
import { pathFlags } from "./route-words.js";

/** struct rtnexthop (linux/rtnetlink.h): one way of a route with several. `hops` is its weight less one. */
export const rtnexthop = struct("rtnexthop", { length: u16, flags: pathFlags, hops: u8, index: s32 });

/** struct rtvia (linux/rtnetlink.h): the address of a gateway of another family than the route's. */
export const via: Codec<string> = {
  type: "struct rtvia",
  words: "IP",
  write(writer, value) {
    const bytes = parseInternetAddress(value);
    writer.u16(bytes.length === 4 ? AF_INET : AF_INET6);
    writer.raw(Uint8Array.from(bytes));
  },
  read({ buffer, view }, offset, length) {
    if (length !== 6 && length !== 18) return undefined;
    const family = view.getUint16(offset, LITTLE_ENDIAN);
    if (family !== (length === 6 ? AF_INET : AF_INET6)) return undefined;
    return formatInternetAddress(buffer, offset + 2, length - 2);
  },
  parse: internetAddress.parse,
};

/** Attributes of one way of a route (RTA_*, linux/rtnetlink.h). */
export const pathAttributes = attributes("RTA", () => ({
  gateway: [5, internetAddress, "the gateway"],
  flow: [11, u32, "realms, for classification"],
  via: [18, via, "a gateway of the other family", { since: "4.1" }],
  newdst: [19, raw, "labels that are put in place of the destination's", { since: "4.1" }],
  encapType: [21, encapsulationType, "how packets are wrapped", { since: "4.3" }],
  encap: [22, encapsulationValues, "what they are wrapped in", { since: "4.3" }],
}));

type PathHeader = Omit<StructValues<(typeof rtnexthop)["fields"]>, "length">;
/** One way of a route, as RTA_MULTIPATH has it. */
export type PathValues = PathHeader & Values<typeof pathAttributes>;

/** Calls back for each way in a list; false when a length is wrong. */
function eachPath(bytes: Bytes, start: number, stop: number, visit: (at: number, length: number) => boolean): boolean {
  let offset = start;
  while (stop - offset >= rtnexthop.size) {
    const length = bytes.view.getUint16(offset, LITTLE_ENDIAN);
    if (length < rtnexthop.size || length > stop - offset || !visit(offset, length)) return false;
    offset += align(length);
  }
  return offset >= stop;
}

const insidePaths: NestedTable = {
  space: "",
  locate(bytes, start, end, target) {
    let place = -1;
    let path: string | undefined;
    eachPath(bytes, start, end, (at, length) => {
      place++;
      if (target < at || target >= at + align(length)) return true;
      const inner = pathAttributes.locate(bytes, at + rtnexthop.size, at + length, target);
      path = inner === undefined ? String(place) : `${place}.${inner}`;
      return false;
    });
    return path;
  },
};

/** The ways of a route, each a struct rtnexthop with attributes behind it (RTA_MULTIPATH). */
export const paths: Codec<readonly PathValues[]> = {
  type: "list of struct rtnexthop",
  words: "",
  write(writer, values) {
    if (!Array.isArray(values)) throw new InputError("not a list of ways");
    for (const [place, value] of (values as readonly PathValues[]).entries()) {
      const start = writer.length;
      try {
        checkObject(value);
        const { index, flags, hops, ...rest } = value;
        rtnexthop.writePartial(writer, { index, flags, hops });
        pathAttributes.encode(writer, rest);
      } catch (error) {
        throw error instanceof InputError ? error.under(String(place)) : error;
      }
      writer.view.setUint16(start, writer.length - start, LITTLE_ENDIAN);
    }
  },
  read(bytes, offset, length) {
    const values: PathValues[] = [];
    const whole = eachPath(bytes, offset, offset + length, (at, size) => {
      const { index, flags, hops } = rtnexthop.readAt(bytes, at);
      const path = pathAttributes.decode(bytes, at + rtnexthop.size, at + size, { index, flags, hops });
      if (path !== undefined) values.push(path as PathValues);
      return path !== undefined;
    });
    return whole ? values : undefined;
  },
  parse: unspoken("list of ways"),
  nested: () => insidePaths,
};
