import { InputError, quoted } from "./error.js";

/** Throws InputError for a value without properties, where attributes or fields are wanted. */
export function checkNested(value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${quoted(value)} is not an object`);
}

/** Throws InputError unless what is given is an object with properties. `what` it is, such as "a host's options". */
export function checkObject(given: unknown, what: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new InputError(`${what}: an object is wanted, not ${quoted(given)}`);
}

/** Throws InputError for what is no list: a string would be taken letter by letter. */
export function checkList(given: unknown, what: string): void {
  if (!Array.isArray(given)) throw new InputError(`${what}: a list is wanted, not ${quoted(given)}`);
}

/** Throws InputError for a property that is not among those that are known: it would be ignored. */
export function checkKnown(given: unknown, known: readonly string[], what: string): void {
  checkObject(given, what);
  for (const name of Object.keys(given as object))
    if (!known.includes(name)) throw new InputError("no such option", name);
}

/** Throws InputError for what is neither true nor false, nor undefined. */
export function checkSwitch(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== "boolean")
    throw new InputError(`${quoted(value)} is neither true nor false`, name);
}
