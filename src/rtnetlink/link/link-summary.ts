import { attributes } from "../../netlink/attributes.js";
import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { anyMessageType, type Message, type MessageContent, type MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/nests.js";
import { type Condition, type Outcome, question, type Step } from "../../netlink/sequence.js";
import { template } from "../../netlink/template.js";
import { ifinfomsg } from "./link-attributes.js";
import { linkAttributes, type LinkHeader, linkInfo, type LinkValues, RTM_GETLINK } from "./link.js";
import { dumpLinks } from "./link-dump.js";
import { describeLink, identify, indexIn, type LinkReference, only } from "./link-requests.js";

/** The little of a link that most decisions need: a tenth of the work of decoding it all. */
export interface Glance {
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

function glanceOf({ header, attributes: values }: Message<LinkHeader, LinkValues>): Glance {
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

function glanceContent(link: LinkReference): MessageContent<LinkHeader, (typeof linkAttributes)["entries"]> {
  const { header, attributes: identity } = identify(link);
  return { header, attributes: { ...identity, extMask: ["skipStats"] } };
}

/** A glance at a link, by one RTM_GETLINK. */
export async function glanceAt(connection: Connection, link: LinkReference): Promise<Glance> {
  const content = glanceContent(link);
  const subject = describeLink(link);
  return glanceOf(only(await connection.request(RTM_GETLINK, content, { subject, reply }), subject));
}

const glanceTemplate = template(RTM_GETLINK, 0, 1, (index) => glanceContent(index));

/** The same, as a step of a trip. */
export function glanceStep(link: LinkReference, when: readonly Condition[] = []): Step {
  const about = { subject: describeLink(link), reply };
  if (typeof link === "string") return { ...question(RTM_GETLINK, glanceContent(link), about), when };
  const written = glanceTemplate(indexIn(link));
  return { messageType: GETLINK, content: written.like, about, asks: true, when, written };
}

/** What such a step came back with. */
export function glanceIn(outcome: Outcome, link: LinkReference): Glance {
  if (outcome.error !== undefined) throw outcome.error;
  return glanceOf(only(outcome.replies(), describeLink(link)) as Message<LinkHeader, LinkValues>);
}

/** How many links are looked at in a trip: few enough that the event loop has its turn every millisecond or so. */
const SLICE = 100;

/** A glance at each of some links; undefined for one that is not there. */
export async function glanceAtEach(
  connection: Connection,
  links: readonly LinkReference[],
): Promise<(Glance | undefined)[]> {
  const found: (Glance | undefined)[] = [];
  for (let start = 0; start < links.length; start += SLICE) {
    const slice = links.slice(start, start + SLICE);
    const outcomes = await connection.trip(slice.map((link) => glanceStep(link)));
    for (const [place, outcome] of outcomes.entries()) {
      const { error } = outcome;
      const isMissing = error instanceof NetlinkError && error.code === "ENODEV";
      found.push(isMissing ? undefined : glanceIn(outcome, slice[place]!));
    }
  }
  return found;
}

/** A glance at every link. */
export async function glanceAtAll(connection: Connection): Promise<Glance[]> {
  const replies = await dumpLinks(connection, { extMask: ["skipStats"] }, { reply });
  return replies.map(glanceOf);
}
