import type { Connection } from "../../netlink/connection.js";
import { pause } from "../../netlink/dump.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Message } from "../../netlink/message.js";
import type { About } from "../../netlink/pending.js";
import { type LinkHeader, type LinkValues, RTM_GETLINK } from "./link.js";

type LinkMessage = Message<LinkHeader, LinkValues>;

/** Milliseconds between a dump that was interrupted and the next. */
const PAUSE = 5;

/** What a dump's messages say of each link, by index: one that is split over several is put together. */
function whole(replies: readonly LinkMessage[]): Map<number, LinkMessage> {
  const links = new Map<number, LinkMessage>();
  let last: LinkMessage | undefined;
  for (const reply of replies) {
    if (last?.header.index !== reply.header.index) {
      last = reply;
      links.set(reply.header.index, reply);
    } else {
      const unknown = [...(last.attributes.unknown ?? []), ...(reply.attributes.unknown ?? [])];
      Object.assign(last.attributes, reply.attributes, unknown.length > 0 ? { unknown } : {});
    }
  }
  return links;
}

/** A link by its index, as a dump would report it; undefined when it is gone. */
async function readOne(
  connection: Connection,
  index: number,
  extMask: LinkValues["extMask"],
  about: About,
): Promise<LinkMessage | undefined> {
  // A list of virtual functions may be large.
  const ask = extMask?.includes("vf") ? connection.requestAlone : connection.request;
  try {
    const [reply] = await ask(RTM_GETLINK, { header: { index }, attributes: { extMask } }, about);
    return reply;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/**
 * The links that a dump finds. When links came or went meanwhile, a second one follows; when they did so again, those that
 * only one of the two found are asked for one by one, and those that are gone are left out. So a link that stood all the
 * while is there, once, and none is that was gone before. A filter among the attributes must be applied to the answer again.
 *
 * Kernels before 6.10 keep their place in a dump by counting: one may pass over a link when another goes. One that both
 * dumps passed over would be missing; nothing says so.
 */
export async function dumpLinks(connection: Connection, attributes: LinkValues, about: About): Promise<LinkMessage[]> {
  const first = await connection.dumpOnce(RTM_GETLINK, { attributes }, about);
  const before = whole(first.replies);
  if (!first.interrupted) return [...before.values()];
  await pause(PAUSE);
  const second = await connection.dumpOnce(RTM_GETLINK, { attributes }, about);
  const links = whole(second.replies);
  if (!second.interrupted) return [...links.values()];
  const doubtful = [...new Set([...before.keys(), ...links.keys()])].filter(
    (index) => !before.has(index) || !links.has(index),
  );
  const found = await Promise.all(doubtful.map((index) => readOne(connection, index, attributes.extMask, about)));
  for (const [place, index] of doubtful.entries()) {
    const link = found[place];
    if (link === undefined) links.delete(index);
    else links.set(index, link);
  }
  return [...links.values()].sort((a, b) => a.header.index - b.header.index);
}
