import { expect } from "vitest";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import { InputError } from "../../../src/base/errors.js";

/** What a codec writes. */
export function written<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer();
  codec.write(writer, value, {});
  return writer.take();
}

/** What a codec reads in bytes that are all its own. */
export function read<T>(codec: Codec<T>, bytes: Uint8Array): T | undefined {
  return codec.read(bytesOf(bytes), 0, bytes.length, {});
}

/** The InputError that an action throws. */
export function inputError(action: () => unknown): InputError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error("it was taken");
}

/** The words of the InputError that an action throws. */
export function refusal(action: () => unknown): string {
  return inputError(action).message;
}
