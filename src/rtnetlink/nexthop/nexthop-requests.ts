import { reported } from "../protocol/reported.js";
import type { Connection, Reply } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkEach } from "../../base/input.js";
import { type Message, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { type Encapsulation, encapsulationIn } from "../route/encapsulation/encapsulation.js";
import { encapsulatedBy, type EncapsulationSettings } from "../route/encapsulation/encapsulation-links.js";
import { AF_UNSPEC } from "../protocol/families.js";
import { indexIfGiven, type LinkReference } from "../link/link-requests.js";
import { type Family, familyNumber, familyOf, familyOfAddress } from "../protocol/network.js";
import {
  type MemberValues,
  type nexthopAttributes,
  type NexthopHeader,
  type NexthopValues,
  RTM_DELNEXTHOP,
  RTM_GETNEXTHOP,
  RTM_GETNEXTHOPBUCKET,
  RTM_NEWNEXTHOP,
} from "./nexthop.js";

/** A next hop of a group. */
export interface NexthopMember {
  id: number;
  /** Its share of the packets, 1 to 256, from Linux 6.12 on to 65536; 1 unless given. */
  weight?: number | undefined;
}

/** How a resilient group behaves. Durations are milliseconds. */
export type ResilientGroup = NonNullable<NexthopValues["resGroup"]>;

/** A next hop that routes refer to by its id: a gateway, a link, or both; or that drops; or a group of others. */
export interface NexthopSettings {
  /** Of a next hop without a gateway; IPv4 unless given. */
  family?: Family | undefined;
  gateway?: string | undefined;
  link?: LinkReference | undefined;
  /** The gateway is taken to be on the link, whatever addresses that has. */
  onlink?: boolean | undefined;
  /** Packets are dropped. */
  blackhole?: boolean | undefined;
  /** The members of a group, in place of all else. */
  group?: readonly NexthopMember[] | undefined;
  /** "res" for a resilient group. */
  groupType?: NexthopValues["groupType"] | undefined;
  resGroup?: ResilientGroup | undefined;
  /** It is for entries of a VXLAN's FDB. */
  fdb?: boolean | undefined;
  encapsulation?: EncapsulationSettings | undefined;
  /** Who makes it; "static" unless given. */
  protocol?: NexthopHeader["protocol"] | undefined;
  /** Hardware counts a group's packets; newer than Linux 6.1. */
  hwStatsEnable?: boolean | undefined;
}

/** A next hop, as the kernel has it. */
export interface Nexthop extends NexthopSettings {
  id: number;
  /** The link's index. */
  link?: number;
  encapsulation?: Encapsulation;
  scope: NexthopHeader["scope"];
  protocol: NexthopHeader["protocol"];
  flags: NexthopHeader["flags"];
  group?: readonly Required<NexthopMember>[];
  /** What went through a group's members, when it was asked for. */
  groupStats?: NexthopValues["groupStats"];
}

/** A bucket of a resilient group. Durations are milliseconds. */
export interface NexthopBucket {
  /** The group's id. */
  id: number;
  /** Its place in the group. */
  index: number;
  /** The id of the next hop that it is given to. */
  nhId: number;
  idleTime: number;
}

/** Which next hops to list; the kernel leaves the others out. */
export interface NexthopFilter {
  readonly family?: Family | undefined;
  /** By this link. */
  readonly link?: LinkReference | undefined;
  /** By ports of this link. */
  readonly master?: LinkReference | undefined;
  /** Groups only. */
  readonly groups?: boolean | undefined;
  /** Those for FDB entries only. */
  readonly fdb?: boolean | undefined;
  /** Count what went through groups' members; newer than Linux 6.1. */
  readonly statistics?: boolean | undefined;
}

type NexthopReply = Reply<NexthopHeader, (typeof nexthopAttributes)["entries"]>;
const MOST_WEIGHT = 65536;

function memberValues({ id, weight = 1 }: NexthopMember): MemberValues {
  if (!Number.isInteger(weight) || weight < 1 || weight > MOST_WEIGHT)
    throw new InputError(`${String(weight)} is not a weight from 1 to ${MOST_WEIGHT}`, "group");
  return { id, weight: (weight - 1) & 0xff, weightHigh: (weight - 1) >> 8 };
}

/** Kernels that do not say so leave the high byte of a weight to chance. */
function memberOf({ id = 0, weight = 0, weightHigh = 0 }: MemberValues, high: boolean): Required<NexthopMember> {
  return { id, weight: (high ? weightHigh << 8 : 0) + weight + 1 };
}

/** The next hop that a message reports. */
export function nexthopOf({ header, attributes }: Message<NexthopHeader, NexthopValues>): Nexthop {
  const {
    id = 0,
    oif,
    gateway,
    blackhole,
    group,
    groupType,
    resGroup,
    fdb,
    opFlags,
    groupStats,
    hwStatsEnable,
  } = attributes;
  const high = opFlags?.includes("respGrpResvd0") ?? false;
  return reported<Nexthop>({
    id,
    family: familyOf(header.family),
    gateway,
    link: oif,
    blackhole,
    group: group?.map((member) => memberOf(member, high)),
    groupType,
    resGroup,
    fdb,
    encapsulation: encapsulationIn(attributes),
    scope: header.scope,
    protocol: header.protocol,
    flags: header.flags,
    groupStats,
    hwStatsEnable,
  });
}

function describe(id: number | undefined): string {
  return id === undefined ? "next hop" : `next hop ${id}`;
}

function told([reply]: readonly NexthopReply[], subject: string, syscall: string): Nexthop {
  if (reply !== undefined) return nexthopOf(reply);
  const kernelMessage = "it was done without a reply";
  throw new NetlinkError({ errno: errnoNumber("EBADMSG"), syscall, subject, kernelMessage });
}

/** Throws InputError for what no next hop can be. */
export function checkNexthop({
  family,
  gateway,
  link,
  onlink,
  blackhole,
  group,
  groupType,
  resGroup,
  fdb,
}: NexthopSettings): void {
  const single = Object.entries({ gateway, link, blackhole }).find(
    ([, value]) => value !== undefined && value !== false,
  );
  if (group !== undefined && single !== undefined) throw new InputError("it excludes group", single[0]);
  if (blackhole === true && (gateway ?? link) !== undefined)
    throw new InputError("it excludes a gateway and a link", "blackhole");
  if (group !== undefined) checkEach(group, ["id", "weight"], "group");
  if (group?.length === 0) throw new InputError("a group has one member at least", "group");
  if (group === undefined && (groupType ?? resGroup) !== undefined)
    throw new InputError("the members are missing", "group");
  if (resGroup !== undefined && groupType !== "res")
    throw new InputError('only a group of type "res" has it', "resGroup");
  if (gateway !== undefined && family !== undefined && familyOfAddress(gateway) !== family)
    throw new InputError(`${gateway} is of another family`, "gateway");
  if (group === undefined && fdb !== true && gateway !== undefined && link === undefined)
    throw new InputError("a next hop with a gateway needs its link", "link");
  if (group === undefined && blackhole !== true && (gateway ?? link) === undefined)
    throw new InputError("a next hop needs a link, or is a blackhole, or a group");
  if (onlink === true && gateway === undefined)
    throw new InputError("there is no gateway that could be on a link", "onlink");
}

async function make(
  connection: Connection,
  id: number | undefined,
  settings: NexthopSettings,
  flags: number,
): Promise<Nexthop> {
  checkNexthop(settings);
  const { gateway, link, group, groupType, resGroup, hwStatsEnable, protocol = "static" } = settings;
  const family = settings.family ?? (gateway === undefined ? "inet" : familyOfAddress(gateway));
  const oif = await indexIfGiven(connection, link);
  const header = {
    family: group === undefined ? familyNumber(family) : AF_UNSPEC,
    protocol,
    flags: settings.onlink === true ? (["onlink"] as const) : [],
  };
  const attributes: NexthopValues = {
    id,
    group: group?.map(memberValues),
    groupType,
    blackhole: settings.blackhole === true ? true : undefined,
    oif,
    gateway,
    fdb: settings.fdb === true ? true : undefined,
    resGroup,
    hwStatsEnable,
    ...(await encapsulatedBy(connection, settings.encapsulation)),
  };
  const subject = describe(id);
  const content = { flags: NLM_F_CREATE | NLM_F_ECHO | flags, header, attributes };
  return told(await connection.request(RTM_NEWNEXTHOP, content, { subject }), subject, "RTM_NEWNEXTHOP");
}

/** Adds a next hop and gives it as the kernel has it, with its id; EEXIST when the id is taken. */
export function addNexthop(
  connection: Connection,
  { id, ...settings }: NexthopSettings & { id?: number | undefined },
): Promise<Nexthop> {
  return make(connection, id, settings, NLM_F_EXCL);
}

/** Puts a next hop in the place of the one with this id, or adds it. Routes by it follow. */
export function replaceNexthop(connection: Connection, id: number, settings: NexthopSettings): Promise<Nexthop> {
  return make(connection, id, settings, NLM_F_REPLACE);
}

/** One next hop; ENOENT when there is none. */
export async function getNexthop(connection: Connection, id: number): Promise<Nexthop> {
  const subject = describe(id);
  return told(await connection.request(RTM_GETNEXTHOP, { attributes: { id } }, { subject }), subject, "RTM_GETNEXTHOP");
}

/** Removes a next hop. The kernel removes the routes by it, and takes it out of groups. */
export async function removeNexthop(connection: Connection, id: number): Promise<void> {
  await connection.request(RTM_DELNEXTHOP, { attributes: { id } }, { subject: describe(id) });
}

const nexthopKey = ({ attributes: { id } }: { readonly attributes: NexthopValues }): string => String(id);

/** Lists next hops. */
export async function listNexthops(connection: Connection, filter: NexthopFilter): Promise<Nexthop[]> {
  const [oif, master] = await Promise.all([
    indexIfGiven(connection, filter.link),
    indexIfGiven(connection, filter.master),
  ]);
  const header = { family: filter.family === undefined ? AF_UNSPEC : familyNumber(filter.family) };
  const attributes: NexthopValues = {
    oif,
    master,
    groups: filter.groups === true ? true : undefined,
    fdb: filter.fdb === true ? true : undefined,
    opFlags: filter.statistics === true ? ["dumpStats", "dumpHwStats"] : undefined,
  };
  return (await connection.dump(RTM_GETNEXTHOP, { header, attributes }, { identity: nexthopKey })).map(nexthopOf);
}

const bucketKey = ({ attributes: { id, resBucket } }: { readonly attributes: NexthopValues }): string =>
  `${id} ${resBucket?.index}`;

/** Lists the buckets of resilient groups, of one or of all; those that are given to one next hop only, where `nhId` is given. */
export async function listNexthopBuckets(
  connection: Connection,
  { id, nhId }: { readonly id?: number | undefined; readonly nhId?: number | undefined },
): Promise<NexthopBucket[]> {
  const attributes: NexthopValues = { id, resBucket: nhId === undefined ? undefined : { nhId } };
  const replies = await connection.dump(RTM_GETNEXTHOPBUCKET, { attributes }, { identity: bucketKey });
  return replies.map(({ attributes: { id: group = 0, resBucket = {} } }) => {
    const { index = 0, nhId: member = 0, idleTime = 0 } = resBucket;
    return { id: group, index, nhId: member, idleTime };
  });
}
