import { type Rule, ruleOf } from "../../rtnetlink/rule/rule-message.js";
import { listRules } from "../../rtnetlink/rule/rule-requests.js";
import { RTM_DELRULE, RTM_NEWRULE } from "../../rtnetlink/rule/rule.js";
import { message, nowhere, one, type SubjectTable } from "../subject.js";

const wordsOfNumbers = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

export const rule: SubjectTable<Rule> = {
  groups: [8, 19],
  told: message(RTM_NEWRULE),
  gone: message(RTM_DELRULE),
  onLink: false,
  entriesOf: one(ruleOf),
  keyOf: (rule) => JSON.stringify({ ...rule, flags: undefined }, wordsOfNumbers),
  nameOf: ({ priority }) => priority,
  linkOf: nowhere,
  list: (connection) => listRules(connection, {}),
  silent: [],
};
