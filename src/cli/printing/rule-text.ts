import type { DescribedRule, DescribedStep } from "../../qemu/describe.js";
import type { LinkValues } from "../../rtnetlink/link/link.js";
import { compressVlans, formatVlans } from "../../rtnetlink/bridge/vlan-ranges.js";
import { kebab } from "../../netlink/codecs/words.js";
import { formatRate } from "../../netlink/codecs/quantities.js";
import { formatValue } from "./value-text.js";

type Row = readonly [word: string, text: string];

/** A VLAN of a message: a range is its two ends. */
interface VlanInfo {
  readonly vid: number;
  readonly flags: readonly string[];
}

/** The VLANs that a message says, as they are typed: "10 pvid untagged", "20-30". */
function vlanTexts(said: readonly VlanInfo[]): string[] {
  const ranges = said.flatMap(({ vid, flags }, place) => {
    if (flags.includes("rangeEnd")) return [];
    const to = flags.includes("rangeBegin") ? said[place + 1]!.vid : vid;
    return [{ id: vid, to, pvid: flags.includes("pvid"), untagged: flags.includes("untagged") }];
  });
  return compressVlans(ranges).map((range) =>
    [`vlan=${formatVlans([range])}`, ...(range.pvid ? ["pvid"] : []), ...(range.untagged ? ["untagged"] : [])].join(
      " ",
    ),
  );
}

function linkValues({ attributes }: DescribedStep): LinkValues {
  return attributes ?? {};
}

/** What a rule does with a TAP that comes up. */
function forwards({ steps }: DescribedRule): readonly DescribedStep[] {
  return steps.filter(({ kind, skip }) => kind === "do" && skip.includes("undoing") && !skip.includes("ifup"));
}

/** What a rule says of the port: its options and VLANs, as they are typed. */
export function portText(rule: DescribedRule): string {
  const said = forwards(rule);
  const options = said.flatMap((step) => Object.entries(linkValues(step).linkInfo?.slaveData ?? {}));
  const words = options.map(([option, value]) => `${kebab(option)}=${formatValue(value, "|")}`);
  const vlans = said
    .filter(({ message }) => message === "RTM_SETLINK")
    .flatMap((step) => (linkValues(step).afSpec as { vlanInfo?: readonly VlanInfo[] } | undefined)?.vlanInfo ?? []);
  const isInNone = vlans.length === 0 && said.some(({ message }) => message === "RTM_DELLINK");
  return [...words, ...(isInNone ? ["in no VLAN"] : vlanTexts(vlans))].join("; ") || "as the kernel makes it";
}

/** What a rule limits a TAP to. */
function rateText(rule: DescribedRule): string {
  const rateOf = (kind: string): number | undefined => {
    const found = forwards(rule).find(({ attributes }) => (attributes as { kind?: string } | undefined)?.kind === kind);
    const { options } = (found?.attributes ?? {}) as { options?: Record<string, unknown> };
    const police = (options?.["actions"] as { options: { rate: number } }[] | undefined)?.[0];
    return police?.options.rate ?? (options?.["rate"] as number | undefined);
  };
  const [ingress, egress] = [rateOf("matchall"), rateOf("tbf")];
  return [
    ...(ingress === undefined ? [] : [`${formatRate(ingress)} from the guest`]),
    ...(egress === undefined ? [] : [`${formatRate(egress)} to it`]),
  ].join(", ");
}

/** What a rule makes of a TAP. */
function outcome(rule: DescribedRule): Row[] {
  const said = forwards(rule);
  const joining = said.find((step) => linkValues(step).master !== undefined);
  const { mtu, address } = joining === undefined ? {} : linkValues(joining);
  const isBridges = joining?.places.some((place) => place.startsWith("bridgeMtu")) === true;
  const isUp = said.some(({ header }) => (header as { flags?: readonly string[] } | undefined)?.flags?.includes("up"));
  const rate = rateText(rule);
  return [
    ["port", portText(rule)],
    ["mtu", isBridges ? "the bridge's" : mtu === undefined ? "as it is" : String(mtu)],
    ["mac", address === undefined ? "as it is" : "as it is, but for 0xfe as its first byte"],
    ...(rate === "" ? [] : [["rate", rate] as const]),
    ...(rule.steps.some(({ kind }) => kind === "batch") ? [["guest", "can be nobody but itself"] as const] : []),
    ["state", isUp ? "up" : "down"],
  ];
}

const MATCHES: Readonly<Record<string, string>> = {
  tap: "tap",
  user: "user",
  group: "group",
  startedAs: "started as",
  asked: "asked for",
};

/** A rule of a plan in words: whom it is for, and what becomes of their TAPs. */
export function ruleRows(rule: DescribedRule): Row[] {
  const { match, refuse, bridge = "" } = rule;
  const conditions = Object.entries(MATCHES).filter(([name]) => match[name] !== undefined);
  return [
    ["programs", (match["programs"] as readonly string[]).join(", ")],
    ...conditions.map(([name, word]): Row => [word, String(match[name])]),
    ...(refuse === undefined
      ? [["bridge", bridge] as const, ...outcome(rule)]
      : [["refused", refuse.replace(/^the policy refuses it: /, "")] as const]),
  ];
}
