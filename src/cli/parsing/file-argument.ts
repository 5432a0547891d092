import { readFileSync } from "node:fs";
import { InputError } from "../../base/errors.js";

/** A file's text, and what it is called in errors; "-" is the standard input. Throws InputError. */
export function textOfFile(file: string): [text: string, name: string] {
  const [source, name] = file === "-" ? [0, "the standard input"] : [file, file];
  try {
    return [readFileSync(source, "utf8"), name];
  } catch (error) {
    throw new InputError(fileProblem(error), file);
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file, or folder for it",
  ENOTDIR: "a part of its path is no folder",
  EACCES: "this user may not",
  EISDIR: "it is a folder",
};

/** Why a file cannot be read or written, in words. */
export function fileProblem(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code]! : message;
}
