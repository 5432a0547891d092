/** A cpio archive, as the kernel reads it. */
export function archive(
  entries: readonly { readonly name: string; readonly mode: number; readonly content?: Buffer }[],
): Buffer;
