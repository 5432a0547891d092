/** A power of two: more than the names and MACs of a thousand links. */
const SLOTS = 4096;

/** Texts that were read lately, by a hash of their bytes: the same few, such as kinds, and all of a table that is read again, make no garbage. */
const texts = new Array<string>(SLOTS).fill("");

function isAt(text: string, buffer: Buffer, offset: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let place = 0; place < length; place++) if (text.charCodeAt(place) !== buffer[offset + place]) return false;
  return true;
}

/** The text of ASCII bytes, whose hash is any number that the same bytes have, too. */
export function asciiText(buffer: Buffer, offset: number, length: number, hash: number): string {
  const slot = hash & (SLOTS - 1);
  const last = texts[slot]!;
  if (isAt(last, buffer, offset, length)) return last;
  return (texts[slot] = buffer.toString("latin1", offset, offset + length));
}

/** The upper and the lower half of MACs that were read lately, and their texts. */
const halves = new Int32Array(2 * SLOTS);
const macs = new Array<string>(SLOTS).fill("");

/** The text of the MAC at an offset: one that was made lately, or that `format` makes. */
export function macText(
  buffer: Uint8Array,
  offset: number,
  format: (buffer: Uint8Array, offset: number) => string,
): string {
  const upper = (buffer[offset]! << 16) | (buffer[offset + 1]! << 8) | buffer[offset + 2]!;
  const lower = (buffer[offset + 3]! << 16) | (buffer[offset + 4]! << 8) | buffer[offset + 5]!;
  const slot = ((Math.imul(upper, 31) + Math.imul(lower, 0x9e3779b1)) ^ (lower >>> 12)) & (SLOTS - 1);
  if (halves[2 * slot] === upper && halves[2 * slot + 1] === lower && macs[slot] !== "") return macs[slot]!;
  halves[2 * slot] = upper;
  halves[2 * slot + 1] = lower;
  return (macs[slot] = format(buffer, offset));
}
