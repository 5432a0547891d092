import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../base/errors.js";
import { formatOf, importFiles, type SourceFile, writeImported } from "../../formats/index.js";
import { alone, type Call } from "../command.js";
import type { Report } from "../io.js";

function fileAt(name: string): SourceFile {
  try {
    return { name, text: readFileSync(name, "utf8") };
  } catch (error) {
    throw new InputError((error as Error).message, name);
  }
}

/** The files in a folder, and in those for drop-ins, in the order of their names. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
      return /\.(netdev|network|link)\.d$/.test(entry.name) ? filesIn(path) : [];
    });
}

/** A path's files: itself, or those of a folder that are of a known format. */
function filesAt(path: string): { files: SourceFile[]; skipped: string[] } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new InputError("there is no such file or folder", path);
  if (!found.isDirectory()) return { files: [fileAt(path)], skipped: [] };
  const all = filesIn(path).map(fileAt);
  const files = all.filter((each) => formatOf(each) !== undefined);
  return { files, skipped: all.filter((each) => !files.includes(each)).map(({ name }) => name) };
}

/** The files that a pattern such as /etc/network/interfaces.d/* fits. */
function findFiles(pattern: string): SourceFile[] {
  const [folder, words] = [dirname(pattern), basename(pattern)];
  const fits = new RegExp(
    `^${words
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return filesIn(folder)
    .filter((path) => fits.test(basename(path)) && (words.startsWith(".") || !basename(path).startsWith(".")))
    .map(fileAt);
}

function imported({ operands }: Call): Report {
  const found = operands.map(filesAt);
  const skipped = found.flatMap((each) => each.skipped);
  const files = found.flatMap((each) => each.files);
  if (files.length === 0) throw new InputError("there is no file of a known format in it", operands.join(" "));
  const value = importFiles(files, { findFiles });
  const unread = skipped.map((name) => `# ${name}: it is of no format that is known here, and was not read\n`);
  return { value: { ...value, skipped }, text: () => `${unread.join("")}${writeImported(value)}` };
}

export const command = alone({
  summary: "read ifcfg, interfaces(5), keyfiles, networkd, netplan, libvirt or nmstate, and print a declaration",
  operands: [{ name: "PATH", many: true }],
  runOffline: imported,
});
