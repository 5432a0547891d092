/** Provides a folder of the cache, or says why it cannot. */
export function provideFolder(
  name: string,
  isWhole: (folder: string) => boolean,
  fill: (draft: string) => string | undefined,
): { folder: string; missing?: undefined } | { folder?: undefined; missing: string };
