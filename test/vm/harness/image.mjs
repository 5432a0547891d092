import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { run } from "../../../scripts/lib/run.mjs";

/** Where a bzImage says what it holds (Documentation/arch/x86/boot.rst of the kernel). */
const SETUP_SECTORS = 0x1f1;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

const SECTOR = 512;
/** The payload ends with its unpacked size. */
const TRAILER = 4;

const programs = { fd377a58: "xz", "28b52ffd": "zstd" };

/**
 * Writes the kernel that is inside a bzImage, which QEMU boots as it is: the guest, slow as it is, need not unpack it. Where
 * it cannot be unpacked, the bzImage is taken, which boots too.
 */
export function unpackImage(from, to) {
  const image = readFileSync(from);
  const start = (image[SETUP_SECTORS] + 1) * SECTOR + image.readUInt32LE(PAYLOAD_OFFSET);
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH) - TRAILER);
  const program = programs[payload.toString("hex", 0, 4)];
  if (program === undefined || !decompress(program, payload, to)) writeFileSync(to, image);
}

function decompress(program, payload, to) {
  const packed = `${to}.packed`;
  writeFileSync(packed, payload);
  const [input, output] = [openSync(packed), openSync(to, "w")];
  try {
    return run(program, ["-dc"], { stdio: [input, output, "inherit"] }).status === 0;
  } finally {
    closeSync(input);
    closeSync(output);
    rmSync(packed);
  }
}
