import { builtin } from "./builtin.js";
import { InputError } from "./errors.js";

/**
 * Opens a file in an editor, whose command may have words of its own, as in "code --wait", and comes back when that has ended.
 * Throws InputError when it fails.
 */
export function runEditor(editor: string, file: string): void {
  const { spawnSync } = builtin("node:child_process");
  const { status, error } = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new InputError(`the editor ended with ${String(status)}, and nothing was changed`, editor);
}
