const all = new Set<() => object>();

/** Loads code at its first use, and keeps it; what could not be read, such as for want of descriptors, is tried again by the next use. */
export function once<T extends object>(load: () => T): () => T {
  let loaded: T | undefined;
  const get = (): T => (loaded ??= load());
  all.add(get);
  return get;
}

/** Loads now all that is loaded by its first use, and what that has of such. */
export function loadAll(): void {
  for (const get of all) get();
}
