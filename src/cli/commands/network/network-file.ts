import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runEditor } from "../../../base/editor.js";
import { InputError } from "../../../base/errors.js";
import type { Uncarried } from "../../../formats/draft/draft.js";
import { type LibvirtNetwork, readLibvirtNetwork } from "../../../formats/libvirt-network/read.js";
import type { NetworkDefinition } from "../../../networks/definition.js";
import { readNetwork, writeNetwork } from "../../../networks/definition-file.js";
import type { Networks, Redefined } from "../../../networks/networks.js";
import { editorOf, isEditedAgain } from "../../editing.js";
import type { Io } from "../../io.js";
import { textOfFile } from "../../parsing/file-argument.js";

/** What a network's file says, of whatever format; "-" is the standard input. Throws InputError. */
export function definitionIn(file: string): LibvirtNetwork {
  const [text, name] = textOfFile(file);
  return /^\s*</.test(text)
    ? readLibvirtNetwork({ name, text })
    : { definition: readNetwork(text, name), uncarried: [] };
}

/** What of a file is kept and not acted on, a line each. */
export function uncarriedText(uncarried: readonly Uncarried[]): string {
  return uncarried
    .map(({ file, line, text, why }) => `${file}:${line}: kept, not acted on: ${text}: ${why}\n`)
    .join("");
}

/**
 * Opens a network's definition in an editor and puts what comes out in its place; what is wrong is said, and on a terminal edited again
 * if that is wanted. Rejects with InputError, having changed nothing.
 */
export async function editNetwork(definition: NetworkDefinition, guests: Networks, io: Io): Promise<Redefined> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-network-"));
  const file = join(folder, `${definition.name}.yaml`);
  try {
    writeFileSync(file, writeNetwork(definition), { mode: 0o600 });
    for (;;) {
      runEditor(editorOf(io), file);
      try {
        const { definition: next } = definitionIn(file);
        if (next.name !== definition.name) throw new InputError(`a network keeps its name: ${definition.name}`, "name");
        return await guests.redefine(next);
      } catch (problem) {
        if (!(problem instanceof InputError) || !(await isEditedAgain(io, problem))) throw problem;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What became of an edit, in words. */
export function redefinedText(name: string, { applied, pending }: Redefined): string {
  if (applied.length + pending.length === 0) return `${name}: unchanged\n`;
  const now = applied.length === 0 ? "" : `${name}: changed: ${applied.join(", ")}\n`;
  return pending.length === 0 ? now : `${now}${name}: from its next start on: ${pending.join(", ")}\n`;
}
