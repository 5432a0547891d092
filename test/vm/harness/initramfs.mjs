import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const DIRECTORY = 0o40755;
const PROGRAM = 0o100755;
const FILE = 0o100644;

const folders = ["bin", "control", "dev", "disk", "early", "lower", "new", "proc", "sys", "upper"];

/** The first files of a guest: busybox, the modules that it needs to see the machine's own files, and the program that does it. */
export function initramfs(kernel, init) {
  return archive([
    ...folders.map((name) => ({ name, mode: DIRECTORY })),
    { name: "bin/busybox", mode: PROGRAM, content: readFileSync(kernel.busybox) },
    { name: "init", mode: PROGRAM, content: readFileSync(init) },
    ...readdirSync(kernel.early).map((file) => ({
      name: `early/${file}`,
      mode: FILE,
      content: readFileSync(join(kernel.early, file)),
    })),
  ]);
}

/**
 * A cpio archive of entries `{ name, mode, content }`, of the only form that the kernel reads (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
export function archive(entries) {
  const pieces = [...entries, { name: "TRAILER!!!", mode: 0 }].flatMap(
    ({ name, mode, content = Buffer.alloc(0) }, inode) => {
      const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
      const header = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}${name}\0`;
      return [aligned(Buffer.from(header)), aligned(content)];
    },
  );
  return Buffer.concat(pieces);
}

const aligned = (buffer) => Buffer.concat([buffer, Buffer.alloc(-buffer.length & 3)]);
