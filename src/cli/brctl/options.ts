/** What getopt_long(3) makes of the words: an option may stand anywhere before "--". */
export interface Options {
  readonly wish?: "help" | "version";
  /** What getopt and brctl say of an option that is none. */
  readonly complaint?: string;
  readonly words: readonly string[];
}

const LONG = { help: "help", version: "version" } as const;
const SHORT: Readonly<Record<string, "help" | "version">> = { h: "help", V: "version" };

function complain(what: string): string {
  return `brctl: ${what}\nUnknown option '?'\n`;
}

function readLong(word: string): Pick<Options, "wish" | "complaint"> {
  const [name = "", ...value] = word.slice(2).split("=");
  const found = Object.values(LONG).find((each) => each.startsWith(name));
  if (found === undefined)
    return { complaint: complain(`unrecognized option '--${name}${value.length > 0 ? `=${value.join("=")}` : ""}'`) };
  if (value.length > 0) return { complaint: complain(`option '--${found}' doesn't allow an argument`) };
  return { wish: found };
}

function readShort(word: string): Pick<Options, "wish" | "complaint"> {
  const letter = word[1]!;
  const wish = SHORT[letter];
  return wish === undefined ? { complaint: complain(`invalid option -- '${letter}'`) } : { wish };
}

/** Parts options from words. */
export function readOptions(typed: readonly string[]): Options {
  const words: string[] = [];
  for (const [i, word] of typed.entries()) {
    if (word === "--") return { words: [...words, ...typed.slice(i + 1)] };
    if (word.startsWith("--")) return { ...readLong(word), words };
    if (word.startsWith("-") && word !== "-") return { ...readShort(word), words };
    words.push(word);
  }
  return { words };
}
