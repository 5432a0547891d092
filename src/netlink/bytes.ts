/** netlink speaks the machine's own byte order. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Received bytes, with the two views that decoding needs. */
export interface Bytes {
  readonly buffer: Buffer;
  readonly view: DataView;
}

/** Views onto a buffer, without copying. */
export function bytesOf(array: Uint8Array): Bytes {
  const { buffer, byteOffset, byteLength } = array;
  return {
    buffer: Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}

/** The next multiple of 4: netlink aligns messages and attributes so (NLMSG_ALIGNTO, NLA_ALIGNTO). */
export function align(length: number): number {
  return (length + 3) & ~3;
}

const FIRST_SIZE = 1024;

/** Outgoing bytes, in a buffer that grows. */
export class Writer {
  buffer = Buffer.allocUnsafe(FIRST_SIZE);
  view = bytesOf(this.buffer).view;
  length = 0;

  /** Makes room for `size` more bytes and returns the offset where they start. */
  reserve(size: number): number {
    const offset = this.length;
    this.length = offset + size;
    if (this.length > this.buffer.length) this.grow();
    return offset;
  }

  private grow(): void {
    const larger = Buffer.allocUnsafe(Math.max(this.length, this.buffer.length * 2));
    this.buffer.copy(larger);
    this.buffer = larger;
    this.view = bytesOf(larger).view;
  }

  u8(value: number): void {
    const offset = this.reserve(1);
    this.view.setUint8(offset, value);
  }

  u16(value: number): void {
    const offset = this.reserve(2);
    this.view.setUint16(offset, value, LITTLE_ENDIAN);
  }

  u32(value: number): void {
    const offset = this.reserve(4);
    this.view.setUint32(offset, value, LITTLE_ENDIAN);
  }

  raw(bytes: Uint8Array): void {
    const offset = this.reserve(bytes.length);
    this.buffer.set(bytes, offset);
  }

  zeros(count: number): void {
    const offset = this.reserve(count);
    this.buffer.fill(0, offset, offset + count);
  }

  /** Pads with zeros to a multiple of 4. */
  pad(): void {
    const missing = align(this.length) - this.length;
    if (missing > 0) this.zeros(missing);
  }

  /** What has been written; the writer starts afresh and never touches these bytes again. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.length);
    this.buffer = Buffer.allocUnsafe(FIRST_SIZE);
    this.view = bytesOf(this.buffer).view;
    this.length = 0;
    return taken;
  }
}
