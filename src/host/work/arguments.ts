import { Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { unknownOption } from "../../base/input.js";
import { Descriptor } from "../../kernel/descriptor.js";

/** An argument of a method: what it has to be. */
export interface Argument {
  readonly name: string;
  /** What is wanted, in words. */
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
  /** The properties that it may have; any unless given. */
  readonly known?: Known<object> | undefined;
  /** Those that it must have. */
  readonly needed?: readonly string[];
}

/** Throws InputError, which names the property, unless the value can be meant. */
export type Check = (value: unknown, name: string) => void;

/** Every property that something has, and how it is checked, if nothing else does: another one would be ignored, and so is an error. */
export type Known<T> = Readonly<Record<keyof T, true | Check>>;

/** The check that a value is one of a codec's. */
export function like<T>(codec: Codec<T>): Check {
  return (value, name) => {
    under(name, () => {
      codec.write(new Writer(), value as T, {});
    });
  };
}

/** The check that a value is one of some words. */
export function oneOf(...words: readonly string[]): Check {
  return (value, name) => {
    if (!words.includes(value as string)) throw new InputError(`${quoted(value)} is none of ${words.join(", ")}`, name);
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isLink(value: unknown): boolean {
  return isText(value) || Number.isInteger(value) || (isObject(value) && "index" in value);
}

function isDescriptor(value: unknown): boolean {
  return value instanceof Descriptor;
}

const argument =
  (wanted: string, fits: Argument["fits"]) =>
  (name: string): Argument => ({ name, wanted, fits });

export const link = argument("a link's name, its index or an object with its index", isLink);
/** What has ports: a link, or what joins and leaves by itself (host/ports/switch.ts). */
export const linkOrSwitch = argument(
  "a link's name, its index or an object with its index, or a switch",
  (value) => isLink(value) || (isObject(value) && "join" in value && "leave" in value),
);
const anyObject = argument("an object", isObject);
export const list = argument("a list", Array.isArray);
export const callback = argument("a function", (value) => typeof value === "function");
export const text = argument("a string", isText);
export const kind = argument("a kind of link", (value) => isText(value) || (isObject(value) && "other" in value));
export const number = argument("a number", (value) => typeof value === "number");
export const textOrNumber = argument("a string or a number", (value) => isText(value) || typeof value === "number");
export const descriptor = argument("a descriptor of a host", isDescriptor);
export const descriptors = argument(
  "a list of a host's descriptors",
  (value) => Array.isArray(value) && value.every(isDescriptor),
);
export const condition = argument(
  "a condition",
  (value) => isText(value) || isObject(value) || typeof value === "function",
);
export const bytes = argument("a Uint8Array", (value) => value instanceof Uint8Array);

/** An object, with no other properties than those that are known, and with those that are needed. */
export function object(name: string, known?: Known<object>, needed: readonly string[] = []): Argument {
  return { ...anyObject(name), known, needed };
}

/** The same, or undefined. */
export function optional({ fits, ...argument }: Argument): Argument {
  return { ...argument, fits: (value) => value === undefined || fits(value) };
}

type Method = (...given: never[]) => Promise<unknown>;
type Arguments<A extends unknown[]> = { readonly [I in keyof A]-?: Argument };
type Taking<F> = F extends Method ? (Parameters<F> extends [] ? never : Arguments<Parameters<F>>) : never;
/** Each method that takes something and gives a promise, with its arguments in their order. */
export type Takes<G> = { readonly [M in keyof G as Taking<G[M]> extends never ? never : M]-?: Taking<G[M]> };

/** Throws InputError for a property that is not known, and for one whose value its check refuses. */
function checkProperties(value: object, known: Known<object>): void {
  for (const [name, each] of Object.entries(value) as [string, unknown][]) {
    if (each === undefined) continue;
    const check = Object.hasOwn(known, name) ? known[name as keyof typeof known] : undefined;
    if (check === undefined) throw unknownOption(name, Object.keys(known));
    if (check !== true) (check as Check)(each, name);
  }
}

function isLookedInto(value: object): boolean {
  if (Array.isArray(value)) return true;
  const type: unknown = Object.getPrototypeOf(value);
  // A link that was reported is long, and is only asked for its index.
  return (type === Object.prototype || type === null) && typeof (value as { index?: unknown }).index !== "number";
}

/** An object that is being looked into, and the one that it was met in. */
interface Inside {
  readonly value: object;
  readonly outer: Inside | undefined;
}

function isWithin(value: object, inside: Inside | undefined): boolean {
  for (let each = inside; each !== undefined; each = each.outer) if (each.value === value) return true;
  return false;
}

/** The path of a null in options, where undefined leaves something as it is and null may be taken for anything. */
function nullIn(value: unknown, outer?: Inside): string[] | undefined {
  if (value === null) return [];
  if (typeof value !== "object" || !isLookedInto(value) || isWithin(value, outer)) return undefined;
  const inside = { value, outer };
  for (const name in value) {
    const found = nullIn((value as Record<string, unknown>)[name], inside);
    if (found !== undefined) return [name, ...found];
  }
  return undefined;
}

function checkArguments(wanted: readonly Argument[], given: readonly unknown[]): void {
  for (let place = 0; place < wanted.length; place++) {
    const { name, wanted: sort, fits, known, needed } = wanted[place]!;
    const value = given[place];
    if (!fits(value)) throw new InputError(`${sort} is wanted, not ${quoted(value)}`, name);
    if (typeof value !== "object" || value === null) continue;
    const nothing = nullIn(value);
    if (nothing !== undefined)
      throw new InputError(
        "null is no value: leave it out",
        (Array.isArray(value) ? [name, ...nothing] : nothing).join("."),
      );
    if (known !== undefined) checkProperties(value, known);
    const missing = needed?.find((property) => (value as Record<string, unknown>)[property] === undefined);
    if (missing !== undefined) throw new InputError("it must be given", missing);
  }
}

/** Makes methods check what they are given before they do anything: what cannot be meant is an InputError that names the argument. */
export function checked<G extends object>(methods: G, takes: Takes<G>): G {
  const each = methods as Record<string, (...given: unknown[]) => Promise<unknown>>;
  for (const [name, wanted] of Object.entries<readonly Argument[]>(takes)) {
    const method = each[name]!;
    each[name] = function (this: G, ...given) {
      try {
        checkArguments(wanted, given);
      } catch (error) {
        const reason = error as Error;
        return Promise.reject(reason);
      }
      return method.apply(this, given);
    };
  }
  return methods;
}
