import { under } from "../base/errors.js";
import { AF_BRIDGE } from "../rtnetlink/protocol/families.js";
import { bridgePort } from "../rtnetlink/link/kinds/bridge-port.js";
import {
  linkAttributes,
  linkInfo,
  type LinkValues,
  RTM_DELLINK,
  type RTM_NEWLINK,
  RTM_SETLINK,
} from "../rtnetlink/link/link.js";
import { type Accounts } from "./accounts.js";
import { FLAGS_OFFSET, formerOption, type AnswerField, ANSWER_FIELDS } from "./answer-fields.js";
import { guardSteps, releaseSteps } from "./guard-steps.js";
import { insertionInto } from "./insertion.js";
import { DOWN, type Filled, LATER, LATER_MAC, type LinkContent, linkStep, UP } from "./link-step.js";
import { downFromSwitch, questionsToSwitch, undoneFromSwitch, upInSwitch } from "./open-vswitch-steps.js";
import type { PlanRule, PlanStep } from "./plan.js";
import type { Policy, PolicyRule } from "./policy.js";
import { questionSteps, refusal } from "./questions.js";
import { rateSteps, unlimitSteps } from "./rate-steps.js";
import { change, skipping } from "./steps.js";

function joining({ bridge = "", mtu = "bridge", mac = "guest" }: PolicyRule, up: boolean): PlanStep {
  const attributes: LinkValues = {
    master: LATER,
    ...(mtu === "keep" ? {} : { mtu: mtu === "bridge" ? LATER : mtu }),
    ...(mac === "guest" ? { address: LATER_MAC } : {}),
  };
  const filled: Filled = {
    master: ANSWER_FIELDS.bridgeIndex,
    ...(mtu === "bridge" ? { mtu: ANSWER_FIELDS.bridgeMtu } : {}),
    ...(mac === "guest" ? { address: ANSWER_FIELDS.guestMac } : {}),
  };
  return linkStep(`joining ${bridge}`, { header: up ? UP : DOWN, attributes }, filled);
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

function vlanStep(text: string, type: typeof RTM_NEWLINK, vlans?: Vlans, former?: AnswerField): PlanStep {
  const attributes = vlans === undefined ? {} : { afSpec: { vlanInfo: vlanInfo(vlans) } };
  const content = { header: { family: AF_BRIDGE }, attributes } as LinkContent;
  return change(text, type, content, former === undefined ? {} : { object: former });
}

const ALL_VLANS: Vlans = [{ id: 1, to: 4094 }];

function vlanSteps(vlans: Vlans, bridge: string): PlanStep[] {
  return [
    vlanStep(`leaving the default VLAN of ${bridge}`, RTM_DELLINK, ALL_VLANS),
    ...(vlans.length === 0 ? [] : [vlanStep(`joining the VLANs of ${bridge}`, RTM_SETLINK, vlans)]),
  ];
}

function optionStep(text: string, port: NonNullable<PolicyRule["port"]>): PlanStep {
  return linkStep(text, { attributes: { linkInfo: { slaveKind: "bridge", slaveData: port } } });
}

/** The steps that configure a TAP, in the order in which it never forwards unconfigured. */
function upSteps(rule: PolicyRule): PlanStep[] {
  const { bridge = "", vlans, port, rate, antiSpoof, up = true } = rule;
  const configuring = [
    ...(antiSpoof === undefined ? [] : guardSteps(antiSpoof, bridge)),
    ...(vlans === undefined ? [] : vlanSteps(vlans, bridge)),
    ...(rate === undefined ? [] : rateSteps(rate, bridge)),
    ...(port === undefined ? [] : [optionStep(`configuring a port of ${bridge}`, port)]),
  ];
  if (configuring.length === 0) return [joining(rule, up)];
  const waiting = linkStep(`waiting, down, for ${bridge}`, { header: DOWN });
  const arriving = up ? [linkStep(`coming up on ${bridge}`, { header: UP })] : [];
  return [waiting, joining(rule, false), ...configuring, ...arriving];
}

/** Gives a TAP that came as a port the options back that are changed. */
function formerOptions(port: NonNullable<PolicyRule["port"]>, bridge: string): PlanStep {
  const made = optionStep(`giving its options back to a port of ${bridge}`, port);
  const slaveData = [linkAttributes.entries.linkInfo[0], linkInfo.entries.slaveData[0]];
  const places = Object.keys(port).map((name) => {
    const number = bridgePort.entries[name as keyof typeof bridgePort.entries][0];
    return insertionInto(made.message, [...slaveData, number], (size) => formerOption(number, size));
  });
  return { ...made, places: [...made.places, ...places] };
}

/** Puts the TAP back as it came. */
function undoSteps({ bridge = "", vlans, port, rate, antiSpoof }: PolicyRule): PlanStep[] {
  const back = linkStep(
    `going back from ${bridge}`,
    { header: DOWN, attributes: { address: LATER_MAC, mtu: LATER, master: LATER } },
    { address: ANSWER_FIELDS.formerMac, mtu: ANSWER_FIELDS.formerMtu, master: ANSWER_FIELDS.formerMaster },
  );
  const flags = { to: FLAGS_OFFSET, field: ANSWER_FIELDS.formerFlags };
  const vlansBack = `giving its VLANs back to a port of ${bridge}`;
  const former = [
    ...(vlans === undefined
      ? []
      : [
          vlanStep(vlansBack, RTM_DELLINK, ALL_VLANS),
          vlanStep(vlansBack, RTM_SETLINK, undefined, ANSWER_FIELDS.formerVlans),
        ]),
    ...(port === undefined ? [] : [formerOptions(port, bridge)]),
  ];
  return [
    ...(rate === undefined ? [] : unlimitSteps(rate, bridge)),
    ...skipping(["noPort"], former),
    { ...back, places: [...back.places, flags] },
    // One that came as a port stays guarded.
    ...(antiSpoof === undefined ? [] : skipping(["port"], releaseSteps(antiSpoof, bridge))),
  ];
}

function downSteps({ bridge = "", antiSpoof }: PolicyRule): PlanStep[] {
  return [
    linkStep(`leaving ${bridge}`, { header: DOWN, attributes: { master: 0 } }),
    ...(antiSpoof === undefined ? [] : releaseSteps(antiSpoof, bridge)),
  ];
}

/** The steps of a rule, by what they are for. */
interface RuleSteps {
  readonly questions: (rule: PolicyRule) => PlanStep[];
  readonly up: (rule: PolicyRule) => PlanStep[];
  readonly down: (rule: PolicyRule) => PlanStep[];
  readonly undo: (rule: PolicyRule) => PlanStep[];
}
const OF_LINUX: RuleSteps = { questions: questionSteps, up: upSteps, down: downSteps, undo: undoSteps };
const OF_OPEN_VSWITCH: RuleSteps = {
  questions: questionsToSwitch,
  up: upInSwitch,
  down: downFromSwitch,
  undo: undoneFromSwitch,
};

/** Every step of a rule, each left out where it does not belong. */
function stepsOf(rule: PolicyRule): PlanStep[] {
  if (rule.refuse !== undefined) return [refusal(rule.refuse)];
  const { questions, up, down, undo } = rule.switch === undefined ? OF_LINUX : OF_OPEN_VSWITCH;
  return [
    ...questions(rule),
    ...skipping(["ifdown", "undoing"], up(rule)),
    ...skipping(["ifup", "helper", "undoing"], down(rule)),
    ...skipping(["ifdown", "doing"], undo(rule)),
  ];
}

const ALL_PROGRAMS = ["ifup", "ifdown", "helper"] as const;
const ANYBODY = [undefined];

/** A rule of a policy: one of a plan for each of its users and groups. */
function planRulesOf(rule: PolicyRule, accounts: Accounts): PlanRule[] {
  const { tap, bridge: asked, startedAs, programs = ALL_PROGRAMS, users, groups } = rule.match ?? {};
  const texts = { ...(startedAs && { startedAs }), ...(tap && { tap }), ...(asked && { asked }) };
  const steps = stepsOf(rule);
  const userIds = users?.map((each) => accounts.user(each)) ?? ANYBODY;
  const groupIds = groups?.map((each) => accounts.group(each)) ?? ANYBODY;
  return userIds.flatMap((user) =>
    groupIds.map((group) => ({
      programs: [...programs],
      ...(user === undefined ? {} : { user }),
      ...(group === undefined ? {} : { group }),
      ...texts,
      steps,
    })),
  );
}

/** Turns a policy into the rules of a plan; throws InputError for a user or a group that the machine does not know. */
export function compilePolicy({ rules = [] }: Policy, accounts: Accounts): PlanRule[] {
  return rules.flatMap((rule, i) => under(`rules.${i}`, () => planRulesOf(rule, accounts)));
}
