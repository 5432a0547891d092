import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import { InputError } from "./errors.js";

/** The value of JSON with comments. Throws InputError, with the line and what is wrong there: "line 3: comma expected". */
export function parseJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  const line = text.slice(0, first.offset).split("\n").length;
  const problem = printParseErrorCode(first.error)
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
  throw new InputError(`line ${line}: ${problem}`);
}
