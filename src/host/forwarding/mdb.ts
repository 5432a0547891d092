import type { Cancellation } from "../../base/signal.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { asReported } from "../../netlink/codecs/codec.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import type { Connection } from "../../netlink/connection.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { getLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { multicastGroup } from "../../rtnetlink/bridge/mdb.js";
import {
  changeMulticast,
  dumpMulticast,
  type MulticastChange,
  type MulticastEntry,
  type MulticastRouter,
  type MulticastWords,
} from "../../rtnetlink/bridge/mdb-requests.js";
import { checked, type Known, link, object, optional, text } from "../work/arguments.js";
import { explained } from "../hints/late-hints.js";
import { checkVlan } from "../ports/vlan-number.js";
import { checkSourceVni } from "./source-vni.js";

/** What can be said of an entry of a multicast table. */
export interface MulticastSettings extends Omit<MulticastWords, "via"> {
  /** The link that leads to a tunnel's far end. */
  readonly via?: LinkReference | undefined;
}

/** Which entry of those that a port has for one group. */
export type MulticastKey = Pick<MulticastSettings, "vlan" | "source" | "dst" | "dstPort" | "vni" | "srcVni" | "via">;

/** Which entries, or routers' ports, to list. */
export interface MulticastFilter {
  /** Of this bridge. */
  readonly bridge?: LinkReference | undefined;
  /** On this port. */
  readonly port?: LinkReference | undefined;
  readonly vlan?: number | undefined;
}

/**
 * The multicast tables of bridges: which ports get a group's frames, while `mcastSnooping` is on. An entry is on a port, or
 * on the bridge itself where the host is the member.
 */
export interface MulticastTables {
  /** The entries, all or those that a filter lets through. */
  list(filter?: MulticastFilter & { readonly group?: string | undefined } & Cancellation): Promise<MulticastEntry[]>;
  /** The ports with multicast routers behind them. */
  routers(filter?: MulticastFilter): Promise<MulticastRouter[]>;
  /**
   * Makes a port a member of a group; EEXIST when it is one. Without `state` it stays one ("permanent"); on the bridge
   * itself the kernel has temporary members only. `srcList`, `groupMode` and `rtprot` need Linux 6.3.
   */
  add(port: LinkReference, group: string, settings?: MulticastSettings): Promise<void>;
  /** Makes a port a member, or changes what is said of it (Linux 6.3). */
  replace(port: LinkReference, group: string, settings?: MulticastSettings): Promise<void>;
  /** Ends a membership. */
  remove(port: LinkReference, group: string, key?: MulticastKey): Promise<void>;
}

interface MdbPort {
  readonly name: string;
  readonly index: number;
  readonly master: number;
  /** The link has a table itself: a bridge, where the host is the member, or a VXLAN. */
  readonly own: "bridge" | "vxlan" | undefined;
}

async function mdbPortOf(connection: Connection, port: LinkReference, { dst }: MulticastWords): Promise<MdbPort> {
  const { index, name, kind, master, slaveKind } = await getLinkSummary(connection, port);
  const own = kind === "bridge" || (kind === "vxlan" && dst !== undefined) ? kind : undefined;
  const bridge = slaveKind === "bridge" ? master : undefined;
  return { index, name, master: own === undefined ? (bridge ?? index) : index, own };
}

/** What the kernel says of an attribute that it does not know. */
const UNKNOWN = "Unknown attribute type";

function hintFor(
  { code, syscall, kernelMessage, attribute }: NetlinkError,
  place: MdbPort,
  words: MulticastWords,
): string | undefined {
  if (place.own === undefined && place.master === place.index) return `${place.name} is no port of a bridge`;
  if (code === "EEXIST") return `${place.name} is a member already`;
  if (kernelMessage?.includes("multicast processing is disabled") === true) return "set the bridge's mcastSnooping";
  if (kernelMessage?.includes("not running") === true) return "bring the bridge up";
  if (attribute?.startsWith("attrs.") === true && (kernelMessage ?? UNKNOWN) === UNKNOWN)
    return "it is newer than this kernel";
  if (code === "EINVAL" && kernelMessage === undefined)
    return syscall === "RTM_DELMDB" ? "the table has no such entry" : `VLAN ${words.vlan} is none of ${place.name}'s`;
  return undefined;
}

async function change(
  connection: Connection,
  what: MulticastChange,
  port: LinkReference,
  group: string,
  { via, ...settings }: MulticastSettings,
): Promise<void> {
  checkGroup(group);
  checkVlan(settings.vlan);
  const words = { ...settings, via: via === undefined ? undefined : await indexOf(connection, via) };
  const place = await mdbPortOf(connection, port, words);
  if (place.own === "vxlan") await checkSourceVni(connection, place, words.srcVni);
  if (place.own === "vxlan" && what === "remove") await checkFarEnd(connection, place, group, words);
  const state = settings.state ?? (place.own === "bridge" ? "temporary" : "permanent");
  try {
    await changeMulticast(connection, what, place, group, { ...words, state });
  } catch (error) {
    const hint = error instanceof NetlinkError ? hintFor(error, place, words) : undefined;
    throw hint === undefined ? error : (error as NetlinkError).with({ hint });
  }
}

