import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkMac } from "../../netlink/codecs/internet.js";
import { neighbourAttributes } from "../../rtnetlink/neighbour/neighbour.js";
import { checkSwitch } from "../../base/input.js";
import { fdbFlags } from "../../rtnetlink/bridge/fdb.js";
import type { FdbEntry, FdbState, FdbWords } from "../../rtnetlink/bridge/fdb.js";
import {
  choosing,
  type Creation,
  deleteFdbEntry,
  deleteFdbEntries,
  dumpFdb,
  type FdbChoice,
  getFdbEntry,
  putFdbEntry,
  statesOf,
} from "../../rtnetlink/bridge/fdb-requests.js";
import { getLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { checked, type Known, like, link, object, oneOf, optional, text } from "../work/arguments.js";
import { removeEach, removeEntry } from "./fdb-flush.js";
import { explainEntry } from "./fdb-hints.js";
import { checkTunnel, inBridge, type FdbLink, tableFlags, fdbLinkOf, TUNNEL_WORDS, wordsFor } from "./fdb-table.js";
import { explained } from "../hints/late-hints.js";
import { checkSourceVni } from "./source-vni.js";
import { checkVlan } from "../ports/vlan-number.js";

/** What can be said of an entry when it is put into a table. */
export interface FdbSettings extends Omit<FdbWords, "via"> {
  /** The link that leads to a tunnel's far end. */
  readonly via?: LinkReference | undefined;
}

/** Which entry of those that a table has for one MAC: one VLAN's, or a tunnel's for one far end. */
export type FdbKey = Omit<FdbSettings, "state" | "protocol" | "activityNotify" | "dontRefresh">;

/** Which entries to flush. */
export interface FlushFilter extends Omit<FdbChoice, "address" | "via"> {
  /** The states whose entries go; "dynamic" alone unless given. */
  readonly state?: FdbChoice["state"];
  readonly via?: LinkReference | undefined;
}

/** Which entries to list. */
export interface FdbFilter extends Omit<FlushFilter, "state"> {
  readonly address?: string | undefined;
  readonly state?: FdbChoice["state"];
  /** Entries of this bridge, on it and on its ports; the kernel leaves the others out. */
  readonly bridge?: LinkReference | undefined;
  /** Entries on this link; the kernel leaves the others out. */
  readonly link?: LinkReference | undefined;
  /** Only what bridges' tables have, or only what devices' own tables have. */
  readonly table?: "bridge" | "device" | undefined;
}

/** How entries were flushed. */
export interface Flush {
  /** All at once by the kernel, or one after the other. */
  readonly method: "bulk" | "each";
  /** How many, when it was one after the other. */
  readonly removed?: number;
  /** Why it was one after the other, unless for what the kernel does not look at: `via`, and whether an entry is stale. */
  readonly refusal?: NetlinkError;
}

/**
 * The forwarding tables of bridges, VXLANs and other devices. An entry is on a link: a bridge's port, the bridge itself,
 * or a device with a table of its own. Whose table is meant follows from the link, and from whether it is a tunnel's
 * entry; `flags` with "self" or "master" says otherwise.
 */
export interface FdbTables {
  /** The entries, all or those that a filter lets through. */
  list(filter?: FdbFilter & Cancellation): Promise<FdbEntry[]>;
  /**
   * One entry, with ENOENT when there is none. `link` is a bridge, a port of it, or a device with a table of its own; of
   * a tunnel with several far ends, the first.
   */
  get(link: LinkReference, address: string, key?: FdbKey): Promise<FdbEntry>;
  /**
   * Adds an entry; EEXIST when it is there. Without `state` it is static on a port, else permanent. Without `vlan`, a port
   * with VLANs gets it in each of them.
   */
  add(link: LinkReference, address: string, settings?: FdbSettings): Promise<void>;
  /** Adds an entry, or changes the one that is there, which may be on another port. */
  replace(link: LinkReference, address: string, settings?: FdbSettings): Promise<void>;
  /** Gives a tunnel one more far end for a multicast MAC, or for 00:00:00:00:00:00, which stands for unknown ones. */
  append(link: LinkReference, address: string, settings: FdbSettings): Promise<void>;
  /** Removes an entry; ENOENT when there is none. Without `vlan`, those of each VLAN of the port; without `dst`, all far ends. */
  remove(link: LinkReference, address: string, key?: FdbKey): Promise<void>;
  /**
   * Forgets the entries of a bridge, of one of its ports, or of a VXLAN: dynamic ones unless states are given. Where the
   * kernel cannot do that at once, one after the other; the kernel then takes with an entry without VLAN those that the
   * same port has of its MAC in VLANs: those that were to stay are put back at once, as if just set.
   */
  flush(link: LinkReference, filter?: FlushFilter): Promise<Flush>;
}

async function resolved<T extends { readonly via?: LinkReference | undefined }>(
  connection: Connection,
  { via, ...rest }: T,
): Promise<Omit<T, "via"> & { via?: number }> {
  return via === undefined ? rest : { ...rest, via: await indexOf(connection, via) };
}

async function list(connection: Connection, filter: FdbFilter): Promise<FdbEntry[]> {
  const { bridge, link, table, ...rest } = filter;
  checkVlan(rest.vlan);
  if (rest.address !== undefined) checkMac(rest.address);
  statesOf(rest.state);
  const [master, index, choice] = await Promise.all([
    bridge === undefined ? undefined : indexOf(connection, bridge),
    link === undefined ? undefined : indexOf(connection, link),
    resolved(connection, rest),
  ]);
  const isMeant = choosing(choice);
  const entries = await dumpFdb(connection, { bridge: master, index });
  return entries.filter(
    (entry) => isMeant(entry) && (table === undefined || (table === "bridge") === (entry.master !== undefined)),
  );
}

async function get(connection: Connection, link: LinkReference, address: string, key: FdbKey): Promise<FdbEntry> {
  checkMac(address);
  checkVlan(key.vlan);
  const words = await resolved(connection, key);
  const place = await fdbLinkOf(connection, link, words);
  checkTunnel(place, words);
  const { index } = place;
  if (TUNNEL_WORDS.some((word) => words[word] !== undefined)) {
    const [first] = await farEnds(connection, place, address, words);
    if (first !== undefined) return first;
  }
  const table = place.kind === "bridge" ? { bridge: index } : { index, flags: [place.table] };
  try {
    return await explainEntry(getFdbEntry(connection, table, address, words), place, words);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EOPNOTSUPP" || inBridge(place)) throw error;
    // Most devices' own tables are not looked up by the kernel, only dumped.
    const [found] = await list(connection, { link: index, address, vlan: key.vlan, table: "device" });
    if (found === undefined) throw error;
    return found;
  }
}

/** Why a port has not learned an address (br_fdb_update, net/bridge/br_fdb.c). */
async function whyNotLearned(
  connection: Connection,
  { name, bridge, index }: FdbLink,
  address: string,
  { vlan }: FdbWords,
): Promise<string> {
  const entry =
    bridge === undefined
      ? undefined
      : await getFdbEntry(connection, { bridge }, address, { vlan }).catch(() => undefined);
  if (entry?.local === true) return "it is a MAC of the bridge's own, or of one of its ports";
  if (entry?.flags.includes("sticky") === true && entry.index !== index)
    return `${(await getLinkSummary(connection, entry.index)).name} has it, in an entry that is sticky`;
  return `${name} learns only while it is up, and in the state learning or forwarding`;
}

/** Throws EOPNOTSUPP where a port that was told to learn an address has not: the kernel says yes whatever its state is. */
async function checkLearned(connection: Connection, place: FdbLink, address: string, words: FdbWords): Promise<void> {
  const entries = await dumpFdb(connection, { index: place.index });
  if (entries.some(choosing({ address, vlan: words.vlan }))) return;
  const refusal = { errno: errnoNumber("EOPNOTSUPP"), syscall: "RTM_NEWNEIGH", subject: address, attribute: "flags" };
  const hint = await whyNotLearned(connection, place, address, words);
  throw new NetlinkError({ ...refusal, kernelMessage: "the kernel took no notice of it", hint });
}

async function put(
  connection: Connection,
  how: Creation,
  link: LinkReference,
  address: string,
  settings: FdbSettings,
): Promise<void> {
  checkMac(address);
  checkVlan(settings.vlan);
  const words = await resolved(connection, settings);
  const place = await fdbLinkOf(connection, link, words);
  const said = wordsFor(place, address, words);
  await checkSourceVni(connection, place, words.srcVni);
  await explainEntry(putFdbEntry(connection, how, place.index, address, said), place, said, how);
  if (said.flags?.includes("use") === true) await checkLearned(connection, place, address, words);
}

/** Entries of a tunnel for one MAC that have all that is given. */
async function farEnds(
  connection: Connection,
  { index, name }: FdbLink,
  address: string,
  { dst, port, vni, via, srcVni, nhId }: FdbWords,
): Promise<FdbEntry[]> {
  const isMeant = choosing({ dst, via, srcVni, nhId, address });
  const entries = await dumpFdb(connection, { index });
  const device = entries.filter((entry) => entry.master === undefined && isMeant(entry));
  if (port === undefined && vni === undefined) return device;
  // Where an entry's are the tunnel's own, they are not reported.
  const { linkInfo } = await getLink(connection, { index, name });
  const own = (linkInfo?.data ?? {}) as { id?: number; port?: number };
  return device.filter(
    (entry) =>
      (port === undefined || (entry.port ?? own.port) === port) && (vni === undefined || (entry.vni ?? own.id) === vni),
  );
}

/**
 * The kernel says yes to the removal of a far end that there is not, and removes all where only the port or the VNI is given
 * (drivers/net/vxlan/vxlan_core.c): those that are meant are looked for.
 */
async function removeFarEnds(connection: Connection, place: FdbLink, address: string, words: FdbWords): Promise<void> {
  const meant = await farEnds(connection, place, address, words);
  if (meant.length === 0) {
    const refusal = { errno: errnoNumber("ENOENT"), syscall: "RTM_DELNEIGH", subject: address };
    throw new NetlinkError({ ...refusal, kernelMessage: `${place.name} has no such far end` });
  }
  await Promise.all(meant.map((entry) => removeEntry(connection, place, entry)));
}

/** Throws ENOENT unless all entries that would go have the flags that are given: the kernel does not look at them (net/bridge/br_fdb.c). */
async function checkFlags(connection: Connection, place: FdbLink, address: string, words: FdbWords): Promise<void> {
  const table = tableFlags(place, words.flags);
  const flags = words.flags?.filter((flag) => flag !== "self" && flag !== "master") ?? [];
  if (flags.length === 0) return;
  const entries = await dumpFdb(connection, { index: place.index });
  const doomed = entries
    .filter(choosing({ address, vlan: words.vlan }))
    .filter(({ master }) => table.includes(master === undefined ? "self" : "master"));
  if (doomed.length > 0 && doomed.every(choosing({ flags }))) return;
  const refusal = { errno: errnoNumber("ENOENT"), syscall: "RTM_DELNEIGH", subject: address, attribute: "flags" };
  throw new NetlinkError({
    ...refusal,
    kernelMessage: `${place.name} has no such entry that is ${flags.join(" and ")}`,
  });
}

async function remove(connection: Connection, link: LinkReference, address: string, key: FdbKey): Promise<void> {
  checkMac(address);
  checkVlan(key.vlan);
  const words = await resolved(connection, key);
  const place = await fdbLinkOf(connection, link, words);
  checkTunnel(place, words);
  await checkFlags(connection, place, address, words);
  if (TUNNEL_WORDS.some((word) => words[word] !== undefined)) return removeFarEnds(connection, place, address, words);
  const said = { ...words, flags: tableFlags(place, key.flags) };
  await explainEntry(deleteFdbEntry(connection, place.index, address, said), place, said);
}

/** What the kernel says where it takes the request for one about a single MAC (before 5.19), or of a filter that it lacks. */
const LACKING = ["invalid address", "Unsupported attribute"];

/** The kernel cannot do so in bulk, or not by these filters. */
function lacksBulk({ code, kernelMessage = "" }: NetlinkError): boolean {
  return code === "EOPNOTSUPP" || (code === "EINVAL" && LACKING.includes(kernelMessage));
}

const LEARNED: readonly FdbState[] = ["dynamic"];

async function flush(connection: Connection, link: LinkReference, filter: FlushFilter): Promise<Flush> {
  checkVlan(filter.vlan);
  const choice = { ...(await resolved(connection, filter)), state: filter.state ?? LEARNED };
  const place = await fdbLinkOf(connection, link, { flags: [] });
  const states = statesOf(choice.state);
  // In bulk, a VXLAN does not know `via`, and a bridge takes it for one of its ports; nor is an entry's age compared.
  if (choice.via !== undefined || (states.includes("stale") && !states.includes("dynamic")))
    return { method: "each", removed: await removeEach(connection, place, choice) };
  try {
    await deleteFdbEntries(connection, place.index, place.table, place.name, choice);
    return { method: "bulk" };
  } catch (error) {
    if (!(error instanceof NetlinkError) || !lacksBulk(error)) throw error;
    return { method: "each", removed: await removeEach(connection, place, choice), refusal: error };
  }
}

const { dst, port, vni, srcVni, nhId } = neighbourAttributes.entries;
const KEY: Known<FdbKey> = {
  vlan: true,
  flags: like(fdbFlags),
  dst: like(dst[1]),
  port: like(port[1]),
  vni: like(vni[1]),
  srcVni: like(srcVni[1]),
  nhId: like(nhId[1]),
  via: true,
};
const FLUSH: Known<FlushFilter> = { ...KEY, state: true };
const FILTER: Known<FdbFilter> = {
  ...FLUSH,
  address: true,
  bridge: true,
  link: true,
  table: oneOf("bridge", "device"),
};
const SETTINGS: Known<FdbSettings> = {
  ...KEY,
  state: true,
  protocol: true,
  activityNotify: true,
  dontRefresh: checkSwitch,
};

/** The forwarding tables that a connection reaches. */
export function fdbTablesOf(connection: Connection): FdbTables {
  return checked<FdbTables>(
    {
      list: (filter = {}) => explained(list(connection, filter)),
      get: (link, address, key = {}) => explained(get(connection, link, address, key)),
      add: (link, address, settings = {}) => explained(put(connection, "add", link, address, settings)),
      replace: (link, address, settings = {}) => explained(put(connection, "replace", link, address, settings)),
      append: (link, address, settings) => explained(put(connection, "append", link, address, settings)),
      remove: (link, address, key = {}) => explained(remove(connection, link, address, key)),
      flush: (link, filter = {}) => explained(flush(connection, link, filter)),
    },
    {
      list: [optional(object("filter", FILTER))],
      get: [link("link"), text("address"), optional(object("key", KEY))],
      add: [link("link"), text("address"), optional(object("settings", SETTINGS))],
      replace: [link("link"), text("address"), optional(object("settings", SETTINGS))],
      append: [link("link"), text("address"), object("settings", SETTINGS)],
      remove: [link("link"), text("address"), optional(object("key", KEY))],
      flush: [link("link"), optional(object("filter", FLUSH))],
    },
  );
}
