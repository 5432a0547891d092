import { InputError, quoted } from "../../base/errors.js";
import type { Message } from "../../netlink/message.js";
import { u32 } from "../../netlink/codecs/numbers.js";
import { bits, giving, words } from "../../netlink/codecs/words.js";
import { AF_BRIDGE } from "../protocol/families.js";
import { EXTENDED_FLAGS, FLAGS, type NeighbourHeader, type NeighbourValues } from "../neighbour/neighbour.js";

/**
 * How an entry came about. "permanent": the host's own address, frames to it are taken in; of a tunnel, one that stays.
 * "static": set by somebody, it does not age. "dynamic": learned, or set to age like one. "stale": dynamic and too old,
 * about to go.
 */
export type FdbState = "permanent" | "static" | "dynamic" | "stale";

type NeighbourState = NeighbourHeader["state"];

/** The states that can be asked for, and the kernel's words for them (NUD_*). A VXLAN wants "reachable" beside "noarp". */
const STATES = {
  permanent: ["permanent"],
  static: ["noarp", "reachable"],
  dynamic: ["reachable"],
} as const satisfies Partial<Record<FdbState, NeighbourState>>;

/** A state that an entry can be given. */
export type SettableState = keyof typeof STATES;

/** The states that can be asked for, as words of a command line. */
export const fdbState = words(u32, { permanent: 0x80, static: 0x40, dynamic: 0x2 });

/** The states that an entry can be given. */
export const settableStates: readonly FdbState[] = ["permanent", "static", "dynamic"];

/** Throws InputError for what is none of some states. */
export function checkState(state: unknown, states: readonly unknown[]): void {
  if (!states.includes(state)) throw new InputError(`${quoted(state)} is none of ${states.join(", ")}`, "state");
}

/** The flags of both of the kernel's fields, as words of a command line. */
export const fdbFlags = bits(u32, { ...FLAGS, managed: 0x100, locked: 0x200, extValidated: 0x400 });

/** Those that an entry can be given; the kernel alone sets the others. */
export const givenFdbFlags = giving(fdbFlags, Object.keys(FLAGS) as (keyof typeof FLAGS)[]);

/** What holds for an entry (NTF_* and NTF_EXT_*, linux/neighbour.h). */
export type FdbFlag = NeighbourHeader["flags"][number] | NonNullable<NeighbourValues["flagsExt"]>[number];

/** An entry of a forwarding table: frames to this MAC leave by that link. */
export interface FdbEntry {
  /** The MAC. */
  address: string;
  /** Index of the link: a bridge's port, the bridge itself, or a device with a table of its own. */
  index: number;
  /** Index of the bridge whose table it is in; undefined in a device's own table. */
  master?: number | undefined;
  vlan?: number | undefined;
  state: FdbState;
  /** The bridge takes frames to it in, instead of forwarding them. */
  local: boolean;
  /** "self" is a device's own table; "extLearned", "sticky", "offloaded", "locked", … */
  flags: readonly FdbFlag[];
  /** Milliseconds since a frame was last sent to it, in whole 10. */
  used?: number | undefined;
  /** Milliseconds since it was learned, refreshed or set: its age. */
  updated?: number | undefined;
  /** A tunnel's far end. */
  dst?: string | undefined;
  /** UDP port of the far end, where it is not the tunnel's own. */
  port?: number | undefined;
  /** VNI at the far end, where it is not the tunnel's own. */
  vni?: number | undefined;
  /** Index of the link that leads to the far end. */
  via?: number | undefined;
  /** VNI of the frames that it is for. */
  srcVni?: number | undefined;
  /** Id of the next hop. */
  nhId?: number | undefined;
  protocol?: NeighbourValues["protocol"];
  /** Id of the namespace that `via` is in. */
  linkNetnsid?: number | undefined;
  /** Its falling silent is told: "notify", and "inactive" while it is silent. */
  activityNotify?: readonly string[] | undefined;
}

function stateOf(state: NeighbourState): FdbState {
  if (state.includes("permanent")) return "permanent";
  if (state.includes("noarp")) return "static";
  return state.includes("stale") ? "stale" : "dynamic";
}

/** The entry that a message reports. */
export function entryOf({ header, attributes }: Message<NeighbourHeader, NeighbourValues>): FdbEntry {
  const { lladdr = "", master, vlan, cacheinfo, flagsExt = [], ifindex, fdbExtAttrs } = attributes;
  const { dst, port, vni, srcVni, nhId, protocol, linkNetnsid } = attributes;
  const state = stateOf(header.state);
  return {
    address: lladdr,
    index: header.index,
    master,
    vlan,
    state,
    local: master !== undefined && state === "permanent",
    flags: flagsExt.length === 0 ? header.flags : [...header.flags, ...flagsExt],
    used: cacheinfo?.used,
    updated: cacheinfo?.updated,
    dst,
    port,
    vni,
    via: ifindex,
    srcVni,
    nhId,
    protocol,
    linkNetnsid,
    activityNotify: fdbExtAttrs?.activityNotify,
  };
}

/** Where a tunnel's frames go. */
export interface TunnelEnd {
  readonly dst?: string | undefined;
  readonly port?: number | undefined;
  readonly vni?: number | undefined;
  readonly srcVni?: number | undefined;
  readonly nhId?: number | undefined;
}

/** What is said of an entry in a message. */
export interface FdbWords extends TunnelEnd {
  readonly vlan?: number | undefined;
  readonly state?: SettableState | undefined;
  readonly flags?: readonly FdbFlag[] | undefined;
  readonly protocol?: NeighbourValues["protocol"];
  readonly activityNotify?: readonly ("notify" | "inactive")[] | undefined;
  readonly dontRefresh?: boolean | undefined;
  /** Index of the link that leads to a tunnel's far end. */
  readonly via?: number | undefined;
}

/** What RTM_NEWNEIGH and RTM_DELNEIGH say of an entry on a link. */
export function fdbMessage(
  index: number,
  address: string | undefined,
  { state, flags = [], via, activityNotify, dontRefresh, ...attributes }: FdbWords,
): { header: Partial<NeighbourHeader>; attributes: NeighbourValues } {
  const flagsExt = flags.filter((flag) => Object.hasOwn(EXTENDED_FLAGS, flag)) as NeighbourValues["flagsExt"];
  const extended = activityNotify !== undefined || dontRefresh === true;
  return {
    header: {
      family: AF_BRIDGE,
      index,
      state: state === undefined ? [] : STATES[state],
      flags: flags.filter((flag) => !Object.hasOwn(EXTENDED_FLAGS, flag)) as NeighbourHeader["flags"],
    },
    attributes: {
      ...attributes,
      lladdr: address,
      ifindex: via,
      flagsExt: flagsExt?.length === 0 ? undefined : flagsExt,
      fdbExtAttrs: extended ? { activityNotify, dontRefresh: dontRefresh === true ? true : undefined } : undefined,
    },
  };
}
