export type { ListedBaseChain } from "./chains/base-chains.js";
export type { Change, Changes, ChainReference, SetReference, TableReference } from "./messages/change.js";
export type { Clause, Need, RulePart } from "./rules/clause.js";
export type { ConnectionFilter, Direction, TrackedConnection } from "./conntrack/connections.js";
export type { Verdict } from "./values/data.js";
export { elementsOf } from "./sets/elements.js";
export type { Expression } from "./expressions/expression.js";
export type { StatefulExpression } from "./expressions/stateful.js";
export { hookName } from "./chains/hooks.js";
export type { Hook, Priority } from "./chains/hooks.js";
export { iptablesComment, iptablesCommentIn } from "./rules/iptables.js";
export type { Listed, ListedSet, Ruleset, RulesetFilter } from "./listing.js";
export {
  connectionState,
  destinationPort,
  iifname,
  ipDestination,
  ipSource,
  is,
  isIn,
  isMasked,
  not,
  oifname,
  sourcePort,
  verdictMap,
} from "./rules/matches.js";
export type { Ports } from "./rules/matches.js";
export type { TableFamily } from "./messages/nfnetlink.js";
export { restore } from "./restoring.js";
export { addRule, removeRule, replaceRule } from "./rules/rule-changes.js";
export type { RulePosition } from "./rules/rule-changes.js";
export type { SelectorName } from "./rules/selectors.js";
export { addElements, addSet, flushSet, removeElements, removeSet } from "./sets/set-changes.js";
export type { MapData, SetElement, SetSettings, SetShape } from "./sets/sets.js";
export {
  accept,
  addTo,
  counter,
  dnatBy,
  dnatTo,
  drop,
  goto,
  jump,
  limit,
  log,
  masquerade,
  notrack,
  object,
  redirect,
  reject,
  returnVerdict,
  setConnectionMark,
  setMark,
  snatTo,
  trace,
} from "./rules/statements.js";
export type { Rate, Translation } from "./rules/statements.js";
export {
  addChain,
  addObject,
  addTable,
  flushChain,
  removeChain,
  removeObject,
  removeTable,
} from "./chains/table-changes.js";
export type { BaseChain, ChainSettings, ObjectSettings, TableSettings } from "./chains/table-changes.js";
export type {
  ChainValues,
  ElementValues,
  FlowtableValues,
  ObjectValues,
  RuleValues,
  SetValues,
  TableValues,
} from "./messages/nf-tables.js";
export { readTrace } from "./trace.js";
export type { TraceStep } from "./trace.js";
export type { DataTypeName } from "./values/types.js";
export { commentIn } from "./messages/userdata.js";
