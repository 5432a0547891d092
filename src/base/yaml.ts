import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { InputError } from "./errors.js";

/** Where in a text something is: its line and column, from 1 on. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** The offset of the node that a path leads to: the longest part of it that there is. A name may have dots in it. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: string): number {
  let node: unknown = document.contents;
  let rest = path;
  let offset = 0;
  while (rest !== "") {
    if (isMap(node)) {
      const found = node.items.find(({ key }) => {
        const name = isScalar(key) ? String(key.value) : "";
        return rest === name || rest.startsWith(`${name}.`);
      });
      if (found === undefined || !isScalar(found.key)) break;
      offset = found.key.range?.[0] ?? offset;
      rest = rest.slice(String(found.key.value).length + 1);
      node = found.value;
    } else if (isSeq(node)) {
      const [first = ""] = rest.split(".");
      const item: unknown = node.items[Number(first)];
      if (item === undefined) break;
      offset = (item as { range?: readonly number[] }).range?.[0] ?? offset;
      rest = rest.slice(first.length + 1);
      node = item;
    } else break;
  }
  return offset;
}

/**
 * What `read` makes of YAML, or JSON, which is YAML, too. What is no YAML, and what `read` refuses by an InputError, is thrown as
 * `refusal` has it, with its place in the text.
 */
export function readYaml<T>(
  text: string,
  read: (value: unknown) => T,
  refusal: (position: TextPosition, problem: string, path: string) => Error,
): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error !== undefined) throw refusal(placeOf(error.pos[0]), error.message, "");
  try {
    return read(document.toJS() ?? {});
  } catch (refused) {
    if (!(refused instanceof InputError)) throw refused;
    throw refusal(placeOf(offsetOf(document, refused.path)), refused.problem, refused.path);
  }
}
