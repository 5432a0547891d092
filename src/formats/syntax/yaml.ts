import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { InputError } from "../../base/errors.js";
import { type Entry, entryOf, type SourceFile } from "../draft/entry.js";

/** The mappings of a YAML file as entries; the items of a list have an empty key. Throws InputError for what is no YAML. */
export function yamlEntries({ name, text }: SourceFile): Entry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const [error] = document.errors;
  if (error !== undefined) throw new InputError(error.message, `${name}:${lines.linePos(error.pos[0]).line}`);

  const read = (key: string, path: string, line: number, given: unknown): Entry => {
    const node = isAlias(given) ? given.resolve(document) : given;
    if (isMap(node) || isSeq(node)) {
      const entries = isMap(node)
        ? node.items.map((pair) => {
            const inner = isScalar(pair.key) ? String(pair.key.value) : "";
            return read(inner, path === "" ? inner : `${path}.${inner}`, lineAt(pair.key as Node), pair.value);
          })
        : node.items.map((item) => read("", path, lineAt(item as Node), item));
      return { ...entryOf(name, line, key, "", path), entries };
    }
    const value = isScalar(node) && node.value !== null ? (node.source ?? JSON.stringify(node.value)).trim() : "";
    return entryOf(name, line, key, value, `${path}: ${value.split("\n")[0]!}`);
  };
  return read("", "", 1, document.contents).entries as Entry[];
}
