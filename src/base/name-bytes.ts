const ESCAPE = /%([0-9a-f]{2})/gi;

/** Whether bytes are text in UTF-8. */
function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}

/** Whether what stands at an offset would be read as a byte. */
function isEscape(bytes: Buffer, offset: number): boolean {
  return /^%[0-9a-f]{2}$/i.test(bytes.toString("latin1", offset, offset + 3));
}

/** How many bytes the character at an offset has; 0 when it is none. */
function characterAt(bytes: Buffer, offset: number): number {
  for (let size = 1; size <= 4 && offset + size <= bytes.length; size++)
    if (isText(bytes.subarray(offset, offset + size))) return size;
  return 0;
}

/** A name's bytes as text: each that is no UTF-8 as "%ff" is, and a "%" that would be read as such as "%25". */
export function spelledName(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (!/[%\ufffd]/.test(text)) return text;
  let name = "";
  for (let offset = 0; offset < bytes.length;) {
    const size = characterAt(bytes, offset);
    if (size > 0) name += isEscape(bytes, offset) ? "%25" : bytes.toString("utf8", offset, offset + size);
    else name += `%${bytes[offset]!.toString(16)}`;
    offset += size || 1;
  }
  return name;
}

/** Whether a name has a byte in it that is no UTF-8, as it is spelled. */
export function hasSpelledByte(name: unknown): boolean {
  return typeof name === "string" && /%[89a-f][0-9a-f]/i.test(name);
}

/** The bytes of a name that is spelled so. */
export function nameBytes(name: string): Buffer {
  if (!name.includes("%")) return Buffer.from(name);
  const parts = name.split(ESCAPE);
  return Buffer.concat(parts.map((part, place) => Buffer.from(part, place % 2 === 0 ? "utf8" : "hex")));
}
