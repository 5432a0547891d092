import type { Bytes, Writer } from "../../netlink/codecs/bytes.js";
import { type Codec } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkList } from "../../base/input.js";

const MOST_LABEL = 63;
const MOST_NAME = 255;
const POINTER = 0xc0;

function labelsOf(name: string): string[] {
  const labels = typeof name === "string" ? name.replace(/\.$/, "").split(".") : [];
  const size = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  if (labels.length === 0 || size > MOST_NAME || labels.some((label) => !/^[\x21-\x7e]{1,63}$/.test(label)))
    throw new InputError(`${quoted(name)} is not a domain name such as example.org`);
  return labels;
}

/** Writes domain names as RFC 1035, 3.1 says, and, where `compress`, with pointers to what stands before (4.1.4). */
export function writeDomainNames(writer: Writer, names: readonly string[], compress: boolean): void {
  const start = writer.length;
  const places = new Map<string, number>();
  for (const name of names) {
    const labels = labelsOf(name);
    let pointed = false;
    for (let index = 0; index < labels.length && !pointed; index++) {
      const rest = labels.slice(index).join(".").toLowerCase();
      const place = places.get(rest);
      if (compress && place !== undefined) {
        writer.u8(POINTER | (place >> 8));
        writer.u8(place & 0xff);
        pointed = true;
      } else {
        if (writer.length - start < 0x4000) places.set(rest, writer.length - start);
        const label = labels[index]!;
        writer.u8(label.length);
        writer.raw(Buffer.from(label, "latin1"));
      }
    }
    if (!pointed) writer.u8(0);
  }
}

/**
 * Reads the domain names in `length` bytes at `offset`; undefined when they are none. A pointer must point backwards, and no
 * name is longer than 255 bytes, so that reading ends.
 */
export function readDomainNames({ buffer }: Bytes, offset: number, length: number): string[] | undefined {
  const end = offset + length;
  const names: string[] = [];
  let next = offset;
  while (next < end) {
    // Zeros at the end pad (RFC 8106, 5.2).
    if (buffer[next] === 0 && buffer.subarray(next, end).every((byte) => byte === 0)) break;
    const labels: string[] = [];
    let at = next;
    let lowest = next;
    let size = 1;
    let jumped = false;
    for (;;) {
      const first = at < end ? buffer[at]! : -1;
      if (first === 0) {
        if (!jumped) next = at + 1;
        break;
      }
      if ((first & POINTER) === POINTER && first >= 0 && at + 1 < end) {
        const target = offset + (((first & ~POINTER) << 8) | buffer[at + 1]!);
        if (target >= lowest) return undefined;
        if (!jumped) next = at + 2;
        jumped = true;
        at = lowest = target;
        continue;
      }
      if (first < 1 || first > MOST_LABEL || at + 1 + first > end || (size += first + 1) > MOST_NAME) return undefined;
      const label = buffer.toString("latin1", at + 1, at + 1 + first);
      if (!/^[\x21-\x2d\x2f-\x7e]+$/.test(label)) return undefined;
      labels.push(label);
      at += 1 + first;
    }
    if (labels.length === 0) return undefined;
    names.push(labels.join("."));
  }
  return names.length === 0 ? undefined : names;
}

function domainNamesCodec(compress: boolean): Codec<readonly string[]> {
  return {
    type: "domain names",
    words: "DOMAIN,…",
    write(writer, names) {
      checkList(names);
      writeDomainNames(writer, names, compress);
    },
    read: readDomainNames,
    parse(word) {
      const names = word.split(",");
      names.forEach(labelsOf);
      return names;
    },
  };
}

/** Domain names, compressed (RFC 3397). */
export const compressedDomainNames = domainNamesCodec(true);
/** Domain names, each in full (RFC 8106, RFC 8415). */
export const domainNames = domainNamesCodec(false);
