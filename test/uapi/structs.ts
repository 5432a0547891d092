import { bytesOf } from "../../src/netlink/codecs/bytes.js";
import type { Struct } from "../../src/netlink/codecs/struct.js";

/** A struct as C is to see it: what `sizeof` and `offsetof` must give. */
export interface Layout {
  readonly name: string;
  readonly expressions: Readonly<Record<string, number>>;
}

/** "rxBytes" to "rx_bytes". */
export function snake(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The field that a byte belongs to: the one whose value changes with it. */
function fieldAt<T>(struct: Struct<T>, offset: number): string | undefined {
  const zero = struct.read(bytesOf(Buffer.alloc(struct.size)), 0, struct.size, {}) as Record<string, unknown>;
  const bytes = Buffer.alloc(struct.size);
  bytes[offset] = 1;
  const changed = struct.read(bytesOf(bytes), 0, struct.size, {}) as Record<string, unknown> | undefined;
  return Object.keys(zero).find((name) => JSON.stringify(changed?.[name]) !== JSON.stringify(zero[name]));
}

/** The layout of a struct whose members C calls `members`, in the order of the fields here. */
export function layoutOf<T>(name: string, struct: Struct<T>, members: readonly string[]): Layout {
  const owners = Array.from({ length: struct.size }, (_, offset) => fieldAt(struct, offset));
  const offsets = Object.keys(struct.fields).map((field, place): [string, number] => [
    `offsetof(${name}, ${members[place]})`,
    owners.indexOf(field),
  ]);
  return { name, expressions: { [`sizeof(${name})`]: struct.size, ...Object.fromEntries(offsets) } };
}
