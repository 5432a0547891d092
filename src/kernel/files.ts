import { nameBytes, spelledName } from "../base/name-bytes.js";
import { native } from "./addon.js";
import type { Thread } from "./thread.js";

/**
 * Files that the kernel makes, as the thread sees them: those below a path, or of the sysfs of the thread's namespace. A link's
 * name in a path, or among the names of a folder, is spelled as everywhere: "%ff" for a byte that is no UTF-8.
 */
export interface KernelFiles {
  read(path: string): Promise<Buffer>;
  write(path: string, text: string): Promise<void>;
  /** The names in a folder. */
  list(path: string): Promise<string[]>;
}

/** What the addon takes for bytes: a character each. */
function asBytes(path: string): string {
  return nameBytes(path).toString("latin1");
}

function namesIn(lines: string): string[] {
  return lines
    .split("\n")
    .filter((name) => name !== "")
    .map((name) => spelledName(Buffer.from(name, "latin1")));
}

/** The files below a path such as "/proc/sys/". */
export function filesBelow({ call }: Thread, root: string): KernelFiles {
  const at = (path: string): string => asBytes(root + path);
  return {
    read: async (path) =>
      Buffer.from(
        await call<string>((host, id) => {
          native.readFile(host, id, at(path));
        }),
        "latin1",
      ),
    write: (path, text) =>
      call((host, id) => {
        native.writeFile(host, id, at(path), asText(text));
      }),
    list: async (path) =>
      namesIn(
        await call<string>((host, id) => {
          native.listFolder(host, id, at(path));
        }),
      ),
  };
}

/** The sysfs of the thread's namespace, mounted nowhere. */
export function ownSysfs({ call }: Thread): KernelFiles {
  return {
    read: async (path) =>
      Buffer.from(
        await call<string>((host, id) => {
          native.readSysfs(host, id, asBytes(path));
        }),
        "latin1",
      ),
    write: (path, text) =>
      call((host, id) => {
        native.writeSysfs(host, id, asBytes(path), asText(text));
      }),
    list: async (path) =>
      namesIn(
        await call<string>((host, id) => {
          native.listSysfs(host, id, asBytes(path));
        }),
      ),
  };
}

function asText(text: string): string {
  return Buffer.from(text).toString("latin1");
}
