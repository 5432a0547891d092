/** Provides files of a Debian source package, or says why it cannot. */
export function provideSources(
  name: string,
  patterns: readonly string[],
  known: string,
): { folder: string; missing?: undefined } | { folder?: undefined; missing: string };

/** Provides Debian packages that are unpacked and not installed, or says why it cannot. */
export function providePackages(
  name: string,
  packages: readonly string[],
  known: string,
): { folder: string; missing?: undefined } | { folder?: undefined; missing: string };

/** The same of Debian's backports. */
export function provideBackports(
  name: string,
  packages: readonly string[],
  known: string,
): { folder: string; missing?: undefined } | { folder?: undefined; missing: string };
