import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Where Linux keeps programs; a user's PATH often lacks the first two. */
const FOLDERS = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/bin"];

/** The path of an installed program. */
export function program(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
