/** A file to be imported. */
export interface SourceFile {
  /** Its path: what it is called is part of what it says. */
  readonly name: string;
  readonly text: string;
}

/** A setting as a file has it, with those that are inside it. */
export interface Entry {
  readonly key: string;
  /** Without quotes; empty where it has other settings in it. */
  readonly value: string;
  readonly entries: readonly Entry[];
  readonly file: string;
  readonly line: number;
  /** As it stands in the file, but for secrets. */
  readonly text: string;
}

const SECRET = /(\S*(?:psk|passw(?:or)?d|passphrase|secret|private.?key|wep.?key)\w*["']?(?:\s*[=:]\s*|\s+)).*/is;
/** A key of WireGuard. */
const KEY = /[A-Za-z\d+/]{43}=/g;

/** A setting that stands in one line. */
export function entryOf(file: string, line: number, key: string, value: string, text: string): Entry {
  const shown = text.replace(SECRET, "$1…").replace(KEY, "…");
  return { key, value, entries: [], file, line, text: shown };
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The first entry of a key. */
export function find(entries: readonly Entry[], key: string): Entry | undefined {
  return entries.find((each) => each.key === key);
}

/** The entries of a key, which may stand several times. */
export function all(entries: readonly Entry[], key: string): Entry[] {
  return entries.filter((each) => each.key === key);
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
