import { reported } from "../protocol/reported.js";
import { InputError } from "../../base/errors.js";
import type { Message } from "../../netlink/message.js";
import { type Family, familyNumber, familyOf, formatNetwork, parseNetwork } from "../protocol/network.js";
import type { NumberRange, RuleHeader, RuleValues } from "./rule.js";

/** What a rule asks of a packet, and what it does with it. Absent is what it does not ask. */
export interface RuleSettings {
  /** Where no network tells it; IPv4 unless given. */
  family?: Family | undefined;
  /** Its place, the lowest first; the kernel chooses one before the others unless given. */
  priority?: number | undefined;
  /** "toTbl" unless given, or what follows from `goto`. */
  action?: RuleHeader["action"] | undefined;
  /** The table to look in; the main one unless given. */
  table?: RuleValues["table"] | undefined;
  /** The priority of the rule to go on with. */
  goto?: number | undefined;
  /** The network that packets come from. */
  from?: string | undefined;
  /** The network that they go to. */
  to?: string | undefined;
  /** The name of the link that they come in by; it need not exist. */
  iif?: string | undefined;
  /** The name of the link that the sender is bound to; it need not exist. */
  oif?: string | undefined;
  /** The packet's mark; 0 for packets without one. */
  fwmark?: number | undefined;
  /** Bits of the mark that count. */
  fwmask?: number | undefined;
  tos?: number | undefined;
  dscp?: number | undefined;
  dscpMask?: number | undefined;
  flowlabel?: number | undefined;
  flowlabelMask?: number | undefined;
  uidRange?: NumberRange | undefined;
  /** The protocol above IP, such as 6 for TCP. */
  ipProto?: number | undefined;
  sportRange?: NumberRange | undefined;
  dportRange?: NumberRange | undefined;
  sportMask?: number | undefined;
  dportMask?: number | undefined;
  tunId?: bigint | undefined;
  /** Look in the table of the VRF that the packet belongs to, in place of `table`. */
  l3mdev?: boolean | undefined;
  /** Pass over routes of this prefix length or a shorter one. */
  suppressPrefixlen?: number | undefined;
  /** Pass over routes by links of this group. */
  suppressIfgroup?: number | undefined;
  /** Realms, for classification; IPv4 only. */
  flow?: number | undefined;
  /** Take what does not fit. */
  invert?: boolean | undefined;
  /** Who makes it; "static" unless given. */
  protocol?: RuleValues["protocol"] | undefined;
}

/** A rule, as the kernel has it. */
export interface Rule extends RuleSettings {
  family: Family;
  priority: number;
  action: RuleHeader["action"];
  flags: RuleHeader["flags"];
  /** What is newer than the table of attributes. */
  unknown?: RuleValues["unknown"];
}

/** Rules that have all of this. */
export type RuleFilter = RuleSettings & { flags?: RuleHeader["flags"] | undefined };

/** What the kernel reports for suppressing nothing. */
const NOTHING = 0xffffffff;
const ALL_BITS = 0xffffffff;

function meant(value: number | undefined, nothing: number): number | undefined {
  return value === nothing ? undefined : value;
}

/** The rule that a message reports; undefined for one of another family than IP's. */
export function ruleOf({ header, attributes }: Message<RuleHeader, RuleValues>): Rule | undefined {
  const family = familyOf(header.family);
  if (family === undefined) return undefined;
  const { src, dst, iifname, oifname, fwmask, suppressPrefixlen, suppressIfgroup, priority = 0, ...rest } = attributes;
  const table = attributes.table ?? header.table;
  const { l3mdev, goto } = rest;
  return reported<Rule>({
    ...rest,
    family,
    priority,
    action: header.action,
    table: header.action === "toTbl" && l3mdev !== true ? table : undefined,
    goto: header.action === "goto" ? goto : undefined,
    from: src === undefined ? undefined : formatNetwork(src, header.sourceLength),
    to: dst === undefined ? undefined : formatNetwork(dst, header.destinationLength),
    iif: iifname,
    oif: oifname,
    // The kernel does not report a mark of 0, only the bits that must be 0.
    fwmark: attributes.fwmark ?? (fwmask === undefined ? undefined : 0),
    fwmask: meant(fwmask, ALL_BITS),
    suppressPrefixlen: meant(suppressPrefixlen, NOTHING),
    suppressIfgroup: meant(suppressIfgroup, NOTHING),
    tos: meant(header.tos, 0),
    l3mdev: l3mdev === true ? true : undefined,
    invert: header.flags.includes("invert") ? true : undefined,
    flags: header.flags,
  });
}

