import type { Place } from "./entries.js";

/** A function of bash and zsh that prints the entries of a place, one a line, and fails for what is none. */
export function entriesFunction(places: readonly Place[]): string {
  const cases = places.map(({ path, entries }) => {
    const words = entries.map(({ entry }) => `'${entry}'`).join(" ");
    return `    '${path}') ${words === "" ? "" : `printf '%s\\n' ${words} `};;`;
  });
  return `_linkwright_entries() {
  case "$1" in
${cases.join("\n")}
    *) return 1 ;;
  esac
}
`;
}
