import { anyMessageType, type MessageTypes } from "../netlink/message.js";
import { RTM_DELVLAN, RTM_GETVLAN, RTM_NEWVLAN } from "./bridge-vlan.js";
import { linkMessages } from "./link-messages.js";
import { mdbReports, RTM_DELMDB, RTM_GETMDB, RTM_NEWMDB } from "./mdb.js";
import { RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH } from "./neighbour.js";
import {
  RTM_DELNEXTHOP,
  RTM_DELNEXTHOPBUCKET,
  RTM_GETNEXTHOP,
  RTM_GETNEXTHOPBUCKET,
  RTM_NEWNEXTHOP,
  RTM_NEWNEXTHOPBUCKET,
} from "./nexthop.js";
import { RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from "./route.js";
import { RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE } from "./rule.js";
import {
  RTM_DELACTION,
  RTM_DELQDISC,
  RTM_DELTCLASS,
  RTM_DELTFILTER,
  RTM_GETACTION,
  RTM_GETQDISC,
  RTM_GETTCLASS,
  RTM_GETTFILTER,
  RTM_NEWACTION,
  RTM_NEWQDISC,
  RTM_NEWTCLASS,
  RTM_NEWTFILTER,
} from "./traffic-control.js";

/** The messages of NETLINK_ROUTE (linux/rtnetlink.h) by their names. */
export const messages = {
  ...linkMessages,
  RTM_NEWROUTE,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWRULE,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWNEXTHOP,
  RTM_DELNEXTHOP,
  RTM_GETNEXTHOP,
  RTM_NEWNEXTHOPBUCKET,
  RTM_DELNEXTHOPBUCKET,
  RTM_GETNEXTHOPBUCKET,
  RTM_NEWNEIGH,
  RTM_DELNEIGH,
  RTM_GETNEIGH,
  RTM_NEWMDB,
  RTM_DELMDB,
  RTM_GETMDB,
  RTM_NEWVLAN,
  RTM_DELVLAN,
  RTM_GETVLAN,
  RTM_NEWQDISC,
  RTM_DELQDISC,
  RTM_GETQDISC,
  RTM_NEWTCLASS,
  RTM_DELTCLASS,
  RTM_GETTCLASS,
  RTM_NEWTFILTER,
  RTM_DELTFILTER,
  RTM_GETTFILTER,
  RTM_NEWACTION,
  RTM_DELACTION,
  RTM_GETACTION,
};

/** The same messages by their numbers, as the kernel sends them. */
export const messageTypes: MessageTypes = new Map(
  [...Object.values(messages), ...mdbReports].map((type) => [type.type, anyMessageType(type)]),
);
