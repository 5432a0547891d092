/**
 * Waits for requests that were made together, and rejects with what the first of them, in their order, rejected with: the
 * others may have failed only because it did.
 */
export async function together<const T extends readonly Promise<unknown>[]>(
  requests: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(requests);
  return Promise.all(requests);
}
