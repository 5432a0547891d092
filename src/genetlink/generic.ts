import { attributes, type AttributeTable, type Entries } from "../netlink/codecs/attributes.js";
import { raw, text } from "../netlink/codecs/codec.js";
import { indexed, nest } from "../netlink/codecs/nests.js";
import { u16, u32, u8 } from "../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../netlink/codecs/struct.js";
import { connect, type Connection } from "../netlink/connection.js";
import { anyMessageType, type MessageType } from "../netlink/message.js";
import type { NetlinkSocket } from "../kernel/netlink-socket.js";

/** NETLINK_GENERIC (linux/netlink.h). */
export const NETLINK_GENERIC = 16;

/** struct genlmsghdr (linux/genetlink.h): what stands before the attributes of every message of NETLINK_GENERIC. */
const genlmsghdr = struct("genlmsghdr", { cmd: u8, version: u8, reserved: u16 });

export type GenericHeader = StructValues<(typeof genlmsghdr)["fields"]>;
export type GenericMessageType<E extends Entries = Entries> = MessageType<GenericHeader, E>;

const name = text(255);

/** What the kernel has of a family (CTRL_ATTR_*, linux/genetlink.h). */
export const familyAttributes = attributes("CTRL_ATTR", () => ({
  familyId: [1, u16, "the number of its messages"],
  familyName: [2, name, "its name"],
  version: [3, u32, "its version"],
  hdrsize: [4, u32, "bytes of its own header"],
  maxattr: [5, u32, "the largest attribute that it knows"],
  ops: [6, raw, "its commands"],
  mcastGroups: [7, indexed(nest(groupAttributes), 1), "its multicast groups"],
  policy: [8, raw, "what it takes"],
  opPolicy: [9, raw, "what each command takes"],
  op: [10, raw, "a command"],
}));

export const groupAttributes = attributes("CTRL_ATTR_MCAST_GRP", () => ({
  name: [1, name, "its name"],
  id: [2, u32, "its number"],
}));

/** GENL_ID_CTRL and CTRL_CMD_GETFAMILY (linux/genetlink.h). */
const CTRL = { name: "CTRL_CMD_GETFAMILY", type: 0x10, header: genlmsghdr, attributes: familyAttributes };
const GETFAMILY = 3;

/** A family of generic netlink as this kernel has it. */
export interface GenericFamily<E extends Entries> {
  /** The number of a multicast group, by its name; undefined where it has none of that. */
  readonly groups: ReadonlyMap<string, number>;
  readonly messageType: GenericMessageType<E>;
  readonly connection: Connection;
}

/**
 * Finds a family by its name, whose messages have all of their attributes in one table. The kernel loads a module for it. Rejects with
 * NetlinkError: ENOENT where there is none.
 */
export async function genericFamily<E extends Entries>(
  socket: NetlinkSocket,
  familyName: string,
  table: AttributeTable<E>,
): Promise<GenericFamily<E>> {
  const types = new Map([[CTRL.type, anyMessageType(CTRL)]]);
  const connection = connect(socket, types);
  const header = { cmd: GETFAMILY, version: 1 };
  const [reply] = await connection.request(CTRL, { header, attributes: { familyName } }, { subject: familyName });
  const { familyId = 0, mcastGroups = [] } = reply?.attributes ?? {};
  const messageType = { name: familyName, type: familyId, header: genlmsghdr, attributes: table };
  types.set(familyId, anyMessageType(messageType));
  const groups = new Map(mcastGroups.map(({ name: group = "", id = 0 }) => [group, id]));
  return { groups, messageType, connection };
}
