import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { InputError, quoted } from "../base/errors.js";
import { syncFolder, writeWhole } from "../base/whole-file.js";
import type { ReadDeclaration } from "../topology/declaration/declaration.js";
import { readDeclaration } from "../topology/declaration/file.js";
import { mergeDeclarations } from "./merge.js";

/** Where the system is that something is enabled in. */
export interface SystemOptions {
  /** The folder that is "/" to it; "/" unless given. */
  readonly root?: string | undefined;
}

/** A declaration that is applied at boot. */
export interface Enabled {
  readonly name: string;
  readonly file: string;
  /** Whether linkwright serve applies it again whenever something is otherwise. */
  readonly keep: boolean;
  /** Undefined where it cannot be read, for which there is a reason. */
  readonly declaration: ReadDeclaration | undefined;
  readonly problem: string | undefined;
}

const FOLDER = "etc/linkwright/host.d";
const SUFFIX = ".yaml";
/** A file of this name beside a declaration says that it is kept. */
const KEEP = ".keep";
const NAME = /^[A-Za-z0-9_][\w.@-]*$/;
const OTHERS_MAY_WRITE = 0o022;

/** The folder that enabled declarations are in. */
export function enabledFolder({ root = "/" }: SystemOptions = {}): string {
  return join(root, FOLDER);
}

/** The name that a file is enabled by: its own, without its ending. */
export function nameOfFile(file: string): string {
  return basename(file).replace(/\.(ya?ml|json)$/, "");
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw new InputError(`${quoted(name)} is no name of letters, digits and . _ @ -`, "name");
}

/** A file that nobody but its owner, root or who reads it, can have changed. Throws InputError. */
function trustedText(file: string): string {
  const fd = openSync(file, "r");
  try {
    const { uid, mode } = fstatSync(fd);
    if (uid !== 0 && uid !== process.geteuid?.()) throw new InputError(`it belongs to user ${uid}, not to root`, file);
    if ((mode & OTHERS_MAY_WRITE) !== 0) throw new InputError("others than its owner can write it", file);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/**
 * Throws InputError for what cannot be done where enabled declarations are applied: a service that the service manager confines has
 * a mount namespace of its own, and may mount nothing, so that a name that it gives a namespace is nobody else's.
 */
export function checkEnabled(
  { namespaces, openvswitch }: Pick<ReadDeclaration, "namespaces" | "openvswitch">,
  file: string,
): void {
  if (openvswitch !== undefined)
    throw new InputError(
      "Open vSwitch keeps its bridges itself: apply this, and enable the rest",
      `${file}: openvswitch`,
    );
  if (namespaces === undefined) return;
  const problem =
    "a service of systemd's cannot make network namespaces that others see: apply this, and enable the rest";
  throw new InputError(problem, `${file}: namespaces`);
}

/** Reads a declaration that is applied at boot. Throws InputError. */
function readEnabled(text: string, file: string): ReadDeclaration {
  const declaration = readDeclaration(text, file);
  checkEnabled(declaration, file);
  return declaration;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function attempt(name: string, file: string): Pick<Enabled, "declaration" | "problem"> {
  try {
    checkName(name);
    return { declaration: readEnabled(trustedText(file), file), problem: undefined };
  } catch (error) {
    return { declaration: undefined, problem: (error as Error).message };
  }
}

/** What is applied at boot, in the order of names. */
export function enabledIn(options: SystemOptions = {}): Enabled[] {
  const folder = enabledFolder(options);
  const files = filesIn(folder);
  // What is hidden is a draft.
  const names = files
    .filter((each) => each.endsWith(SUFFIX) && !each.startsWith("."))
    .map((each) => each.slice(0, -SUFFIX.length));
  return names.sort().map((name) => {
    const file = join(folder, name + SUFFIX);
    return { name, file, keep: files.includes(name + KEEP), ...attempt(name, file) };
  });
}

/** All that can be read of some of them, as one declaration. */
export function togetherOf(enabled: readonly Enabled[]): ReadDeclaration {
  return mergeDeclarations(enabled.flatMap(({ declaration }) => (declaration === undefined ? [] : [declaration])));
}

/**
 * Keeps a declaration for every boot from now on, and whether it is kept so meanwhile: it is on the disk when this returns. Throws
 * InputError for what is no declaration, alone or with the others, and changes nothing then.
 */
export function enable(name: string, text: string, options: SystemOptions & { readonly keep?: boolean } = {}): Enabled {
  checkName(name);
  const { keep = false } = options;
  const folder = enabledFolder(options);
  const file = join(folder, name + SUFFIX);
  const declaration = readEnabled(text, file);
  const all = { ...Object.fromEntries(enabledIn(options).map((each) => [each.name, each])), [name]: { declaration } };
  mergeDeclarations(
    Object.keys(all)
      .sort()
      .flatMap((each) => all[each]!.declaration ?? []),
  );
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (keep) writeWhole(join(folder, name + KEEP), "");
  else rmSync(join(folder, name + KEEP), { force: true });
  writeWhole(file, text);
  return { name, file, keep, declaration, problem: undefined };
}

/** Has a declaration applied at boot no more. What stands, stays. Throws InputError when none of this name is enabled. */
export function disable(name: string, options: SystemOptions = {}): void {
  checkName(name);
  const folder = enabledFolder(options);
  if (!filesIn(folder).includes(name + SUFFIX)) {
    const others = enabledIn(options).map((each) => each.name);
    throw new InputError(`${name} is not enabled${others.length === 0 ? "" : `; ${others.join(", ")} are`}`, "name");
  }
  rmSync(join(folder, name + SUFFIX));
  rmSync(join(folder, name + KEEP), { force: true });
  syncFolder(folder);
}
