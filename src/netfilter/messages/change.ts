import type { Entries, Values } from "../../netlink/codecs/attributes.js";
import type { Siblings } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { anyMessageType, type MessageType } from "../../netlink/message.js";
import type { NetfilterMessageType, TableFamily } from "./nfnetlink.js";
import { commentEntry, commentType, writeUserdata } from "./userdata.js";

/** One change of the ruleset: a message of a batch. */
export interface Change {
  readonly messageType: MessageType;
  readonly flags: number;
  readonly family: TableFamily;
  readonly attributes: Siblings;
  /** What it is about, in an error's words. */
  readonly subject: string;
}

/** Changes in their order; those that belong together may be a list of their own. */
export type Changes = readonly (Change | Changes)[];

/** A table by its family and name. */
export interface TableReference {
  readonly family: TableFamily;
  readonly table: string;
}

/** A chain by its name. */
export interface ChainReference extends TableReference {
  readonly chain: string;
}

/** A set or map by its name. */
export interface SetReference extends TableReference {
  readonly set: string;
}

const FAMILIES: readonly string[] = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];

/** Makes a change. Throws InputError for a family that there is not. */
export function change<E extends Entries>(
  messageType: NetfilterMessageType<E>,
  { family, table }: TableReference,
  subject: string,
  attributes: Values<{ entries: E }>,
  flags = 0,
): Change {
  if (!FAMILIES.includes(family)) throw new InputError(`${quoted(family)} is none of ${FAMILIES.join(", ")}`, "family");
  const about = subject === "" ? `table ${family} ${table}` : `${subject} of table ${family} ${table}`;
  return {
    messageType: anyMessageType(messageType),
    flags,
    family,
    attributes: attributes,
    subject: about,
  };
}

/** The userdata of a comment. */
export function commented(comment: string | undefined): Uint8Array | undefined {
  return comment === undefined ? undefined : writeUserdata(new Map([[commentType.other, commentEntry(comment)]]));
}
