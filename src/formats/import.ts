import { InputError } from "../base/errors.js";
import { beginDraft, type Draft, type Imported } from "./draft/draft.js";
import type { SourceFile } from "./draft/entry.js";
import { isIfcfg, readIfcfg } from "./readers/ifcfg.js";
import { type FindFiles, isInterfaces, readInterfaces } from "./readers/interfaces.js";
import { isKeyfile, readKeyfiles } from "./readers/keyfile.js";
import { readLibvirt } from "./readers/libvirt.js";
import { readNetplan } from "./readers/netplan.js";
import { isNetworkd, readNetworkd } from "./readers/networkd/networkd.js";
import { readNmstate } from "./readers/nmstate.js";

/** The formats that can be imported. */
export type Format = "ifcfg" | "interfaces" | "keyfile" | "networkd" | "netplan" | "libvirt" | "nmstate";

/** Which format a file is of, by what it is called and, where that does not tell, by what is in it; undefined for none. */
export function formatOf({ name, text }: SourceFile): Format | undefined {
  if (isNetworkd(name)) return "networkd";
  if (isKeyfile(name)) return "keyfile";
  if (isIfcfg(name)) return "ifcfg";
  if (name.endsWith(".xml")) return "libvirt";
  if (/\.ya?ml$/.test(name)) {
    if (/^\s*["']?network["']?\s*:/m.test(text) && !/^interfaces:/m.test(text)) return "netplan";
    return /^(interfaces|routes|route-rules|dns-resolver)\s*:/m.test(text) ? "nmstate" : undefined;
  }
  return isInterfaces(name) ? "interfaces" : undefined;
}

/** How files are read. */
export interface ImportOptions {
  /** The files that a `source` line of interfaces(5) names by a path or a pattern; without it, those that were given are looked at. */
  readonly findFiles?: FindFiles | undefined;
}

type Read = (draft: Draft, files: readonly SourceFile[], findFiles: FindFiles) => void;

const READERS: Readonly<Record<Format, Read>> = {
  ifcfg: readIfcfg,
  interfaces: readInterfaces,
  keyfile: readKeyfiles,
  networkd: readNetworkd,
  netplan: readNetplan,
  libvirt: readLibvirt,
  nmstate: readNmstate,
};

/** Those of some files whose names a pattern fits. */
function among(files: readonly SourceFile[]): FindFiles {
  return (pattern) => {
    const words = pattern
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return files.filter(({ name }) => new RegExp(`^${words}$`).test(name));
  };
}

/**
 * Reads files of one or more formats as one declaration. Every setting in them is in the declaration, or among what is
 * uncarried, with the reason. Throws InputError for a file of none of the formats, and for one that is no YAML or XML.
 */
export function importFiles(files: readonly SourceFile[], { findFiles }: ImportOptions = {}): Imported {
  const draft = beginDraft();
  const groups = new Map<Format, SourceFile[]>();
  for (const file of files) {
    const format = formatOf(file);
    if (format === undefined) throw new InputError("it is a file of no format that is known here", file.name);
    groups.set(format, [...(groups.get(format) ?? []), file]);
  }
  for (const [format, each] of groups) READERS[format](draft, each, findFiles ?? among(each));
  return draft.finish();
}
