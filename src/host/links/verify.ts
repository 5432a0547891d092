import { Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { tableOf } from "../../netlink/codecs/nests.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import { plainLink } from "../../rtnetlink/link/link-attributes.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkSettings } from "../../rtnetlink/link/link-requests.js";

/** Options of which the kernel reports only that they are on. */
const REPORTED_WHEN_ON: readonly string[] = ["vnifilter"];
/** Values that stand for "none" are left out of what the kernel reports. */
const NONE: readonly unknown[] = [0, "0.0.0.0", "::"];

/** Options of a bridge that the kernel takes and may set otherwise, and why. */
const DECISIONS = {
  stpState: "the program /sbin/bridge-stp decides whether it is the kernel or the user",
  mcastHashElasticity: "no kernel since 4.20 heeds it",
} as const;
const DECIDED_ELSEWHERE = Object.keys(DECISIONS) as (keyof typeof DECISIONS)[];

/** The names of the options that are given. */
export function givenNames(options: object): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

/** Those among any link's settings that the kernel may refuse without saying which it means. */
export function refusable({ mtu, txqlen, numTxQueues, numRxQueues }: LinkSettings): string[] {
  return givenNames({ mtu, txqlen, numTxQueues, numRxQueues });
}

/** A list of nothing, or of mappings that are taken away. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry: { to?: unknown } | null) => entry?.to === 0);
}

/** Switches of which none is turned on. */
function areOff(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => each === false || each === undefined);
}

/** The kernel counts durations in ticks of its clock, of 10 ms at most, and rounds. */
const TICKS = 20;

/** Whether an option that was given is what is reported: of lists and of bits all that were given, there may be more. */
export function isHeeded(codec: Codec<unknown>, wanted: unknown, reported: unknown): boolean {
  // 0 is no rounding of something: to most timers it means never, or at once.
  if (codec.words === "DURATION")
    return Math.abs(Number(wanted) - Number(reported)) <= TICKS && (Number(wanted) === 0) === (Number(reported) === 0);
  if (Array.isArray(wanted) && Array.isArray(reported)) {
    const there = reported.map((each) => JSON.stringify(each));
    return (
      isEmptyList(wanted) ||
      wanted.every((each: { to?: unknown }) => each.to === 0 || there.includes(JSON.stringify(each)))
    );
  }
  if (
    typeof wanted === "object" &&
    wanted !== null &&
    !(wanted instanceof Uint8Array) &&
    codec.words.includes(":on|off")
  )
    return Object.entries(wanted).every(
      ([name, on]) => on === undefined || ((reported as Record<string, unknown>)[name] ?? false) === on,
    );
  return sameOnWire(codec, wanted, reported);
}

/** What stands for "none": left out of what the kernel reports. */
function isNone(name: string, value: unknown): boolean {
  if (NONE.includes(value) || isEmptyList(value) || areOff(value)) return true;
  return value === false && REPORTED_WHEN_ON.includes(name);
}

/** Whether the kernel reports an option with this value, where it has taken it. */
export function isReported(codec: Codec<unknown> | undefined, name: string, value: unknown): boolean {
  return codec?.unreported === undefined && !isNone(name, value);
}

/** Whether two values are the same to the kernel. */
export function sameOnWire<T>(codec: Codec<T>, one: T, other: T): boolean {
  return one === other || bytesOf(codec, one).equals(bytesOf(codec, other));
}

function bytesOf<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer();
  codec.write(writer, value, {});
  return writer.take();
}

/** Options that the kernel leaves as they were when the link was created, and of which others are wanted. */
function isUnchanged(codec: Codec<unknown> | undefined, reported: unknown, wanted: unknown): boolean {
  if (codec?.atCreation !== true || reported === undefined) return false;
  return !bytesOf(codec, reported).equals(bytesOf(codec, wanted));
}

/** Of several switches in one option, the first to be on that is not reported. */
function unknownSwitch(reported: unknown, wanted: unknown): string | undefined {
  if (typeof reported !== "object" || typeof wanted !== "object" || reported === null) return undefined;
  return Object.entries(wanted ?? {}).find(([name, value]) => value === true && !(name in reported))?.[0];
}

/**
 * Throws EOPNOTSUPP for an option that the kernel took without a word and did not heed: one that it does not know, and so
 * does not report, one that only a new link can be given, or one of which it reports another value.
 */
