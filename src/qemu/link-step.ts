import type { MessageContent } from "../netlink/message.js";
import { linkAttributes, type LinkHeader, RTM_NEWLINK } from "../rtnetlink/link/link.js";
import type { AnswerField } from "./answer-fields.js";
import { insertionInto } from "./insertion.js";
import type { PlanStep } from "./plan.js";
import { change } from "./steps.js";

export type LinkContent = MessageContent<LinkHeader, (typeof linkAttributes)["entries"]>;
export type Filled = Partial<Record<keyof typeof linkAttributes.entries, AnswerField>>;

/** A message about the link itself, with attributes that are filled in. */
export function linkStep(text: string, content: LinkContent, filled: Filled = {}): PlanStep {
  const made = change(text, RTM_NEWLINK, content);
  const places = Object.entries(filled).map(([name, field]) =>
    insertionInto(made.message, [linkAttributes.entries[name as keyof Filled][0]], () => field),
  );
  return { ...made, places: [...made.places, ...places] };
}

/** What stands in a place until it is filled in. */
export const LATER = 0;
export const LATER_MAC = "fe:00:00:00:00:00";
export const UP = { flags: ["up"], change: ["up"] } as const;
export const DOWN = { flags: [], change: ["up"] } as const;
