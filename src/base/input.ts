import { InputError, quoted } from "./errors.js";
import { suggestion } from "./nearest.js";

/** Throws InputError, which names what is given, unless it is an object with properties. */
export function checkObject(given: unknown, name = ""): asserts given is object {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new InputError(`an object is wanted, not ${quoted(given)}`, name);
}

/** Throws InputError for what is no list: a string would be taken letter by letter. */
export function checkList(given: unknown, name = ""): asserts given is readonly unknown[] {
  if (!Array.isArray(given)) throw new InputError(`a list is wanted, not ${quoted(given)}`, name);
}

/** What is said of an option that there is none of: the nearest that there is. */
export function unknownOption(name: string, known: Iterable<string>): InputError {
  return new InputError(`no such option${suggestion(name, known)}`, name);
}

/** Throws InputError for a property that is not among those that are known: it would be ignored. */
export function checkKnown(given: unknown, known: readonly string[], called: string): void {
  checkObject(given, called);
  for (const name of Object.keys(given)) if (!known.includes(name)) throw unknownOption(name, known);
}

/** Throws InputError for what is no list of objects with these properties. `name`: what the list is called. */
export function checkEach(given: unknown, known: readonly string[], name: string): void {
  checkList(given, name);
  for (const [place, each] of given.entries()) {
    const path = `${name}.${place}`;
    try {
      checkKnown(each, known, path);
    } catch (error) {
      throw error instanceof InputError && error.path !== "" ? error.under(path) : error;
    }
  }
}

/** Throws InputError for what is neither true nor false, nor undefined. */
export function checkSwitch(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== "boolean")
    throw new InputError(`${quoted(value)} is neither true nor false`, name);
}
