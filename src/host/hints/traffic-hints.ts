import { NetlinkError } from "../../kernel/error.js";
import { explained } from "./late-hints.js";

/** The kernel's option for each kind of qdisc, filter and action, and its module. */
const OPTIONS: Record<string, string> = {
  bfifo: "CONFIG_NET_SCHED",
  clsact: "CONFIG_NET_SCH_INGRESS, module sch_ingress",
  flower: "CONFIG_NET_CLS_FLOWER, module cls_flower",
  fq_codel: "CONFIG_NET_SCH_FQ_CODEL, module sch_fq_codel",
  gact: "CONFIG_NET_ACT_GACT, module act_gact",
  htb: "CONFIG_NET_SCH_HTB, module sch_htb",
  ingress: "CONFIG_NET_SCH_INGRESS, module sch_ingress",
  matchall: "CONFIG_NET_CLS_MATCHALL, module cls_matchall",
  mirred: "CONFIG_NET_ACT_MIRRED, module act_mirred",
  pfifo: "CONFIG_NET_SCHED",
  police: "CONFIG_NET_ACT_POLICE, module act_police",
  tbf: "CONFIG_NET_SCH_TBF, module sch_tbf",
  u32: "CONFIG_NET_CLS_U32, module cls_u32",
};

/** What a request is made of, as far as hints depend on it. */
export interface TrafficKinds {
  readonly qdisc?: string | undefined;
  readonly filter?: string | undefined;
  readonly actions?: readonly string[] | undefined;
}

function lacking(what: string, kinds: readonly (string | undefined)[]): string {
  const names = [...new Set(kinds)].filter((kind) => kind !== undefined);
  const needed = names.map((kind) => OPTIONS[kind]).filter((option) => option !== undefined);
  return (
    `this kernel has no ${what} ${names.join(" or ")}` + (needed.length === 0 ? "" : `; it needs ${needed.join("; ")}`)
  );
}

function hintFor({ code, kernelMessage = "" }: NetlinkError, kinds: TrafficKinds): string | undefined {
  const { qdisc, filter, actions = [] } = kinds;
  if (qdisc !== undefined && /qdisc (kind is unknown|not found)/.test(kernelMessage)) return lacking("qdisc", [qdisc]);
  if (filter !== undefined && kernelMessage === "TC classifier not found") return lacking("filter", [filter]);
  if (actions.length > 0 && kernelMessage === "Failed to load TC action module") return lacking("action", actions);
  if (code === "ENODEV") return "there is no such link in this network namespace";
  if (code === "EEXIST" && qdisc !== undefined) return "a qdisc stands there already; replace it";
  return undefined;
}

/** Awaits a request of traffic control; what it rejects with gets a hint where the cause is known. */
export async function trafficExplained<T>(request: Promise<T>, kinds: TrafficKinds = {}): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.hint !== undefined) throw error;
    const hint = hintFor(error, kinds);
    return explained(Promise.reject(hint === undefined ? error : error.with({ hint })));
  }
}
