import type { CommandPath } from "./entries.js";

/**
 * Functions of bash and zsh: one prints the entries of a place, one a line, and fails for what is none; the other prints the
 * names of namespaces.
 */
export function entriesFunctions(places: readonly CommandPath[]): string {
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
_linkwright_namespaces() {
  ls -1 /run/netns 2>/dev/null
}
`;
}