function checkRange(name: "uidRange" | "sportRange" | "dportRange", settings: RuleSettings): void {
  const range = settings[name];
  if (range !== undefined && range.start > range.end)
    throw new InputError(`${range.start} is larger than ${range.end}`, name);
}

function checkSettings({ l3mdev, table, goto, action, ...settings }: RuleSettings): void {
  for (const name of ["uidRange", "sportRange", "dportRange"] as const) checkRange(name, settings);
  if (l3mdev === true && table !== undefined) throw new InputError("it excludes l3mdev", "table");
  if (goto !== undefined && action !== undefined && action !== "goto")
    throw new InputError(`it excludes action ${action}`, "goto");
  if (goto === undefined && action === "goto") throw new InputError("the rule to go on with is missing", "goto");
  if (goto !== undefined && settings.priority !== undefined && goto <= settings.priority)
    throw new InputError(`${goto} is no later rule's priority`, "goto");
}

/** A rule's header and attributes. Throws InputError. */
export function ruleContent(settings: RuleSettings): { header: Partial<RuleHeader>; attributes: RuleValues } {
  checkSettings(settings);
  const { from, to, iif, oif, invert, priority, goto, l3mdev, tos = 0 } = settings;
  const { fwmark, fwmask, dscp, dscpMask, flowlabel, flowlabelMask, uidRange, ipProto, sportRange, dportRange } =
    settings;
  const { sportMask, dportMask, tunId, suppressPrefixlen, suppressIfgroup, flow, protocol } = settings;
  const asked = [from, to].find((each) => each !== undefined && !["default", "all", "any"].includes(each));
  const { family } = parseNetwork(asked ?? "default", settings.family);
  const [source, destination] = [from, to].map((each) => (each === undefined ? undefined : parseNetwork(each, family)));
  const action = settings.action ?? (goto === undefined ? "toTbl" : "goto");
  const table = settings.table ?? (action === "toTbl" && l3mdev !== true ? "main" : undefined);
  return {
    header: {
      family: familyNumber(family),
      sourceLength: source?.length ?? 0,
      destinationLength: destination?.length ?? 0,
      tos,
      action,
      flags: invert === true ? ["invert"] : [],
    },
    attributes: {
      src: source?.address,
      dst: destination?.address,
      iifname: iif,
      oifname: oif,
      table,
      l3mdev: l3mdev === true ? true : undefined,
      // Without a mask, the kernel takes a mark of 0 for no mark asked.
      fwmask: fwmask ?? (fwmark === 0 ? ALL_BITS : undefined),
      ...{ priority, goto, fwmark, dscp, dscpMask, flowlabel, flowlabelMask, uidRange, ipProto },
      ...{ sportRange, dportRange, sportMask, dportMask, tunId, suppressPrefixlen, suppressIfgroup, flow, protocol },
    },
  };
}

/** The same value, however it was made. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === "object" && one !== null && typeof other === "object" && other !== null)
    return JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(other));
  return one === other;
}

/** What is given, spelled as the kernel reports it. */
function normal(settings: RuleFilter): RuleFilter {
  const { family, from, to, invert, l3mdev, tos, fwmask, ...rest } = settings;
  const network = (text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const { address, length } = parseNetwork(text, family);
    return address === undefined ? undefined : formatNetwork(address, length);
  };
  return {
    ...rest,
    family: (family ?? (from ?? to) === undefined) ? family : parseNetwork((from ?? to)!, family).family,
    from: network(from),
    to: network(to),
    tos: tos === 0 ? undefined : tos,
    invert: invert === false ? undefined : invert,
    l3mdev: l3mdev === false ? undefined : l3mdev,
    fwmask: meant(fwmask, ALL_BITS),
  };
}

/** The names of what is given and a rule does not have. */
export function lacking(rule: Rule, settings: RuleFilter): string[] {
  const has: Readonly<Record<string, unknown>> = { ...rule };
  return Object.entries(normal(settings))
    .filter(([name, value]) => value !== undefined && !isSame(value, has[name]))
    .map(([name]) => name);
}

/** What a rule is called in errors. */
export function describeRule(settings: RuleFilter): string {
  const words = Object.entries(settings as Record<string, unknown>).flatMap(([name, value]) =>
    ["string", "number", "boolean", "bigint"].includes(typeof value) ? [`${name}=${value as string}`] : [],
  );
  return ["rule", ...words].join(" ");
}
