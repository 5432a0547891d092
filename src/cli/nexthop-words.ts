import { InputError } from "../base/errors.js";
import { flag8, u32 } from "../netlink/numbers.js";
import type { NexthopMember } from "../rtnetlink/nexthop/nexthop-requests.js";
import { nexthopAttributes, nhmsg, resilientBucket, resilientGroup } from "../rtnetlink/nexthop/nexthop.js";
import { encap } from "./encapsulation-words.js";
import { byLink, family, onlink, via } from "./route-words.js";
import { tableWords, wordOf } from "./word.js";

const { id, group, groupType, blackhole, fdb, hwStatsEnable } = nexthopAttributes.entries;

/** "1=30": an id, and a weight. */
function parseMember(word: string): NexthopMember {
  const [, member, weight] = /^(\d+)(?:=(\d+))?$/.exec(word) ?? [];
  if (member === undefined) throw new InputError(`${JSON.stringify(word)} is not an id, or an id=weight`);
  return { id: u32.parse(member), weight: weight === undefined ? undefined : Number(weight) };
}

const members = { words: "ID=WEIGHT,…", parse: (word: string) => word.split(",").map(parseMember) };

/** The words of next hops. */
export const nexthopSections = {
  nexthopId: { title: "Its id", words: [wordOf("id", id[1], id[2])] },
  nexthop: {
    title: "A next hop",
    words: [
      via,
      byLink,
      onlink,
      encap,
      wordOf("blackhole", flag8, blackhole[2]),
      wordOf("group", members, `${group[2]}, with their weights`),
      wordOf("groupType", groupType[1], groupType[2]),
      ...tableWords(resilientGroup).map((word) => ({
        ...word,
        description: `of a resilient group: ${word.description}`,
      })),
      wordOf("fdb", flag8, fdb[2]),
      wordOf("hwStatsEnable", hwStatsEnable[1], hwStatsEnable[2]),
      wordOf("protocol", nhmsg.fields.protocol, "who makes it; static unless given"),
      family,
    ],
  },
  nexthopFilter: {
    title: "Which next hops",
    words: [
      { ...byLink, description: "by this link" },
      wordOf("master", u32, "by ports of this link"),
      wordOf("groups", flag8, "groups only"),
      wordOf("fdb", flag8, "those for FDB entries only"),
      wordOf("statistics", flag8, "count what went through groups' members"),
      family,
    ],
  },
  bucketFilter: {
    title: "Which buckets",
    words: [
      wordOf("id", id[1], "those of this group"),
      wordOf("nhId", resilientBucket.entries.nhId[1], "those that are given to this next hop", "nexthop"),
    ],
  },
};
