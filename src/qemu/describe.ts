import { bytesOf } from "../netlink/bytes.js";
import { readHeader, readMessage } from "../netlink/message.js";
import { messageTypes } from "../rtnetlink/messages.js";
import type { PlanRule, PlanStep } from "./plan.js";

/** A step's message, decoded. */
export interface DescribedStep {
  readonly does: string;
  readonly message: string;
  readonly header: unknown;
  readonly attributes: unknown;
  /** What is filled in when it is sent. */
  readonly places: readonly string[];
}

/** A rule of a plan, as data. */
export interface DescribedRule {
  readonly match: Readonly<Record<string, unknown>>;
  readonly refuse?: string | undefined;
  readonly bridge?: string | undefined;
  readonly up?: readonly DescribedStep[] | undefined;
  readonly undo?: readonly DescribedStep[] | undefined;
  readonly down?: readonly DescribedStep[] | undefined;
}

function describeStep({ name = "", message = new Uint8Array(), places = [] }: PlanStep): DescribedStep {
  const bytes = bytesOf(message);
  const header = readHeader(bytes, 0);
  const type = header && messageTypes.get(header.type);
  const decoded = header && type && readMessage(bytes, 0, header, type);
  return {
    does: name,
    message: decoded?.name ?? `type ${header?.type}`,
    header: decoded?.header,
    attributes: decoded?.attributes,
    places: places.map(({ offset, value }) => `${value} at ${offset}`),
  };
}

/** What a rule of a plan does, with its messages decoded by the same tables that made them. */
export function describeRule({ refuse, bridge, up, undo, down, ...match }: PlanRule): DescribedRule {
  if (refuse !== undefined) return { match, refuse };
  return {
    match,
    bridge: bridge ?? "default-route",
    up: up?.map(describeStep),
    undo: undo?.map(describeStep),
    down: down?.map(describeStep),
  };
}
