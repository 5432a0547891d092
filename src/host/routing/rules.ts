import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { checkSwitch } from "../../base/input.js";
import { u32 } from "../../netlink/codecs/numbers.js";
import { routeTable } from "../../rtnetlink/route/route-words.js";
import type { Rule, RuleFilter, RuleSettings } from "../../rtnetlink/rule/rule-message.js";
import { addRule, listRules, removeRule } from "../../rtnetlink/rule/rule-requests.js";
import { checked, type Known, like, object, optional } from "../work/arguments.js";
import { explainRouting } from "../hints/routing-hints.js";

/** The rules that choose a packet's routing table. The kernel cannot replace one: a rule is added, and another removed. */
export interface Rules {
  /** The rules that have all of what is given, in their order. */
  list(filter?: RuleFilter & Cancellation): Promise<Rule[]>;
  /**
   * Adds a rule and gives it as the kernel has it, with its priority. It looks in the main table unless another is given.
   * EEXIST when there is one like it; EOPNOTSUPP when the kernel does not know something that is given.
   */
  add(settings: RuleSettings): Promise<Rule>;
  /** Removes the rule that has all of what is given, and gives it; ENOENT when there is none, ENOTUNIQ when there are several. */
  remove(settings: RuleFilter): Promise<Rule>;
}

/** A rule that was listed can be given, too. */
const SETTINGS: Known<Rule> = {
  family: true,
  priority: like(u32),
  action: true,
  table: like(routeTable),
  goto: true,
  from: true,
  to: true,
  iif: true,
  oif: true,
  fwmark: true,
  fwmask: true,
  tos: true,
  dscp: true,
  dscpMask: true,
  flowlabel: true,
  flowlabelMask: true,
  uidRange: true,
  ipProto: true,
  sportRange: true,
  dportRange: true,
  sportMask: true,
  dportMask: true,
  tunId: true,
  l3mdev: checkSwitch,
  suppressPrefixlen: true,
  suppressIfgroup: true,
  flow: true,
  invert: checkSwitch,
  protocol: true,
  flags: true,
  unknown: true,
};

/** The rules that a connection reaches. */
export function rulesOf(connection: Connection): Rules {
  return checked<Rules>(
    {
      list: (filter = {}) => explainRouting(listRules(connection, filter)),
      add: (settings) => explainRouting(addRule(connection, settings)),
      remove: (settings) => explainRouting(removeRule(connection, settings)),
    },
    {
      list: [optional(object("filter", SETTINGS))],
      add: [object("settings", SETTINGS)],
      remove: [object("settings", SETTINGS)],
    },
  );
}
