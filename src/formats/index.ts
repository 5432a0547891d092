export type { Imported, Uncarried } from "./draft.js";
export type { SourceFile } from "./entry.js";
export { type Format, formatOf, importFiles, type ImportOptions } from "./import.js";
export type { FindFiles } from "./interfaces.js";
export { writeImported } from "./write.js";
