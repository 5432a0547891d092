import { attributes } from "../../netlink/codecs/attributes.js";
import { superseded } from "../../netlink/codecs/codec.js";
import { nest } from "../../netlink/codecs/nests.js";
import type { Message } from "../../netlink/message.js";
// Makes messages about bridges' ports readable.
import "../../rtnetlink/bridge/bridge-link.js";
import { dumpLinks } from "../../rtnetlink/link/link-dump.js";
import {
  type Link,
  linkAttributes,
  linkFrom,
  type LinkHeader,
  linkInfo,
  linkOf,
  type LinkValues,
  RTM_DELLINK as removed,
  RTM_NEWLINK as reported,
} from "../../rtnetlink/link/link.js";
import { message, nowhere, one, type SubjectTable } from "../subject.js";

/** Links without their counters, whose reading would take half the time of an event's. */
const quietLink = attributes("IFLA", () => {
  const { stats64, event, ...entries } = linkAttributes.entries;
  const info = { ...linkInfo.entries, xstats: [linkInfo.entries.xstats[0], superseded, "counters"] as const };
  // To its readers it is a link's table: nobody asks an event for what is left out here.
  return {
    ...entries,
    stats64: [stats64[0], superseded, "counters"],
    event: [event[0], superseded, "what a notification is about"],
    linkInfo: [entries.linkInfo[0], nest(attributes("IFLA_INFO", () => info)), "kind", "IFLA_LINKINFO"],
  } as unknown as (typeof linkAttributes)["entries"];
});

export const RTM_NEWLINK = message({ ...reported, attributes: quietLink });
export const RTM_DELLINK = message({ ...removed, attributes: quietLink });

/** A link as a message told it: without what only the message itself is about. */
function quiet(link: Link): Link {
  delete link.newNetnsid;
  delete link.newIfindex;
  const inet6 = link.afSpec?.inet6;
  if (inet6 !== undefined) {
    delete inet6.stats;
    delete inet6.icmp6stats;
  }
  return link;
}

/** A link that a message or a reply reports. */
export function linkIn(message: Message<LinkHeader, LinkValues>): Link {
  return quiet(linkOf(message));
}

export const reading = { into: linkFrom, reply: RTM_NEWLINK };

export const link: SubjectTable<Link> = {
  groups: [1],
  told: RTM_NEWLINK,
  gone: RTM_DELLINK,
  onLink: true,
  into: linkFrom,
  entriesOf: one(linkIn),
  keyOf: ({ index }) => index,
  nameOf: ({ name }) => name,
  linkOf: nowhere,
  list: async (connection) => (await dumpLinks(connection, { extMask: ["skipStats"] }, reading)).map(linkIn),
  silent: [
    "afSpec.inet6.flags", // how far its search for routers is
    "linkInfo.data.helloTimer",
    "linkInfo.data.tcnTimer",
    "linkInfo.data.topologyChangeTimer",
    "linkInfo.data.gcTimer",
    "linkInfo.data.fdbNLearned",
    "linkInfo.data.mcastQuerierState",
    "linkInfo.slaveData.messageAgeTimer",
    "linkInfo.slaveData.forwardDelayTimer",
    "linkInfo.slaveData.holdTimer",
    "linkInfo.slaveData.mcastNGroups",
    "linkInfo.slaveData.mcastEhtHostsCnt",
    "linkInfo.slaveData.topologyChangeAck",
    "linkInfo.slaveData.configPending",
  ],
};
