import { InputError, quoted } from "../../base/errors.js";
import { checkKnown } from "../../base/input.js";
import { suggestion } from "../../base/nearest.js";
import { type LinkKinds, linkKinds, type portKinds } from "./kinds/index.js";

/** The kinds of link whose options are known. */
export type LinkKind = keyof LinkKinds;

/** The kinds of link that have ports whose options are known. */
export type PortKind = keyof typeof portKinds;

/** A kind that is not known here, such as one of a newer kernel, by the kernel's word for it: `{ other: "wireguard" }`. */
export interface OtherKind {
  readonly other: string;
}

/** Whether a kind's options are known. */
export function isLinkKind(kind: unknown): kind is LinkKind {
  return typeof kind === "string" && Object.hasOwn(linkKinds, kind);
}

/** Throws InputError, with the nearest word, unless a kind's options are known. */
export function checkLinkKind(kind: unknown): asserts kind is LinkKind {
  if (isLinkKind(kind)) return;
  const nearest = typeof kind === "string" ? suggestion(kind, Object.keys(linkKinds)) : "";
  throw new InputError(`${quoted(kind)} is no kind of link whose options are known${nearest}`, "kind");
}

/** The kernel's word for a kind. Throws InputError for a word that is not known here, which may be misspelt, unless it is said to be another's. */
export function kernelKind(kind: LinkKind | OtherKind): string {
  if (typeof kind === "object" && kind !== null) {
    checkKnown(kind, ["other"], "a kind");
    if (typeof kind.other !== "string" || kind.other === "")
      throw new InputError(`${quoted(kind.other)} is no word for a kind`, "kind.other");
    return kind.other;
  }
  if (isLinkKind(kind)) return kind;
  const otherwise = `; one that only the kernel knows is given as { other: ${quoted(kind)} }`;
  const nearest = typeof kind === "string" ? suggestion(kind, Object.keys(linkKinds), otherwise) : "";
  throw new InputError(`${quoted(kind)} is no kind of link that is known here${nearest}`, "kind");
}
