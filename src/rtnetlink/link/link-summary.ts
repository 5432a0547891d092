import { attributes } from "../../netlink/codecs/attributes.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { anyMessageType, type Message, type MessageContent, type MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { type Outcome, sequencedQuestion, type SequencedRequest } from "../../netlink/sequence.js";
import { template } from "../../netlink/template.js";
import { ifinfomsg } from "./link-attributes.js";
import { linkAttributes, type LinkHeader, linkInfo, type LinkValues, RTM_GETLINK } from "./link.js";
import { dumpLinks } from "./link-dump.js";
import {
  describeLink,
  hasIndex,
  identify,
  indexIn,
  type LinkReference,
  only,
  type ResolvedLink,
} from "./link-requests.js";

/** The little of a link that most decisions need: a tenth of the work of decoding it all. */
export interface LinkSummary {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number;
  /** Index of its master; undefined when it is no port. */
  readonly master: number | undefined;
  readonly kind: string | undefined;
  /** The kind of its master. */
  readonly slaveKind: string | undefined;
  /** Number of its group. */
  readonly group: number;
  readonly altnames: readonly string[];
}

const SKIP = { others: "skip" } as const;
const kindOnly = attributes(
  "IFLA_INFO",
  () => ({ kind: linkInfo.entries.kind, slaveKind: linkInfo.entries.slaveKind }),
  SKIP,
);
const excerpt = attributes(
  "IFLA",
  () => {
    const { name, mtu, master, group, altnames, linkInfo: info } = linkAttributes.entries;
    return { name, mtu, master, group, altnames, linkInfo: [info[0], nest(kindOnly), info[2]] };
  },
  SKIP,
);

const RTM_NEWLINK_EXCERPT: MessageType<LinkHeader, (typeof excerpt)["entries"]> = {
  name: "RTM_NEWLINK",
  type: 16,
  header: ifinfomsg,
  attributes: excerpt,
};

const reply = anyMessageType(RTM_NEWLINK_EXCERPT);
const GETLINK = anyMessageType(RTM_GETLINK);

function summaryOf({ header, attributes: values }: Message<LinkHeader, LinkValues>): LinkSummary {
  const { name = "", mtu = 0, master, linkInfo: info, group = 0, altnames = [] } = values;
  return {
    index: header.index,
    name,
    up: header.flags.includes("up"),
    mtu,
    master,
    kind: info?.kind,
    slaveKind: info?.slaveKind,
    group,
    altnames,
  };
}

function summaryContent(
  link: LinkReference | ResolvedLink,
): MessageContent<LinkHeader, (typeof linkAttributes)["entries"]> {
  const { header, attributes: identity } = identify(link);
  return { header, attributes: { ...identity, extMask: ["skipStats"] } };
}

/** A summary of a link, by one RTM_GETLINK. */
export async function getLinkSummary(connection: Connection, link: LinkReference): Promise<LinkSummary> {
  const content = summaryContent(link);
  const subject = describeLink(link);
  return summaryOf(only(await connection.request(RTM_GETLINK, content, { subject, reply, asks: true }), subject));
}

const summaryTemplate = template(RTM_GETLINK, 0, 1, (index) => summaryContent(index));

/** The same, as a request of a sequence. */
export function summaryRequest(link: LinkReference | ResolvedLink): SequencedRequest {
  const about = { subject: describeLink(link), reply };
  if (!hasIndex(link)) return sequencedQuestion(RTM_GETLINK, summaryContent(link), about);
  const written = summaryTemplate(indexIn(link));
  return { messageType: GETLINK, content: written.like, about, asks: true, conditions: UNCONDITIONAL, written };
}

const UNCONDITIONAL: readonly never[] = [];

/** What such a request came back with. */
export function summaryIn(outcome: Outcome, link: LinkReference): LinkSummary {
  if (outcome.error !== undefined) throw outcome.error;
  return summaryOf(only(outcome.replies(), describeLink(link)) as Message<LinkHeader, LinkValues>);
}

/** How many links are looked at in a sequence: few enough that the event loop has its turn every millisecond or so. */
const SLICE = 100;

/** A summary of each of some links; undefined for one that is not there. */
export async function getLinkSummaries(
  connection: Connection,
  links: readonly LinkReference[],
): Promise<(LinkSummary | undefined)[]> {
  const found: (LinkSummary | undefined)[] = [];
  for (let start = 0; start < links.length; start += SLICE) {
    const slice = links.slice(start, start + SLICE);
    const outcomes = await connection.sequence(slice.map((link) => summaryRequest(link)));
    for (const [place, outcome] of outcomes.entries()) {
      const { error } = outcome;
      const isMissing = error instanceof NetlinkError && error.code === "ENODEV";
      found.push(isMissing ? undefined : summaryIn(outcome, slice[place]!));
    }
  }
  return found;
}

/** A summary of every link. */
export async function listLinkSummaries(connection: Connection): Promise<LinkSummary[]> {
  const replies = await dumpLinks(connection, { extMask: ["skipStats"] }, { reply });
  return replies.map(summaryOf);
}
