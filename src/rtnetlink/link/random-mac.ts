import { formatHardwareAddress } from "../../netlink/codecs/internet.js";

const MAC_SIZE = 6;
const POOL = new Uint8Array(170 * MAC_SIZE);
let used = POOL.length;

/**
 * A random MAC, which `adapt` makes what is wanted. Random bytes are drawn many at a time: a call for each MAC would cost a
 * tenth of creating a TAP.
 */
function drawMac(adapt: (bytes: Uint8Array, offset: number) => void): string {
  if (used === POOL.length) {
    crypto.getRandomValues(POOL);
    used = 0;
  }
  const offset = used;
  used += MAC_SIZE;
  adapt(POOL, offset);
  return formatHardwareAddress(POOL, offset, MAC_SIZE);
}

/** A random MAC, locally administered and unicast. */
export function randomMac(): string {
  return drawMac((bytes, first) => (bytes[first] = (bytes[first]! & 0xfc) | 0x02));
}

/** A random MAC for a guest, as QEMU and libvirt give them. */
export function randomGuestMac(): string {
  return drawMac((bytes, first) => bytes.set([0x52, 0x54, 0x00], first));
}

/**
 * A random MAC for a TAP, locally administered, with the highest first byte that is in use: a bridge without a MAC of its
 * own takes the lowest of its ports', and so never a TAP's. QEMU's helper and libvirt do the same.
 */
export function randomTapMac(): string {
  return drawMac((bytes, first) => (bytes[first] = 0xfe));
}
