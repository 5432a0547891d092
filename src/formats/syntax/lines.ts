import { type Entry, entryOf, type SourceFile } from "../draft/entry.js";

/** A line that is not empty, with its number. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines of a text that are neither empty nor comments; with `continued`, a backslash at the end takes in the next one. */
export function linesOf(content: string, { comments = /^[#;]/, continued = false } = {}): Line[] {
  const lines: Line[] = [];
  const all = content.split(/\r?\n/);
  for (let place = 0; place < all.length; place++) {
    const number = place + 1;
    let text = all[place]!;
    if (comments.test(text.trim())) continue;
    while (continued && text.endsWith("\\") && place + 1 < all.length) text = text.slice(0, -1) + all[++place]!;
    if (text.trim() !== "") lines.push({ number, text: text.trim() });
  }
  return lines;
}

/**
 * The sections of a file such as systemd's and NetworkManager's, each with its settings, in their order and as often as they
 * stand. A section's line is an entry, too.
 */
export function sectionsOf({ name, text: content }: SourceFile, continued = false): Entry[] {
  const sections: { key: string; line: Line; entries: Entry[] }[] = [];
  for (const line of linesOf(content, { continued })) {
    const [, title] = /^\[(.+)\]$/.exec(line.text) ?? [];
    if (title !== undefined) {
      sections.push({ key: title, line, entries: [] });
      continue;
    }
    const [, key = "", value = ""] = /^([^=]*?)\s*=\s*(.*)$/.exec(line.text) ?? [];
    const entry = entryOf(name, line.number, key, value, line.text);
    const section = sections.at(-1);
    if (section === undefined) sections.push({ key: "", line, entries: [entry] });
    else section.entries.push(entry);
  }
  return sections.map(({ key, line, entries }) => ({ ...entryOf(name, line.number, key, "", line.text), entries }));
}
