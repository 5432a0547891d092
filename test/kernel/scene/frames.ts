import type { Duplex } from "node:stream";

/** An EtherType for local experiments (IEEE 802): what the kernel sends by itself never has it. */
const EXPERIMENTAL = 0x88b5;

/** An Ethernet frame to everybody that carries a number. */
export function frame(number: number, size = 60): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.fill(0xff, 0, 6);
  bytes.write("525400000001", 6, "hex");
  bytes.writeUInt16BE(EXPERIMENTAL, 12);
  bytes.writeUInt32BE(number, 14);
  return bytes;
}

/** The number that a frame carries, behind `headers` bytes; undefined when it is none of ours. */
export function numberOf(bytes: Buffer, headers = 0): number | undefined {
  return bytes.readUInt16BE(headers + 12) === EXPERIMENTAL ? bytes.readUInt32BE(headers + 14) : undefined;
}

/** The numbers of the next `count` frames of ours that a stream gives. */
export function numbers(stream: Duplex, count: number, headers = 0): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const found: number[] = [];
    const onData = (bytes: Buffer): void => {
      const number = numberOf(bytes, headers);
      if (number !== undefined) found.push(number);
      if (found.length < count) return;
      stream.off("data", onData).off("error", reject).pause();
      resolve(found);
    };
    stream.on("data", onData).once("error", reject).resume();
  });
}