export function checkTaken(link: Link, nest: "data" | "slaveData", options: object): void {
  const { kind, slaveKind, [nest]: data = {} } = link.linkInfo ?? {};
  const reported = data as Record<string, unknown>;
  const given = options as Record<string, unknown>;
  const table = nest === "data" ? tableOf(linkKinds, kind) : tableOf(portKinds, slaveKind);
  const codecOf = (name: string): Codec<unknown> | undefined => table?.entries[name]?.[1] as Codec<unknown> | undefined;
  const names = givenNames(options).filter((name) => codecOf(name)?.unreported === undefined);
  const unknown = names.find((name) => reported[name] === undefined && !isNone(name, given[name]));
  if (unknown !== undefined) throw unheeded(link, `linkInfo.${nest}.${unknown}`);
  for (const name of names) {
    const within = unknownSwitch(reported[name], given[name]);
    if (within !== undefined) throw unheeded(link, `linkInfo.${nest}.${name}.${within}`);
  }
  // Where there is no spanning tree, the kernel makes a port forward that is told to block.
  if (nest === "slaveData" && given.state !== undefined && reported.state !== given.state)
    throw unheeded(
      link,
      "linkInfo.slaveData.state",
      "without a spanning tree a port forwards: see the bridge's stpState",
    );
  const decided = DECIDED_ELSEWHERE.find((name) => given[name] !== undefined && reported[name] !== given[name]);
  if (nest === "data" && kind === "bridge" && decided !== undefined)
    throw unheeded(link, `linkInfo.data.${decided}`, DECISIONS[decided]);
  const fixed = names.find((name) => isUnchanged(codecOf(name), reported[name], given[name]));
  if (fixed !== undefined)
    throw unheeded(link, `linkInfo.${nest}.${fixed}`, "it can be given only when the link is created");
  const other = names.find((name) => {
    const codec = codecOf(name);
    return codec !== undefined && reported[name] !== undefined && !isHeeded(codec, given[name], reported[name]);
  });
  if (other !== undefined) throw unheeded(link, `linkInfo.${nest}.${other}`);
}

/** Attributes of any link that kernels in use lack, and would take without a word. */
const RECENT = ["groMaxSize", "gsoIpv4MaxSize", "groIpv4MaxSize"] as const;

/** What any link has from its creation on. */
const LASTING = ["link", "numTxQueues", "numRxQueues"] as const;

/** The same for what any link has. */
export function checkLinkTaken(link: Link, settings: LinkSettings, isNew = false): void {
  // A new macvlan on another goes to what that one is on.
  const isTaken = (name: (typeof LASTING)[number]): boolean =>
    link[name] === settings[name] || (isNew && name === "link" && link.link !== undefined);
  const fixed = LASTING.find((name) => settings[name] !== undefined && !isTaken(name));
  if (fixed !== undefined)
    throw unheeded(link, fixed, "it is given when a link is created, to one of a kind that has it");
  const { address } = settings;
  if (address !== undefined && link.address !== undefined && link.address.length < address.length)
    throw unheeded(link, "address", `an address of this link is as long as ${link.address}`);
  const fields = [
    "address",
    "broadcast",
    "mtu",
    "txqlen",
    "group",
    "linkmode",
    "operstate",
    "gsoMaxSize",
    "gsoMaxSegs",
  ] as const;
  const other = isNew
    ? undefined
    : fields.find((name) => {
        const codec = plainLink.entries[name][1] as Codec<unknown>;
        return (
          settings[name] !== undefined && link[name] !== undefined && !sameOnWire(codec, link[name], settings[name])
        );
      });
  if (other !== undefined) throw unheeded(link, other, ownHint(link, other));
  const unknown = RECENT.find((name) => settings[name] !== undefined && link[name] === undefined);
  if (unknown !== undefined) throw unheeded(link, unknown);
}

function ownHint({ kind, linkInfo }: Link, name: string): string | undefined {
  if (name === "operstate") return "the kernel takes it of a link that is up, and not of every state";
  const data = linkInfo?.data as { failOverMac?: unknown } | undefined;
  if (name !== "address" || kind !== "bond" || data?.failOverMac !== "active") return undefined;
  return "a bond has the MAC of the port in use: see failOverMac";
}

function unheeded(link: Link, attribute: string, hint?: string): NetlinkError {
  return new NetlinkError({
    errno: errnoNumber("EOPNOTSUPP"),
    syscall: "RTM_NEWLINK",
    subject: link.name,
    attribute,
    kernelMessage: "the kernel took no notice of it",
    hint,
  });
}
