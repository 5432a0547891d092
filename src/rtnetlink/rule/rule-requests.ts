import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL } from "../../netlink/message.js";
import { AF_UNSPEC } from "../protocol/families.js";
import { type Family, familyNumber } from "../protocol/network.js";
import {
  describeRule,
  lacking,
  type Rule,
  ruleContent,
  type RuleFilter,
  ruleOf,
  type RuleSettings,
} from "./rule-message.js";
import { RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE } from "./rule.js";

/** Lists rules, in the order in which the kernel goes through them. The kernel filters by family only. */
export async function listRules(connection: Connection, filter: RuleFilter): Promise<Rule[]> {
  const family = filter.family === undefined ? AF_UNSPEC : familyNumber(filter.family);
  const replies = await connection.dump(RTM_GETRULE, { header: { family } }, { identity: stated });
  return replies
    .map(ruleOf)
    .filter((rule) => rule !== undefined)
    .filter((rule) => lacking(rule, filter).length === 0);
}

function refused(code: string, syscall: string, subject: string, kernelMessage: string, hint?: string): NetlinkError {
  return new NetlinkError({ errno: errnoNumber(code), syscall, subject, kernelMessage, hint });
}

/** Removes a rule by everything that is known of it. */
async function deleteRule(connection: Connection, rule: Rule, subject: string): Promise<void> {
  await connection.request(RTM_DELRULE, ruleContent(rule), { subject });
}

/** Adds a rule and gives it as the kernel has it, with its priority; EEXIST when there is one like it. */
export async function addRule(connection: Connection, settings: RuleSettings): Promise<Rule> {
  const { protocol = "static" } = settings;
  const subject = describeRule(settings);
  const content = ruleContent({ ...settings, protocol });
  const flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO;
  const replies = await connection.request(RTM_NEWRULE, { ...content, flags }, { subject });
  const rule = replies.map(ruleOf).find((each) => each !== undefined);
  if (rule === undefined) throw refused("EBADMSG", "RTM_NEWRULE", subject, "it was done without a reply");
  const [ignored] = lacking(rule, settings);
  if (ignored === undefined) return rule;
  await deleteRule(connection, rule, subject);
  const hint = "it is newer than this kernel, or not built into it; the rule was taken back";
  const kernelMessage = `the kernel took no notice of ${ignored}`;
  throw refused("EOPNOTSUPP", "RTM_NEWRULE", subject, kernelMessage, hint);
}

/** Two rules that nothing tells apart. */
function isLike(one: Rule, other: Rule): boolean {
  return lacking(one, other).length === 0 && lacking(other, one).length === 0;
}

/**
 * Removes the rule that has all that is given, and gives what it was. ENOENT when there is none, ENOTUNIQ when there are
 * several that differ: the kernel would take the first.
 */
export async function removeRule(connection: Connection, settings: RuleFilter): Promise<Rule> {
  if (Object.values(settings).every((value) => value === undefined))
    throw new InputError("nothing says which rule is meant");
  const family: Family | undefined = settings.family ?? familyIn(settings);
  const subject = describeRule(settings);
  const [rule, ...others] = await listRules(connection, { ...settings, family });
  if (rule === undefined) throw refused("ENOENT", "RTM_DELRULE", subject, "there is no such rule");
  const other = others.find((each) => !isLike(rule, each));
  if (other !== undefined) {
    const places = [rule, ...others].map(({ family: each, priority }) => `${priority} (${each})`).join(", ");
    throw refused("ENOTUNIQ", "RTM_DELRULE", subject, `several rules have this: ${places}`, "say more of the one");
  }
  await deleteRule(connection, rule, subject);
  return rule;
}

function familyIn({ from, to }: RuleFilter): Family | undefined {
  const network = [from, to].find((each) => each !== undefined && each.includes("."));
  if (network !== undefined) return "inet";
  return [from, to].some((each) => each?.includes(":")) ? "inet6" : undefined;
}
