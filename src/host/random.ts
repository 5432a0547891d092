import { formatHardwareAddress } from "../netlink/internet.js";

const POOL_SIZE = 1024;
let pool = new Uint8Array(0);

/** Random bytes, drawn many at a time: one call for each MAC would cost a tenth of creating a TAP. */
function randomBytes(count: number): Uint8Array {
  if (pool.length < count) pool = crypto.getRandomValues(new Uint8Array(POOL_SIZE));
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}

/** Random 32 bits. */
export function randomNumber(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function macOf(bytes: Uint8Array): string {
  return formatHardwareAddress(bytes, 0, bytes.length);
}

/** A random MAC, locally administered and unicast. */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return macOf(bytes);
}

/** A random MAC for a guest, as QEMU and libvirt give them. */
export function randomGuestMac(): string {
  const bytes = randomBytes(6);
  bytes.set([0x52, 0x54, 0x00]);
  return macOf(bytes);
}

/**
 * A random MAC for a TAP, locally administered, with the highest first byte that is in use: a bridge without a MAC of its
 * own takes the lowest of its ports', and so never a TAP's. QEMU's helper and libvirt do the same.
 */
export function randomTapMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = 0xfe;
  return macOf(bytes);
}
