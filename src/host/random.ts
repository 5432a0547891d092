/** Random 32 bits. */
export function randomNumber(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function macOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** A random MAC, locally administered and unicast. */
export function randomMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return macOf(bytes);
}

/**
 * A random MAC for a TAP, locally administered, with the highest first byte that is in use: a bridge without a MAC of its
 * own takes the lowest of its ports', and so never a TAP's. QEMU's helper and libvirt do the same.
 */
export function randomTapMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = 0xfe;
  return macOf(bytes);
}
