import { builtin } from "./builtin.js";

/** Has what was made and removed in a folder be on the disk. */
export function syncFolder(folder: string): void {
  const fs = builtin("node:fs");
  const fd = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes a file whole, which all may read: whenever the power goes, the old one is there, or the new one; the new one from now on. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const fs = builtin("node:fs");
  const { basename, dirname, join } = builtin("node:path");
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    const fd = fs.openSync(draft, "w", 0o644);
    try {
      // Whatever the umask is.
      fs.fchmodSync(fd, 0o644);
      // All of it: a single write stops where the disk is full, and says nothing.
      fs.writeFileSync(fd, content);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(draft, path);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}
