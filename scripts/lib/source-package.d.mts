/** Provides files of a Debian source package, or says why it cannot. */
export function provideSources(
  name: string,
  patterns: readonly string[],
  known: string,
): { folder: string; missing?: undefined } | { folder?: undefined; missing: string };
