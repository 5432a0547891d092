import { type Codec, mapped, unspoken } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkList } from "../../base/input.js";
import { ipv4, parseInternetAddress } from "../../netlink/codecs/internet.js";
import { be32, isWithin } from "../../netlink/codecs/numbers.js";
import { parseDuration } from "../../netlink/codecs/duration.js";

const FOREVER = 0xffffffff;

/** Milliseconds, as a 32-bit number of seconds in network byte order; Infinity is all ones (RFC 2131, 3.3). */
export const seconds: Codec<number> = mapped(be32, {
  type: "be32 of s",
  words: "DURATION|forever",
  toWire(value) {
    if (value === Infinity) return FOREVER;
    if (!isWithin(value, 0, (FOREVER - 1) * 1000)) throw new InputError(`${quoted(value)} is not a duration in ms`);
    return Math.round(value / 1000);
  },
  fromWire: (wire) => (wire === FOREVER ? Infinity : wire * 1000),
  parse: (word) => (word === "forever" ? Infinity : parseDuration(word)),
});

/** One value after the other, each of the same size. At least one. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  const size = codec.size!;
  return {
    type: `${codec.type}…`,
    words: `${codec.words},…`,
    element: codec,
    write(writer, values, siblings) {
      checkList(values);
      for (const value of values) codec.write(writer, value, siblings);
    },
    read(bytes, offset, length, siblings) {
      if (length === 0 || length % size !== 0) return undefined;
      const values: T[] = [];
      for (let at = offset; at < offset + length; at += size) {
        const value = codec.read(bytes, at, size, siblings);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    parse: (word) => word.split(",").map((part) => codec.parse(part)),
  };
}

/** Text without a NUL at its end (RFC 2132, 2); one that is there all the same is cut off. */
export const string: Codec<string> = {
  type: "string",
  words: "TEXT",
  write(writer, value) {
    if (typeof value !== "string" || value.includes("\0")) throw new InputError(`${quoted(value)} is not text`);
    writer.raw(Buffer.from(value, "utf8"));
  },
  read({ buffer }, offset, length) {
    const bytes = buffer.subarray(offset, offset + length);
    const end = bytes.indexOf(0);
    const value = bytes.toString("utf8", 0, end < 0 ? length : end);
    return value === "" || value.includes("\ufffd") ? undefined : value;
  },
  parse: (word) => word,
};

/** An option without a payload: there or not. */
export const empty: Codec<true> = {
  type: "empty",
  words: "on",
  size: 0,
  write(_writer, value) {
    if (value !== true) throw new InputError(`${quoted(value)} is not true: leave it out`);
  },
  read: (_bytes, _offset, length) => (length === 0 ? true : undefined),
  parse: () => true,
};

/** A route that a server tells of. */
export interface ClasslessRoute {
  /** Such as "10.1.0.0/16". */
  readonly destination: string;
  /** The router; "0.0.0.0" where the destination is on the link. */
  readonly via: string;
}

function prefixOf(destination: string): { bytes: number[]; length: number } {
  const [, address = "", digits = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(destination) ?? [];
  const bytes = address === "" ? [] : parseInternetAddress(address);
  const length = Number(digits);
  if (bytes.length !== 4 || digits === "" || length > 32)
    throw new InputError(`${quoted(destination)} is not an IPv4 prefix such as 10.1.0.0/16`);
  return { bytes, length };
}

/** Routes with prefixes of any length (RFC 3442). */
export const classlessRoutes: Codec<readonly ClasslessRoute[]> = {
  type: "routes",
  words: "PREFIX=ROUTER,…",
  write(writer, routes, siblings) {
    checkList(routes);
    for (const { destination, via } of routes) {
      const { bytes, length } = prefixOf(destination);
      writer.u8(length);
      writer.raw(Uint8Array.from(bytes.slice(0, Math.ceil(length / 8))));
      ipv4.write(writer, via, siblings);
    }
  },
  read(bytes, offset, length, siblings) {
    const routes: ClasslessRoute[] = [];
    const end = offset + length;
    let at = offset;
    while (at < end) {
      const prefix = bytes.buffer[at]!;
      const significant = Math.ceil(prefix / 8);
      if (prefix > 32 || at + 1 + significant + 4 > end) return undefined;
      const address = [0, 1, 2, 3].map((index) => (index < significant ? bytes.buffer[at + 1 + index]! : 0));
      const via = ipv4.read(bytes, at + 1 + significant, 4, siblings)!;
      routes.push({ destination: `${address.join(".")}/${prefix}`, via });
      at += 1 + significant + 4;
    }
    return routes.length === 0 ? undefined : routes;
  },
  parse: (word) =>
    word.split(",").map((part) => {
      const [destination = "", via = ""] = part.split("=");
      prefixOf(destination);
      return { destination, via: ipv4.parse(via) };
    }),
};

/** The name by which a client would be known in DNS (RFC 4702). */
export interface ClientFqdn {
  /** S 1, O 2, E 4, N 8. */
  readonly flags: number;
  readonly name: string;
}

/** RFC 4702: flags, two bytes that are no longer used, and the name, which is in DNS's form where the flag E is set. */
export const clientFqdn: Codec<ClientFqdn> = {
  type: "fqdn",
  words: "",
  write(writer, { flags, name }) {
    writer.u8(flags);
    writer.u8(255);
    writer.u8(255);
    const labels = name.replace(/\.$/, "").split(".");
    if ((flags & 4) === 0) return string.write(writer, name, {});
    for (const label of labels) {
      writer.u8(Buffer.byteLength(label));
      writer.raw(Buffer.from(label));
    }
    if (name.endsWith(".")) writer.u8(0);
  },
  read({ buffer }, offset, length) {
    if (length < 3) return undefined;
    const flags = buffer[offset]!;
    const end = offset + length;
    if ((flags & 4) === 0) return { flags, name: buffer.toString("latin1", offset + 3, end) };
    const labels: string[] = [];
    for (let at = offset + 3; at < end;) {
      const size = buffer[at]!;
      if (size > 63 || at + 1 + size > end) return undefined;
      if (size === 0) return { flags, name: `${labels.join(".")}.` };
      labels.push(buffer.toString("latin1", at + 1, at + 1 + size));
      at += 1 + size;
    }
    return { flags, name: labels.join(".") };
  },
  parse: unspoken("name with flags"),
};
