import { bytesOf } from "../netlink/codecs/bytes.js";
import { readHeader, readMessage } from "../netlink/message.js";
import { messageTypes } from "../rtnetlink/messages.js";
import { nameOf } from "./answer-fields.js";
import type { Case } from "../runner/plan.js";
import type { PlanRule, PlanStep } from "./plan.js";

/** A step, decoded. */
export interface DescribedStep {
  readonly kind: PlanStep["kind"];
  /** What it does, or refuses with. */
  readonly text: string;
  /** The cases in which it is left out. */
  readonly skip: readonly Case[];
  /** Of a step that asks or does something. */
  readonly message?: string | undefined;
  readonly header?: unknown;
  readonly attributes?: unknown;
  /** What is filled in when it is sent. */
  readonly places: readonly string[];
  /** What is looked at, or goes behind the message. */
  readonly object?: string | undefined;
}

/** A rule of a plan, as data. */
export interface DescribedRule {
  readonly match: Readonly<Record<string, unknown>>;
  readonly refuse?: string | undefined;
  /** Unless it refuses. */
  readonly bridge?: string | undefined;
  readonly steps: readonly DescribedStep[];
}

function messageOf({ kind, message }: PlanStep): Pick<DescribedStep, "message" | "header" | "attributes"> {
  if (kind === "check" || kind === "allow") return {};
  if (kind === "inquire" || kind === "transact")
    return { message: "a transaction of Open vSwitch", attributes: JSON.parse(Buffer.from(message).toString()) };
  if (kind === "batch") return { message: "a batch of nftables" };
  const bytes = bytesOf(message);
  const header = readHeader(bytes, 0);
  const type = header && messageTypes.get(header.type);
  const decoded = header && type && readMessage(bytes, 0, header, type);
  const name = decoded?.name ?? `type ${header?.type}`;
  return { message: name, header: decoded?.header, attributes: decoded?.attributes };
}

/** A step with its message decoded by the same tables that made it. */
export function describeStep(step: PlanStep): DescribedStep {
  const { kind, text, skip, places, object } = step;
  return {
    kind,
    text: text.replace(/^: /, ""),
    skip,
    ...messageOf(step),
    places: places.map(({ to, field }) => `${nameOf(field)} at ${to}`),
    ...(object === undefined ? {} : { object: nameOf(object) }),
  };
}

/** Why a rule refuses, if it does. */
export function refusalOf({ steps: [first] }: PlanRule): string | undefined {
  const refuses = first?.object !== undefined && nameOf(first.object) === "nothing";
  return refuses ? first.text.replace(/^: /, "") : undefined;
}

/** The bridge that a rule names, or "default-route". */
export function bridgeOf({ steps }: PlanRule): string {
  const asked = steps.find(({ answer }) => answer === "bridge");
  return asked?.text.replace(/^: /, "") ?? "";
}

/** What a rule of a plan asks, looks at and does. */
export function describeRule(rule: PlanRule): DescribedRule {
  const { steps, ...match } = rule;
  const refuse = refusalOf(rule);
  return { match, ...(refuse === undefined ? { bridge: bridgeOf(rule) } : { refuse }), steps: steps.map(describeStep) };
}
