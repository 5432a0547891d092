export type { Imported, Uncarried } from "./draft/draft.js";
export type { SourceFile } from "./draft/entry.js";
export { type Format, formatOf, importFiles, type ImportOptions } from "./import.js";
export type { FindFiles } from "./readers/interfaces.js";
export { writeImported } from "./write.js";
export { writeLibvirt } from "./writers/libvirt.js";
