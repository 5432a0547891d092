import { attributes } from "../netlink/attributes.js";
import { text } from "../netlink/codec.js";
import type { Connection } from "../netlink/connection.js";
import type { Message, MessageType } from "../netlink/message.js";
import { nest, repeated } from "../netlink/nests.js";
import { u32 } from "../netlink/numbers.js";
import { alternativeName, ifinfomsg, linkName } from "./link-attributes.js";
import { type LinkHeader, type LinkValues, RTM_GETLINK } from "./link.js";
import { describeLink, identify, type LinkReference } from "./link-requests.js";

/** The little of a link that most decisions need: a tenth of the work of decoding it all. */
export interface Glance {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number;
  /** Index of its master; undefined when it is no port. */
  readonly master: number | undefined;
  readonly kind: string | undefined;
  /** Number of its group. */
  readonly group: number;
  readonly altnames: readonly string[];
}

const SKIP = { others: "skip" } as const;
const kindOnly = attributes("IFLA_INFO", { kind: [1, text(), "the kind"] }, SKIP);
const excerpt = attributes(
  "IFLA",
  {
    name: [3, linkName, "the name", "IFLA_IFNAME"],
    mtu: [4, u32, "the largest packet"],
    master: [10, u32, "index of the master"],
    linkInfo: [18, nest(kindOnly), "the kind", "IFLA_LINKINFO"],
    group: [27, u32, "number of the group"],
    altnames: [52, repeated(53, alternativeName), "alternative names", "IFLA_PROP_LIST"],
  },
  SKIP,
);
const RTM_NEWLINK_EXCERPT: MessageType<LinkHeader, (typeof excerpt)["entries"]> = {
  name: "RTM_NEWLINK",
  type: 16,
  header: ifinfomsg,
  attributes: excerpt,
};

const reply = RTM_NEWLINK_EXCERPT as unknown as MessageType;

function glanceOf({ header, attributes: values }: Message<LinkHeader, LinkValues>): Glance {
  const { name = "", mtu = 0, master, linkInfo, group = 0, altnames = [] } = values;
  return {
    index: header.index,
    name,
    up: header.flags.includes("up"),
    mtu,
    master,
    kind: linkInfo?.kind,
    group,
    altnames,
  };
}

/** A glance at a link, by one RTM_GETLINK. */
export async function glanceAt(connection: Connection, link: LinkReference): Promise<Glance> {
  const { header, attributes: identity } = identify(link);
  const content = { header, attributes: { ...identity, extMask: ["skipStats"] as const } };
  const [answer] = await connection.request(RTM_GETLINK, content, { subject: describeLink(link), reply });
  return glanceOf(answer!);
}

/** A glance at every link. */
export async function glanceAtAll(connection: Connection): Promise<Glance[]> {
  const replies = await connection.dump(RTM_GETLINK, { attributes: { extMask: ["skipStats"] } }, { reply });
  return replies.map(glanceOf);
}
