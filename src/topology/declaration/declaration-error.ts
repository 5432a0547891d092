import { InputError } from "../../base/errors.js";
import type { TextPosition } from "../../base/yaml.js";

/** What is wrong with a file, and where. */
export class DeclarationError extends InputError {
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, { line, column }: TextPosition, problem: string, path = "") {
    super(`${file}:${line}:${column}: ${path === "" ? problem : `${path}: ${problem}`}`);
    this.name = "DeclarationError";
    this.file = file;
    this.line = line;
    this.column = column;
  }
}
