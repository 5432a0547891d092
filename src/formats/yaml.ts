import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { InputError } from "../base/errors.js";
import { type Entry, entryOf, type SourceFile } from "./entry.js";

/** The mappings of a YAML file as entries; the items of a list have an empty key. Throws InputError for what is no YAML. */
export function yamlEntries({ name, text }: SourceFile): Entry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const [error] = document.errors;
  if (error !== undefined) throw new InputError(error.message, `${name}:${lines.linePos(error.pos[0]).line}`);

  const read = (key: string, line: number, given: unknown): Entry => {
    const node = isAlias(given) ? given.resolve(document) : given;
    if (isMap(node) || isSeq(node)) {
      const entries = isMap(node)
        ? node.items.map((pair) =>
            read(isScalar(pair.key) ? String(pair.key.value) : "", lineAt(pair.key as Node), pair.value),
          )
        : node.items.map((item) => read("", lineAt(item as Node), item));
      return { ...entryOf(name, line, key, "", key === "" ? "-" : `${key}:`), entries };
    }
    const value = isScalar(node) && node.value !== null ? (node.source ?? String(node.value)).trim() : "";
    const shown = value.split("\n")[0]!;
    return entryOf(name, line, key, value, key === "" ? `- ${shown}` : `${key}: ${shown}`);
  };
  return read("", 1, document.contents).entries as Entry[];
}

/** The entries that say something: those that have no others in them. */
export function leaves(entries: readonly Entry[]): Entry[] {
  return entries.flatMap((entry) => (entry.entries.length === 0 ? [entry] : leaves(entry.entries)));
}

/** The values of a list, or of a word alone. */
export function items(entry: Entry | undefined): readonly Entry[] {
  if (entry === undefined) return [];
  return entry.entries.length === 0 && entry.value !== "" && entry.value !== "[]" ? [entry] : entry.entries;
}
