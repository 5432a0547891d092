import { bytesOf, LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import { NLM_F_DUMP } from "../netlink/message.js";
import { AF_BRIDGE, AF_INET } from "../rtnetlink/protocol/families.js";
import { linkAttributes, RTM_GETLINK } from "../rtnetlink/link/link.js";
import { RTM_GETROUTE } from "../rtnetlink/route/route.js";
import { INDEX_OFFSET, ANSWER_FIELDS } from "./answer-fields.js";
import { insertionInto } from "./insertion.js";
import type { Insertion, PlanStep } from "./plan.js";
import type { PolicyRule } from "./policy.js";
import { allowance, check, question, skipping } from "./steps.js";

const TERSE = { extMask: ["skipStats"] } as const;
/** A name of the greatest length, until it is filled in. */
const ANY_NAME = "x".repeat(15);
/** Nobody's, it is for documentation (RFC 5737): the route to it is taken for the default route. */
export const SOMEWHERE = "192.0.2.1";

export const text = (word: string): Buffer => Buffer.from(`${word}\0`);
export const name16 = (word: string): Buffer => Buffer.concat([Buffer.from(word)], 16);
const filledIn = (to: number, field: Insertion["field"]): readonly Insertion[] => [{ to, field }];

function number(value: number): Buffer {
  const { buffer, view } = bytesOf(Buffer.alloc(4));
  view.setUint32(0, value, LITTLE_ENDIAN);
  return buffer;
}

/** What is asked of a link by a name that is known only then. */
function byName(words: string, field: Insertion["field"], answer: "tap" | "other"): PlanStep {
  const made = question(words, RTM_GETLINK, { attributes: { name: ANY_NAME, ...TERSE } }, { answer });
  return { ...made, places: [insertionInto(made.message, [linkAttributes.entries.name[0]], () => field)] };
}

function byIndex(words: string, field: Insertion["field"]): PlanStep {
  return question(
    words,
    RTM_GETLINK,
    { attributes: TERSE },
    { answer: "bridge", places: filledIn(INDEX_OFFSET, field) },
  );
}

/** Whether it is a TAP, and of whom. */
export function tapSteps(): PlanStep[] {
  const owner = check("it belongs to another user", ANSWER_FIELDS.tapOwner, number(0), {
    places: filledIn(0, ANSWER_FIELDS.user),
  });
  return [
    byName("", ANSWER_FIELDS.tapName, "tap"),
    check("it is no TAP", ANSWER_FIELDS.tapKind, text("tun")),
    check("it is no TAP", ANSWER_FIELDS.tapType, Buffer.of(2)),
    ...skipping(["root", "helper"], [owner]),
  ];
}

/** What is asked about the bridge that a rule gives. */
function bridgeQuestions(bridge: string): PlanStep[] {
  const route = { header: { family: AF_INET, destinationLength: 32 }, attributes: { dst: SOMEWHERE } };
  return bridge === "default-route"
    ? [question(bridge, RTM_GETROUTE, route, { answer: "other" }), byIndex(bridge, ANSWER_FIELDS.routeLink)]
    : [question(bridge, RTM_GETLINK, { attributes: { name: bridge, ...TERSE } }, { answer: "bridge" })];
}

/** The bridge is there for a TAP that arrives; one that leaves, and is no port, need not find it. */
function bridgeSteps(bridge: string): PlanStep[] {
  const questions = bridgeQuestions(bridge);
  return [...skipping(["ifdown"], questions), ...skipping(["ifup", "helper", "noPort", "mayFail"], questions)];
}

/** A helper's caller gets the bridge that he asks for by its name, or one that bridge.conf allows as well. */
function askedSteps({ match = {}, bridge = "" }: PolicyRule): PlanStep[] {
  const refusal = `another bridge is asked for, and the policy gives ${bridge}`;
  if (match.bridge !== undefined) return [allowance(ANSWER_FIELDS.bridgeName)];
  if (bridge !== "default-route") return [check(refusal, ANSWER_FIELDS.asked, name16(bridge))];
  return [
    byName("the bridge that is asked for", ANSWER_FIELDS.asked, "other"),
    check(refusal, ANSWER_FIELDS.otherIndex, number(0), { places: filledIn(0, ANSWER_FIELDS.bridgeIndex) }),
    allowance(ANSWER_FIELDS.bridgeName),
  ];
}

/** The VLANs of a port that is configured again, for the case that it has to be put back. */
function vlanQuestion(bridge: string): PlanStep {
  const content = { flags: NLM_F_DUMP, header: { family: AF_BRIDGE }, attributes: { extMask: ["brvlanCompressed"] } };
  return question(`the VLANs of a port of ${bridge}`, RTM_GETLINK, content as object, { answer: "vlans" });
}

/** What is asked and looked at before anything is done. */
export function questionSteps(rule: PolicyRule): PlanStep[] {
  const { bridge = "", vlans } = rule;
  const another = `it is a port of another bridge than ${bridge}`;
  const isBridge = check(`${bridge} is no bridge`, ANSWER_FIELDS.bridgeKind, text("bridge"));
  const isItsPort = check(another, ANSWER_FIELDS.formerMaster, number(0), {
    places: filledIn(0, ANSWER_FIELDS.bridgeIndex),
  });
  const steps = [
    ...tapSteps(),
    ...bridgeSteps(bridge),
    ...skipping(["ifdown"], [isBridge]),
    ...skipping(["noPort"], [isItsPort]),
    ...skipping(["ifup", "helper", "noPort"], [isBridge]),
    ...skipping(["ifup", "ifdown"], askedSteps(rule)),
    ...(vlans === undefined ? [] : skipping(["ifdown", "noPort"], [vlanQuestion(bridge)])),
  ];
  return skipping(["undoing"], steps);
}

/** The step that refuses. */
export function refusal(reason: string): PlanStep {
  return check(`the policy refuses it: ${reason}`, ANSWER_FIELDS.nothing, new Uint8Array());
}
