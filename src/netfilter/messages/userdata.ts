/**
 * What programs keep beside tables, chains, rules, sets and elements: entries of a type and a length, a byte each, and as many
 * bytes, in the form of libnftnl (NFTNL_UDATA_*).
 */
export type Userdata = ReadonlyMap<number, Uint8Array>;

/** The type of a comment: of sets, another one than of all else (NFTNL_UDATA_SET_COMMENT). */
export const commentType = { set: 7, other: 0 } as const;
/** NFTNL_UDATA_SET_KEYBYTEORDER and NFTNL_UDATA_SET_DATABYTEORDER. */
export const byteOrderType = { key: 0, data: 1 } as const;

/** The bytes of userdata; undefined for none. */
export function writeUserdata(entries: Userdata): Uint8Array | undefined {
  if (entries.size === 0) return undefined;
  return Uint8Array.from([...entries].flatMap(([type, bytes]) => [type, bytes.length, ...bytes]));
}

/** The entries of userdata; undefined for bytes of another form. */
export function readUserdata(bytes: Uint8Array): Userdata | undefined {
  const entries = new Map<number, Uint8Array>();
  for (let offset = 0; offset < bytes.length;) {
    const [type, length] = [bytes[offset]!, bytes[offset + 1]];
    const end = offset + 2 + (length ?? 0);
    if (length === undefined || end > bytes.length) return undefined;
    entries.set(type, bytes.slice(offset + 2, end));
    offset = end;
  }
  return entries;
}

/** A comment as an entry of userdata: text and a NUL, at most 128 bytes as `nft` takes it. */
export function commentEntry(comment: string): Uint8Array {
  return Uint8Array.from([...Buffer.from(comment), 0]);
}

/** The comment in userdata, if there is one. */
export function commentIn(userdata: Uint8Array | undefined, type: number = commentType.other): string | undefined {
  const bytes = userdata === undefined ? undefined : readUserdata(userdata)?.get(type);
  if (bytes === undefined || bytes.length === 0) return undefined;
  return Buffer.from(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes).toString("utf8");
}
