import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { type Message, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import type { Values } from "../../netlink/codecs/attributes.js";
import { AF_BRIDGE } from "../protocol/families.js";
import {
  type mdbAttributes,
  type MdbEntryValues,
  type MdbHeader,
  type MdbRouterValues,
  type mdbSetAttributes,
  RTM_DELMDB,
  RTM_GETMDB,
  RTM_NEWMDB,
} from "./mdb.js";

/** An entry of a multicast table: frames to this group leave by that port. */
export interface MulticastEntry extends Omit<MdbEntryValues, "vid" | "ifindex" | "srcList" | "unknown"> {
  /** The group: an IPv4 or IPv6 address, or a MAC. */
  group: string;
  /** Index of the port, or of the bridge itself where the host is the member. */
  index: number;
  /** Index of the bridge whose table it is in. */
  master: number;
  vlan?: number | undefined;
  /** Index of the link that leads to a tunnel's far end. */
  via?: number | undefined;
  /** The sources that are let through or kept out, each with the milliseconds until it is dropped. */
  srcList?: readonly { address?: string | undefined; timer?: number | undefined }[] | undefined;
}

/** A port with a multicast router behind it. Times are milliseconds. */
export interface MulticastRouter extends Omit<MdbRouterValues, "vid" | "unknown"> {
  /** Index of the port, or of the bridge itself. */
  index: number;
  /** Index of the bridge. */
  master: number;
  vlan?: number | undefined;
}

/** What is said of an entry in a message. */
export interface MulticastWords extends Omit<
  Values<typeof mdbSetAttributes>,
  "srcList" | "ifindex" | "stateMask" | "unknown"
> {
  readonly vlan?: number | undefined;
  readonly state?: "temporary" | "permanent" | undefined;
  /** The sources that are let through or kept out. */
  readonly srcList?: readonly string[] | undefined;
  /** Index of the link that leads to a tunnel's far end. */
  readonly via?: number | undefined;
}

function entryOf(master: number, values: MdbEntryValues): MulticastEntry {
  const { group, index, vid, ifindex, srcList, ...rest } = values;
  const vlan = vid === 0 ? undefined : vid;
  return { group, index, master, vlan, ...rest, via: ifindex, srcList: srcList?.entry };
}

type Reported = Message<MdbHeader, Values<typeof mdbAttributes>>;

/** The entries that a message reports. */
export function multicastEntriesOf({ header, attributes }: Reported): MulticastEntry[] {
  return (attributes.mdb?.entry ?? []).flatMap(({ info = [] }) => info.map((values) => entryOf(header.index, values)));
}

/** The entries and the routers' ports of every bridge: the kernel has no filter for them. */
export async function dumpMulticast(
  connection: Connection,
): Promise<{ entries: MulticastEntry[]; routers: MulticastRouter[] }> {
  const replies = await connection.dump(RTM_GETMDB, { header: { family: AF_BRIDGE } }, { identity: stated });
  const entries: MulticastEntry[] = [];
  const routers: MulticastRouter[] = [];
  for (const reply of replies) {
    entries.push(...multicastEntriesOf(reply));
    for (const { index, vid, ...rest } of reply.attributes.router?.port ?? [])
      routers.push({ index, master: reply.header.index, vlan: vid, ...rest });
  }
  return { entries, routers };
}

const REQUESTS = {
  /** EEXIST when it is there already. */
  add: [RTM_NEWMDB, NLM_F_CREATE | NLM_F_EXCL],
  /** Whether it is there or not. */
  replace: [RTM_NEWMDB, NLM_F_CREATE | NLM_F_REPLACE],
  remove: [RTM_DELMDB, 0],
} as const;

/** What is done with an entry. */
export type MulticastChange = keyof typeof REQUESTS;

/** Adds, replaces or removes an entry of a bridge's table. */
export async function changeMulticast(
  connection: Connection,
  change: MulticastChange,
  place: { readonly master: number; readonly index: number },
  group: string,
  { vlan, state, srcList, via, ...words }: MulticastWords,
): Promise<void> {
  const [message, flags] = REQUESTS[change];
  const sources = srcList === undefined ? undefined : { entry: srcList.map((address) => ({ address })) };
  const attrs = { ...words, srcList: sources, ifindex: via };
  const given = Object.values(attrs).some((value) => value !== undefined);
  await connection.request(
    message,
    {
      flags,
      header: { family: AF_BRIDGE, index: place.master },
      attributes: {
        entry: { index: place.index, state: state ?? "temporary", flags: [], vid: vlan ?? 0, group },
        attrs: given ? attrs : undefined,
      },
    },
    { subject: group },
  );
}
