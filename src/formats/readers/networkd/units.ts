import type { Draft } from "../../draft/draft.js";
import { type Entry, type SourceFile, all, fileName } from "../../draft/entry.js";
import { sectionsOf } from "../../syntax/lines.js";

export interface Unit {
  readonly name: string;
  readonly sections: readonly Entry[];
}

/** Files with their drop-ins, each set in the order in which systemd takes them. */
export function unitsOf(draft: Draft, files: readonly SourceFile[]): Unit[] {
  const units = new Map<string, Entry[]>();
  const dropIns = files.filter(({ name }) => name.endsWith(".conf"));
  for (const file of [...files.filter((each) => !dropIns.includes(each)), ...dropIns]) {
    const name = file.name.endsWith(".conf") ? file.name.slice(0, file.name.lastIndexOf("/") - 2) : file.name;
    const sections = sectionsOf(file, true);
    for (const section of sections) draft.expect(section.entries);
    units.set(name, [...(units.get(name) ?? []), ...sections]);
  }
  return [...units]
    .map(([name, sections]) => ({ name, sections }))
    .sort((one, other) => (fileName(one.name) < fileName(other.name) ? -1 : 1));
}

export function entriesIn(sections: readonly Entry[], key: string): Entry[] {
  return all(sections, key).flatMap(({ entries }) => entries);
}
