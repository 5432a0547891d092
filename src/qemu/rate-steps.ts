import { InputError } from "../netlink/error.js";
import { NLM_F_CREATE, NLM_F_REPLACE } from "../netlink/message.js";
import { burstFor, policeFor, tbfFor, USUAL_PRIORITY, type Wanted } from "../host/rate-limit.js";
import { RTM_DELQDISC, RTM_DELTFILTER, RTM_NEWQDISC, RTM_NEWTFILTER } from "../rtnetlink/traffic-control.js";
import type { PlanStep } from "./plan.js";
import type { PolicyRule } from "./policy.js";
import { step } from "./steps.js";

type RateLimits = NonNullable<PolicyRule["rate"]>;

/** The MTU is known only when the plan is replayed: the burst has room for the largest frame that is usual. */
const LARGEST_USUAL_MTU = 9000;

const PUT = NLM_F_CREATE | NLM_F_REPLACE;
const CLSACT = { parent: "clsact", handle: "ffff:" } as const;
const INGRESS = { parent: "ingress" } as const;

function egressStep(wanted: Wanted): PlanStep {
  const attributes = { kind: "tbf", options: tbfFor(wanted) };
  return step("limiting what goes out to", RTM_NEWQDISC, { flags: PUT, header: { parent: "root" }, attributes });
}

/** What an earlier call left is cleared: so a second call does not find the place taken. */
function ingressSteps(wanted: Wanted): PlanStep[] {
  const options = { actions: [{ kind: "police" as const, options: policeFor(wanted) }] };
  return [
    step("preparing to limit", RTM_NEWQDISC, { flags: PUT, header: CLSACT, attributes: { kind: "clsact" } }),
    step("clearing the filters before", RTM_DELTFILTER, { header: INGRESS }),
    step("limiting what comes in to", RTM_NEWTFILTER, {
      flags: NLM_F_CREATE,
      header: { ...INGRESS, priority: USUAL_PRIORITY, protocol: "all" },
      attributes: { kind: "matchall", options },
    }),
  ];
}

/** The steps that limit a TAP; throws InputError. */
export function rateSteps({ ingress, egress, burst }: RateLimits): PlanStep[] {
  const wanted = (rate: number): Wanted => ({ rate, burst: burst ?? burstFor(rate, LARGEST_USUAL_MTU) });
  if (ingress === undefined && egress === undefined) throw new InputError("it needs ingress, egress or both", "rate");
  return [
    ...(egress === undefined ? [] : [egressStep(wanted(egress))]),
    ...(ingress === undefined ? [] : ingressSteps(wanted(ingress))),
  ];
}

/** The steps that lift the limits. */
export function unlimitSteps({ ingress, egress }: RateLimits): PlanStep[] {
  return [
    ...(egress === undefined ? [] : [step("lifting the limit before", RTM_DELQDISC, { header: { parent: "root" } })]),
    ...(ingress === undefined ? [] : [step("lifting the limit before", RTM_DELQDISC, { header: CLSACT })]),
  ];
}
