import { lacking, type Rule, type RuleSettings } from "../../rtnetlink/rule/rule-message.js";
import type { RuleEntry, Some } from "../declaration/declaration.js";
import { call } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { type Step, step } from "./step.js";
import { except } from "../../base/except.js";

/** A rule as it can be given again. */
export function ruleSettings(rule: Rule): RuleSettings {
  return except(rule, "flags", "unknown");
}

/** The rules that a namespace has from its beginning. */
function isKernelMade({ protocol, l3mdev }: Rule): boolean {
  return protocol === "kernel" || l3mdev === true;
}

function described(settings: RuleSettings): string {
  const words = Object.entries(settings).filter(([name, value]) => value !== undefined && name !== "protocol");
  return words
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");
}

function familyOf({ family, from, to }: RuleSettings): string {
  return family ?? ((from ?? to)?.includes(":") === true ? "inet6" : "inet");
}

function removal(rule: Rule, reason: string): Step {
  const settings = ruleSettings(rule);
  return step("withdraw", {
    action: "remove",
    subject: "rule",
    name: described(settings),
    reason,
    do: [call("rules.remove", settings)],
    undo: [call("rules.add", settings)],
  });
}

/** Rules that choose a routing table: each is there or not. */
export function compareRules({ entries, only }: Some<RuleEntry>, { rules }: Picture): Step[] {
  const meant = new Set<Rule>();
  const steps: Step[] = [];
  for (const { absent, ...settings } of entries) {
    const wanted =
      settings.table === undefined &&
      settings.action === undefined &&
      settings.goto === undefined &&
      settings.l3mdev !== true
        ? { table: "main" as const, ...settings }
        : settings;
    const rule = rules.find(
      (each) => !meant.has(each) && each.family === familyOf(wanted) && lacking(each, wanted).length === 0,
    );
    if (rule !== undefined) meant.add(rule);
    if (absent === true && rule !== undefined) steps.push(removal(rule, "it is not to be there"));
    if (absent === true || rule !== undefined) continue;
    steps.push(
      step("rules", {
        action: "add",
        subject: "rule",
        name: described(settings),
        reason: "there is no such rule",
        do: [call("rules.add", settings)],
        undo: [call("rules.remove", settings)],
      }),
    );
  }
  if (only)
    for (const rule of rules)
      if (!meant.has(rule) && !isKernelMade(rule)) steps.push(removal(rule, "only other rules are declared"));
  return steps;
}

/** The rules as they can be declared. */
export function captureRules({ rules }: Picture): RuleEntry[] {
  return rules.filter((rule) => !isKernelMade(rule)).map(ruleSettings);
}
