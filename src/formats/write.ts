import { writeDeclaration } from "../topology/declaration/file.js";
import type { Imported, Uncarried } from "./draft/draft.js";

function comment({ file, line, text, why }: Uncarried): string {
  return `# ${`${file}:${line}: ${text}: ${why}`.replace(/\p{Cc}/gu, " ")}\n`;
}

/** What was imported as a declaration's file, with a comment for each line that it does not carry. */
export function writeImported({ declaration, uncarried }: Imported): string {
  const comments = uncarried.map(comment).join("");
  return `${comments === "" ? "" : `# Not carried:\n${comments}\n`}${writeDeclaration(declaration)}`;
}
