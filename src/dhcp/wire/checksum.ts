/** The sum of 16-bit words in ones' complement (RFC 1071), not yet folded. An odd byte at the end is a word's first. */
export function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) sum += bytes[at]! << 8;
  return sum;
}

/** The Internet checksum of a sum: what makes all of it, checksum included, add up to 0xffff. */
export function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff);
  return ~folded & 0xffff;
}
