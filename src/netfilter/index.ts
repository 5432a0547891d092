export type { ListedBaseChain } from "./base-chains.js";
export type { Change, Changes, ChainPlace, SetPlace, TablePlace } from "./change.js";
export type { Clause, Need, Part } from "./clause.js";
export type { ConnectionFilter, Direction, TrackedConnection } from "./connections.js";
export type { Verdict } from "./data.js";
export { elementsOf } from "./elements.js";
export type { Expression } from "./expressions/expression.js";
export type { StatefulExpression } from "./expressions/stateful.js";
export { hookName } from "./hooks.js";
export type { Hook, Priority } from "./hooks.js";
export { iptablesComment, iptablesCommentIn } from "./iptables.js";
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
} from "./matches.js";
export type { Ports } from "./matches.js";
export type { TableFamily } from "./nfnetlink.js";
export { restore } from "./restoring.js";
export { addRule, removeRule, replaceRule } from "./rule-changes.js";
export type { RulePosition } from "./rule-changes.js";
export type { SelectorName } from "./selectors.js";
export { addElements, addSet, flushSet, removeElements, removeSet } from "./set-changes.js";
export type { MapData, SetElement, SetSettings, SetShape } from "./sets.js";
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
} from "./statements.js";
export type { Rate, Translation } from "./statements.js";
export { addChain, addObject, addTable, flushChain, removeChain, removeObject, removeTable } from "./table-changes.js";
export type { BaseChain, ChainSettings, ObjectSettings, TableSettings } from "./table-changes.js";
export type {
  ChainValues,
  ElementValues,
  FlowtableValues,
  ObjectValues,
  RuleValues,
  SetValues,
  TableValues,
} from "./tables.js";
export { readTrace } from "./trace.js";
export type { TraceStep } from "./trace.js";
export type { DataTypeName } from "./types.js";
export { commentIn } from "./userdata.js";
