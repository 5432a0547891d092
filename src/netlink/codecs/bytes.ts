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
    buffer: Buffer.isBuffer(array) ? array : Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}

/** The next multiple of 4: netlink aligns messages and attributes so (NLMSG_ALIGNTO, NLA_ALIGNTO). */
export function align(length: number): number {
  return (length + 3) & ~3;
}

const FIRST_SIZE = 1024;
/** A writer that is used again goes on in pieces of this size, as long as there is some room left. */
const PIECE_SIZE = 16384;
const LEAST_ROOM = 2048;
const NOTHING = bytesOf(Buffer.alloc(0));

/** Outgoing bytes, in a buffer that grows. What has been taken is never touched again. */
export class Writer {
  bytes = NOTHING;
  view = NOTHING.view;
  /** Where what has not been taken yet starts, and where it ends. */
  start = 0;
  length = 0;
  private size = FIRST_SIZE;

  /** Makes room for `size` more bytes and returns the offset where they start. */
  reserve(size: number): number {
    const offset = this.length;
    this.length = offset + size;
    if (this.length > this.view.byteLength) this.grow();
    return offset;
  }

  private goOnIn(bytes: Bytes): void {
    this.bytes = bytes;
    this.view = bytes.view;
  }

  private grow(): void {
    const { buffer } = this.bytes;
    const larger = Buffer.allocUnsafe(Math.max(this.length, this.size, buffer.length * 2));
    buffer.copy(larger);
    this.goOnIn(bytesOf(larger));
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
    this.bytes.buffer.set(bytes, offset);
  }

  zeros(count: number): void {
    const offset = this.reserve(count);
    if (count > 8) this.bytes.buffer.fill(0, offset, offset + count);
    else for (let place = offset; place < this.length; place++) this.view.setUint8(place, 0);
  }

  /** Pads with zeros to a multiple of 4. */
  pad(): void {
    const missing = align(this.length) - this.length;
    if (missing > 0) this.zeros(missing);
  }

  /** What has been written since the last time. */
  take(): Buffer {
    const { buffer } = this.bytes;
    const taken = buffer.subarray(this.start, this.length);
    this.start = this.length = align(this.length);
    if (buffer.length - this.start < LEAST_ROOM || buffer.length > PIECE_SIZE) {
      this.start = this.length = 0;
      this.size = PIECE_SIZE;
      this.goOnIn(NOTHING);
    }
    return taken;
  }
}