/**
 * Throws ENOENT unless a tunnel has the far end as it is said: of one, the kernel looks at the address alone
 * (drivers/net/vxlan/vxlan_mdb.c).
 */
async function checkFarEnd(
  connection: Connection,
  { index, name }: MdbPort,
  group: string,
  { dst, source, srcVni, dstPort, vni, via }: MulticastWords,
): Promise<void> {
  if ((dstPort ?? vni ?? via) === undefined) return;
  const [{ linkInfo }, { entries }] = await Promise.all([getLink(connection, index), dumpMulticast(connection)]);
  const [far, from] = [dst, source].map((each) => each && asReported(internetAddress, each));
  const wanted = asReported(multicastGroup, group);
  // Where an entry's are the tunnel's own, they are not reported.
  const own = (linkInfo?.data ?? {}) as { id?: number; port?: number };
  const isMeant = (each: MulticastEntry): boolean =>
    each.index === index &&
    each.group === wanted &&
    each.dst === far &&
    each.source === from &&
    (srcVni === undefined || each.srcVni === srcVni) &&
    (dstPort === undefined || (each.dstPort ?? own.port) === dstPort) &&
    (vni === undefined || (each.vni ?? own.id) === vni) &&
    (via === undefined || each.via === via);
  if (entries.some(isMeant)) return;
  const refusal = { errno: errnoNumber("ENOENT"), syscall: "RTM_DELMDB", subject: group };
  throw new NetlinkError({ ...refusal, kernelMessage: `${name} has no such far end` });
}

function checkGroup(group: string): void {
  try {
    multicastGroup.parse(String(group));
  } catch (error) {
    throw error instanceof InputError
      ? new InputError(`${JSON.stringify(group)} is no group: neither an IP address nor a MAC`, "group")
      : error;
  }
}

/** Whether something of a table is among what a filter lets through. */
type Test = (found: { readonly master: number; readonly index: number; readonly vlan?: number | undefined }) => boolean;

async function testOf(connection: Connection, { bridge, port, vlan }: MulticastFilter): Promise<Test> {
  checkVlan(vlan);
  const master = bridge === undefined ? undefined : await indexOf(connection, bridge);
  const index = port === undefined ? undefined : await indexOf(connection, port);
  return (found) =>
    (master === undefined || found.master === master) &&
    (index === undefined || found.index === index) &&
    (vlan === undefined || found.vlan === vlan);
}

const FILTER: Known<MulticastFilter> = {
  bridge: true,
  port: true,
  vlan: true,
};
const KEY: Known<MulticastKey> = {
  vlan: true,
  source: true,
  dst: true,
  dstPort: true,
  vni: true,
  srcVni: true,
  via: true,
};
const SETTINGS: Known<MulticastSettings> = {
  vlan: true,
  state: true,
  source: true,
  srcList: true,
  groupMode: true,
  rtprot: true,
  dst: true,
  dstPort: true,
  vni: true,
  srcVni: true,
  via: true,
};

/** The multicast tables that a connection reaches. */
export function multicastTablesOf(connection: Connection): MulticastTables {
  async function list({ group, ...filter }: Parameters<MulticastTables["list"]>[0] = {}): Promise<MulticastEntry[]> {
    if (group !== undefined) checkGroup(group);
    const wanted = group === undefined ? undefined : asReported(multicastGroup, group);
    const passes = await testOf(connection, filter);
    const { entries } = await dumpMulticast(connection);
    return entries.filter((entry) => passes(entry) && (wanted === undefined || entry.group === wanted));
  }
  async function routers(filter: MulticastFilter = {}): Promise<MulticastRouter[]> {
    const passes = await testOf(connection, filter);
    return (await dumpMulticast(connection)).routers.filter(passes);
  }
  return checked<MulticastTables>(
    {
      list: (filter) => explained(list(filter)),
      routers: (filter) => explained(routers(filter)),
      add: (port, group, settings = {}) => explained(change(connection, "add", port, group, settings)),
      replace: (port, group, settings = {}) => explained(change(connection, "replace", port, group, settings)),
      remove: (port, group, key = {}) => explained(change(connection, "remove", port, group, key)),
    },
    {
      list: [optional(object("filter", { ...FILTER, group: true }))],
      routers: [optional(object("filter", FILTER))],
      add: [link("port"), text("group"), optional(object("settings", SETTINGS))],
      replace: [link("port"), text("group"), optional(object("settings", SETTINGS))],
      remove: [link("port"), text("group"), optional(object("key", KEY))],
    },
  );
}
