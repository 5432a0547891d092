/** What makes gcc compile for musl on a machine, by uname(1)'s word and dpkg's: the path for -specs=, or why there is none. */
export function provideMusl(
  machine: string,
  debian: string,
): { specs: string; missing?: undefined } | { specs?: undefined; missing: string };
