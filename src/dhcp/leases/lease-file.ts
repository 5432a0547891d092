import { builtin } from "../../base/builtin.js";
import type { FileHandle } from "node:fs/promises";

/** Where the lines of leases are kept (lease-lines.ts). What a promise says is done has reached the disk. */
export interface LeaseFile {
  /** All that is there; nothing where nothing is there yet. */
  read(): Promise<Uint8Array>;
  /** Adds at the end. */
  append(text: string): Promise<void>;
  /** Puts this in the place of all that is there: wholly, or not at all. */
  replace(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Leases in a file; its folder is there. Nobody else may write it. */
export function leaseFile(path: string): LeaseFile {
  const fs = builtin("node:fs/promises");
  let handle: FileHandle | undefined;

  async function opened(): Promise<FileHandle> {
    return (handle ??= await fs.open(path, "a", 0o600));
  }

  async function closeHandle(): Promise<void> {
    const open = handle;
    handle = undefined;
    await open?.close();
  }

  async function syncFolder(): Promise<void> {
    const folder = await fs.open(builtin("node:path").dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  return {
    async read() {
      try {
        return await fs.readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        await opened();
        await syncFolder();
        return new Uint8Array(0);
      }
    },
    async append(text) {
      const file = await opened();
      await file.appendFile(text);
      await file.datasync();
    },
    async replace(text) {
      const beside = `${path}.new`;
      const file = await fs.open(beside, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await closeHandle();
      await fs.rename(beside, path);
      await syncFolder();
    },
    close: closeHandle,
  };
}

/** Leases that nobody keeps. */
export function leasesInMemory(content = ""): LeaseFile & { readonly content: string } {
  let text = content;
  return {
    get content() {
      return text;
    },
    read: () => Promise.resolve(Buffer.from(text)),
    append(more) {
      text += more;
      return Promise.resolve();
    },
    replace(whole) {
      text = whole;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
