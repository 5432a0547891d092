import { InputError, quoted } from "../netlink/error.js";
import { Descriptor } from "./descriptor.js";

/** An argument of a method: what it has to be. */
interface Argument {
  readonly name: string;
  /** What is wanted, in words. */
  readonly wanted: string;
  fits(value: unknown): boolean;
  /** The properties that it may have; any unless given. */
  readonly known?: object | undefined;
}

/** Every property that something has: another one would be ignored, and so is an error. */
export type Known<T> = Readonly<Record<keyof T, true>>;

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
const anyObject = argument("an object", isObject);
export const list = argument("a list", Array.isArray);
export const text = argument("a string", isText);
export const number = argument("a number", (value) => typeof value === "number");
export const textOrNumber = argument("a string or a number", (value) => isText(value) || typeof value === "number");
export const descriptor = argument("a descriptor of a host", isDescriptor);
export const descriptors = argument(
  "a list of a host's descriptors",
  (value) => Array.isArray(value) && value.every(isDescriptor),
);
export const bytes = argument("a Uint8Array", (value) => value instanceof Uint8Array);

/** An object, with no other properties than these. */
export function object(name: string, known?: object): Argument {
  return { ...anyObject(name), known };
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

/** A property that is given and not known. */
function strayIn(value: unknown, known: object | undefined): string | undefined {
  if (known === undefined || value === undefined) return undefined;
  const given = Object.entries(value as object).find(
    ([name, each]) => each !== undefined && !Object.hasOwn(known, name),
  );
  return given?.[0];
}

/** Nothing that is given is nested deeper. */
const DEEPEST = 9;

function isLookedInto(value: object): boolean {
  if (Array.isArray(value)) return true;
  const type: unknown = Object.getPrototypeOf(value);
  // A link that was reported is long, and is only asked for its index.
  return (type === Object.prototype || type === null) && typeof (value as { index?: unknown }).index !== "number";
}

/** The path of a null in options, where undefined leaves something as it is and null may be taken for anything. */
function nullIn(value: unknown, path: readonly string[] = []): string | undefined {
  if (value === null) return path.join(".");
  if (typeof value !== "object" || path.length > DEEPEST || !isLookedInto(value)) return undefined;
  for (const name in value) {
    const found = nullIn((value as Record<string, unknown>)[name], [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function misfit(wanted: readonly Argument[], given: readonly unknown[]): InputError | undefined {
  for (const [place, argument] of wanted.entries()) {
    const value = given[place];
    if (!argument.fits(value))
      return new InputError(`${argument.wanted} is wanted, not ${quoted(value)}`, argument.name);
    const stray = strayIn(value, argument.known);
    if (stray !== undefined) return new InputError("no such option", stray);
    const nothing = nullIn(value, Array.isArray(value) ? [argument.name] : []);
    if (nothing !== undefined) return new InputError("null is no value: leave it out", nothing);
  }
  return undefined;
}

/** Makes methods check what they are given before they do anything: what cannot be meant is an InputError that names the argument. */
export function checked<G extends object>(methods: G, takes: Takes<G>): G {
  const each = methods as Record<string, (...given: unknown[]) => Promise<unknown>>;
  for (const [name, wanted] of Object.entries<readonly Argument[]>(takes)) {
    const method = each[name]!;
    each[name] = function (this: G, ...given) {
      const error = misfit(wanted, given);
      return error === undefined ? method.apply(this, given) : Promise.reject(error);
    };
  }
  return methods;
}
