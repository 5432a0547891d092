import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { runEditor } from "../base/editor.js";
import { InputError } from "../base/errors.js";
import { writeWhole } from "../base/whole-file.js";
import { PLAN, planOf, POLICY, readPolicy } from "./policy-files.js";

/** The copy that is edited; while it is there, nobody else edits. */
const DRAFT = `${POLICY}.edit`;

/** What an edit came to. */
export interface Edit {
  /** Whether the policy is another one now. */
  readonly changed: boolean;
  readonly rules: number;
}

function makeDraft(bytes: Buffer): void {
  try {
    closeSync(openSync(DRAFT, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new InputError("somebody edits the policy, or was interrupted: if nobody does, remove this file", DRAFT);
  }
  writeFileSync(DRAFT, bytes);
}

/**
 * Opens a copy of the policy in an editor, checks what comes out, saves it and makes its plan. `again` is asked whether to go on
 * with what is wrong; when it says no, its error is thrown, and nothing was changed.
 */
export async function editPolicy(editor: string, again: (problem: Error) => Promise<boolean>): Promise<Edit> {
  const { bytes: before } = readPolicy();
  makeDraft(before);
  try {
    for (;;) {
      runEditor(editor, DRAFT);
      const bytes = readFileSync(DRAFT);
      let made: ReturnType<typeof planOf>;
      try {
        made = planOf(bytes);
      } catch (error) {
        if (!(error instanceof InputError) || !(await again(error))) throw error;
        continue;
      }
      const changed = !bytes.equals(before);
      if (changed && !readFileSync(POLICY).equals(before))
        throw new InputError("somebody else has changed it meanwhile: nothing was saved", POLICY);
      if (changed) writeWhole(POLICY, bytes);
      writeWhole(PLAN, made.plan);
      return { changed, rules: made.rules };
    }
  } finally {
    rmSync(DRAFT, { force: true });
  }
}
