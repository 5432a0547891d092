import { eachAttribute } from "../netlink/attributes.js";
import { align, bytesOf } from "../netlink/bytes.js";
import { InputError } from "../netlink/error.js";
import { HEADER_SIZE, type MessageContent } from "../netlink/message.js";
import { AF_BRIDGE } from "../rtnetlink/families.js";
import {
  linkAttributes,
  type LinkHeader,
  type LinkValues,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from "../rtnetlink/link.js";
import { type Accounts } from "./accounts.js";
import type { Place, PlaceValue, PlanRule, PlanStep } from "./plan.js";
import type { Policy, PolicyRule } from "./policy.js";
import { rateSteps, unlimitSteps } from "./rate-steps.js";
import { step } from "./steps.js";

/** Where struct ifinfomsg has its flags, in a message. */
const FLAGS_OFFSET = HEADER_SIZE + 8;

type Filled = Partial<Record<keyof typeof linkAttributes.entries, PlaceValue>>;

/** The place of each attribute that is filled in. */
function placesOf(message: Buffer, filled: Filled): Place[] {
  const places: Place[] = [];
  const numbers = new Map(
    Object.entries(filled).map(([name, value]) => [linkAttributes.entries[name as keyof Filled][0] as number, value]),
  );
  const start = HEADER_SIZE + align(RTM_NEWLINK.header.size);
  eachAttribute(bytesOf(message), start, message.length, (number, offset) => {
    const value = numbers.get(number);
    if (value !== undefined) places.push({ offset, value });
  });
  return places;
}

type LinkContent = MessageContent<LinkHeader, (typeof linkAttributes)["entries"]>;
type LinkMessageType = typeof RTM_NEWLINK;

/** A message about the link itself, with attributes that are filled in. */
function linkStep(name: string, type: LinkMessageType, content: LinkContent, filled: Filled = {}): PlanStep {
  const made = step(name, type, content);
  return { ...made, places: [...made.places, ...placesOf(made.message, filled)] };
}

/** What stands in a place until it is filled in. */
const LATER = 0;
const LATER_MAC = "00:00:00:00:00:00";
const UP = { flags: ["up"], change: ["up"] } as const;
const DOWN = { flags: [], change: ["up"] } as const;

function joining({ mtu = "bridge", mac = "guest" }: PolicyRule, up: boolean): PlanStep {
  const attributes: LinkValues = {
    master: LATER,
    ...(mtu === "keep" ? {} : { mtu: mtu === "bridge" ? LATER : mtu }),
    ...(mac === "guest" ? { address: LATER_MAC } : {}),
  };
  const filled: Filled = {
    master: "bridgeIndex",
    ...(mtu === "bridge" ? { mtu: "bridgeMtu" } : {}),
    ...(mac === "guest" ? { address: "guestMac" } : {}),
  };
  return linkStep("joining", RTM_NEWLINK, { header: up ? UP : {}, attributes }, filled);
}

type Vlans = NonNullable<PolicyRule["vlans"]>;

/** VLANs as struct bridge_vlan_info says them: a range as its two ends. */
function vlanInfo(vlans: Vlans): object[] {
  return vlans.flatMap(({ id = 0, to = id, pvid = false, untagged = false }) => {
    const flags = [...(pvid ? ["pvid"] : []), ...(untagged ? ["untagged"] : [])];
    if (to === id) return [{ vid: id, flags }];
    return [
      { vid: id, flags: [...flags, "rangeBegin"] },
      { vid: to, flags: [...flags, "rangeEnd"] },
    ];
  });
}

function vlanStep(name: string, type: typeof RTM_NEWLINK, vlans: Vlans): PlanStep {
  const content = { header: { family: AF_BRIDGE }, attributes: { afSpec: { vlanInfo: vlanInfo(vlans) } } };
  return linkStep(name, type, content as LinkContent);
}

function vlanSteps(vlans: Vlans): PlanStep[] {
  return [
    vlanStep("leaving the default VLAN of", RTM_DELLINK, [{ id: 1, to: 4094 }]),
    ...(vlans.length === 0 ? [] : [vlanStep("joining the VLANs of", RTM_SETLINK, vlans)]),
  ];
}

/** The steps that configure a TAP, in the order in which it never forwards unconfigured. */
function upSteps(rule: PolicyRule): PlanStep[] {
  const { vlans, port, rate, up = true } = rule;
  const configuring = [
    ...(vlans === undefined ? [] : vlanSteps(vlans)),
    ...(rate === undefined ? [] : rateSteps(rate)),
    ...(port === undefined
      ? []
      : [
          linkStep("configuring a port of", RTM_NEWLINK, {
            attributes: { linkInfo: { slaveKind: "bridge", slaveData: port } },
          }),
        ]),
  ];
  if (configuring.length === 0) return [joining(rule, up)];
  const waiting = linkStep("waiting, down, for", RTM_NEWLINK, { header: DOWN });
  const arriving = up ? [linkStep("coming up on", RTM_NEWLINK, { header: UP })] : [];
  return [waiting, joining(rule, false), ...configuring, ...arriving];
}

/** Puts the TAP back as it came. */
function undoStep(): PlanStep {
  const made = linkStep(
    "going back from",
    RTM_NEWLINK,
    { header: DOWN, attributes: { address: LATER_MAC, mtu: LATER, master: LATER } },
    { address: "formerMac", mtu: "formerMtu", master: "formerMaster" },
  );
  return { ...made, places: [...(made.places ?? []), { offset: FLAGS_OFFSET, value: "formerFlags" }] };
}

function downStep(): PlanStep {
  return linkStep("leaving", RTM_NEWLINK, { header: DOWN, attributes: { master: 0 } });
}

const ALL_PROGRAMS = ["ifup", "ifdown", "helper"] as const;

function planRuleOf(rule: PolicyRule, accounts: Accounts): PlanRule {
  const { match = {}, refuse, bridge } = rule;
  const { tap, bridge: asked, startedAs, programs = ALL_PROGRAMS, users, groups } = match;
  const conditions: PlanRule = {
    programs: [...programs],
    startedAs,
    tap,
    asked,
    users: users?.map((each) => accounts.user(each)),
    groups: groups?.map((each) => accounts.group(each)),
  };
  if (refuse !== undefined) return { ...conditions, refuse };
  return {
    ...conditions,
    bridge: bridge === "default-route" ? undefined : bridge,
    up: upSteps(rule),
    undo: [...(rule.rate === undefined ? [] : unlimitSteps(rule.rate)), undoStep()],
    down: [downStep()],
  };
}

/** Turns a policy into the rules of a plan; throws InputError for a user or a group that the machine does not know. */
export function compilePolicy({ rules = [] }: Policy, accounts: Accounts): PlanRule[] {
  return rules.map((rule, i) => {
    try {
      return planRuleOf(rule, accounts);
    } catch (error) {
      throw error instanceof InputError ? error.under(`rules.${i}`) : error;
    }
  });
}
