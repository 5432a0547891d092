import { readFileSync } from "node:fs";
import { InputError } from "../../base/errors.js";

/** A file's text, and what it is called in errors; "-" is the standard input. Throws InputError. */
export function textOfFile(file: string): [text: string, name: string] {
  const [source, name] = file === "-" ? [0, "the standard input"] : [file, file];
  try {
    return [readFileSync(source, "utf8"), name];
  } catch (error) {
    throw new InputError((error as Error).message, file);
  }
}
