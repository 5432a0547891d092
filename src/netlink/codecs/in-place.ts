import type { Bytes } from "./bytes.js";

/** A codec's `read` (codec.ts). */
type Read<T = unknown> = (
  bytes: Bytes,
  offset: number,
  length: number,
  siblings: Readonly<Record<string, unknown>>,
) => T | undefined;

/** Gives the name of a variable that holds a value. */
export type Named = (value: unknown) => string;

/**
 * The JavaScript that does the same as a codec's `read`, of expressions for the offset and the length; `view` is the bytes' DataView,
 * `wire` a variable to be used.
 */
type InPlace = (offset: string, length: string, named: Named) => string;

const known = new WeakMap<Read, InPlace>();

/** Says what a codec's `read` does, for who would rather do it in place than call it (specialized.ts). */
export function inPlace<T>(read: Read<T>, expression: InPlace): Read<T> {
  known.set(read, expression);
  return read;
}

/** The expression that reads a value: in place where that is known, else by a call. */
export function readingBy(read: Read, offset: string, length: string, named: Named): string {
  return known.get(read)?.(offset, length, named) ?? `${named(read)}(bytes, ${offset}, ${length}, values)`;
}
