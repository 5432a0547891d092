import { type MessageContent, type MessageType, NLM_F_DUMP } from "../netlink/message.js";
import type { Entries } from "../netlink/codecs/attributes.js";
import type { LinkHeader, LinkValues } from "./link/link.js";

/** Requests that ask for one thing begin so, unless they ask for all. */
const QUESTION = "RTM_GET";

/** Changes that the kernel makes without waiting. Removing links, qdiscs and next hops waits for a grace period of RCU. */
const CHANGES = new Set([
  "RTM_NEWADDR",
  "RTM_DELADDR",
  "RTM_NEWROUTE",
  "RTM_DELROUTE",
  "RTM_NEWRULE",
  "RTM_DELRULE",
  "RTM_NEWNEIGH",
  "RTM_DELNEIGH",
  "RTM_NEWMDB",
  "RTM_DELMDB",
  "RTM_NEWVLAN",
  "RTM_DELVLAN",
  "RTM_SETLINK",
  "RTM_NEWLINKPROP",
  "RTM_DELLINKPROP",
]);

/** Going down, leaving a master, moving to another namespace and getting another name wait for a grace period. */
function changesAtOnce({ flags, change, index }: Partial<LinkHeader>, values: LinkValues): boolean {
  const down = change?.includes("up") === true && flags?.includes("up") !== true;
  const moved = values.netNsFd !== undefined || values.netNsPid !== undefined || values.master === 0;
  const renamed = index !== undefined && index !== 0 && values.name !== undefined;
  return !down && !moved && !renamed;
}

/** What is listed of a single link, by its index in the header (Linux 5.0). */
const OF_ONE_LINK = "RTM_GETADDR";

/** Virtual functions may be many, and their network card slow. */
function asksForFunctions({ extMask }: LinkValues): boolean {
  return extMask?.includes("vf") === true;
}

/** Whether the kernel answers a request at once, in some hundred microseconds at most unless others keep it. */
export function isBrief<H, E extends Entries>(
  { name }: MessageType<H, E>,
  { flags = 0, header = {}, attributes = {} }: MessageContent<H, E>,
  flag: number,
): boolean {
  if (((flags | flag) & NLM_F_DUMP) !== 0 && name.startsWith(QUESTION))
    return name === OF_ONE_LINK && (header as { index?: number }).index !== undefined;
  if (name.startsWith(QUESTION)) return !asksForFunctions(attributes);
  if (name === "RTM_NEWLINK") return changesAtOnce(header, attributes);
  return CHANGES.has(name);
}
