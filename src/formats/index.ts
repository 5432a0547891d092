export type { Imported, Uncarried } from "./draft/draft.js";
export type { SourceFile } from "./draft/entry.js";
export { type Format, formatOf, importFiles, type ImportOptions } from "./import.js";
export type { FindFiles } from "./readers/interfaces.js";
export { type LibvirtNetwork, readLibvirtNetwork } from "./libvirt-network/read.js";
export { writeLibvirtNetwork } from "./libvirt-network/write.js";
export { writeImported } from "./write.js";
export { writeLibvirt } from "./writers/libvirt.js";
