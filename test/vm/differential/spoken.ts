import fc, { type Arbitrary } from "fast-check";
import type { LinkKind } from "../../../src/index.js";

/** How `ip` prints an option and how it is told it. `all` are the link's other options. */
export interface Spoken {
  readonly values: Arbitrary<unknown>;
  /** Its key in what `ip -d -j link` prints of a kind. */
  readonly key: string;
  /** What is printed under the key, where it is not the value itself. */
  readonly printed?: (value: never, all: never) => unknown;
  /** What is printed of it under further keys. */
  readonly more?: (value: never) => Readonly<Record<string, unknown>>;
  /** What is read here, where it is not the value itself. */
  readonly read?: (value: never) => unknown;
  /** The words that set it. */
  readonly words: (value: never, all: never) => string;
}

/** The links that others are put on. */
export const BELOW = ["eth0", "eth1", "eth2", "eth3", "eth4"] as const;
type Below = (typeof BELOW)[number];

/** A kind, what each link of it has beside the options, and the options. */
export interface SpokenKind {
  readonly kind: LinkKind;
  /** It is on this link. */
  readonly below?: Below;
  /** How many of it there can be at once, when not as many as one likes. */
  readonly most?: number;
  readonly fixed?: Readonly<Record<string, unknown>>;
  readonly fixedWords?: string;
  readonly options: Readonly<Record<string, Spoken>>;
}

export const upTo = (max: number, min = 0): Arbitrary<number> => fc.integer({ min, max });
export const onOff = (word: string) => (value: boolean) => `${word} ${value ? "on" : "off"}`;
const oneZero = (word: string) => (value: boolean) => `${word} ${value ? 1 : 0}`;
export const number = (word: string, key: string, values: Arbitrary<unknown>): Spoken => ({
  values,
  key,
  words: (value: number | string) => `${word} ${value}`,
});
export const zeroOne = (word: string): Spoken => ({
  values: fc.boolean(),
  key: word,
  printed: (value: boolean) => (value ? 1 : 0),
  words: oneZero(word),
});
/** Times that are printed in hundredths of a second. */
export const ticks = (word: string, least: number, most: number, key = word): Spoken => ({
  values: upTo(most, least).map((seconds) => seconds * 1000),
  key,
  printed: (value: number) => value / 10,
  words: (value: number) => `${word} ${value / 10}`,
});
/** A number that is printed in hexadecimal digits, at least so many. */
export const hex = (word: string, key: string, values: Arbitrary<number>, digits = 1): Spoken => ({
  values,
  key,
  printed: (value: number) => `0x${value.toString(16).padStart(digits, "0")}`,
  words: (value: number) => `${word} 0x${value.toString(16)}`,
});
/** A switch with a word for on and another for off. */
export const either = (on: string, off: string, key: string): Spoken => ({
  values: fc.boolean(),
  key,
  words: (value: boolean) => (value ? on : off),
});
/** What is printed only where it is on; words for on and off. */
export const ifOn = (on: string, off: string, key: string): Spoken => ({
  values: fc.boolean(),
  key,
  printed: (value: boolean) => value || undefined,
  words: (value: boolean) => (value ? on : off),
});
/** What is always on. */
export const always = (word: string, key = word): Spoken => ({ values: fc.constant(true), key, words: () => word });
/** A type of service: its two lowest bits are the network's. */
export const tos = hex(
  "tos",
  "tos",
  upTo(63, 1).map((value) => value * 4),
);
/** An IPv4 address. */
export const address4 = upTo(254, 2).map((host) => `192.0.2.${host}`);
/** An IPv6 address. */
export const address6 = upTo(0xffff, 2).map((host) => `2001:db8::${host.toString(16)}`);
