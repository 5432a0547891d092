import { InputError } from "../base/errors.js";
import { NLM_F_CREATE, NLM_F_REPLACE } from "../netlink/message.js";
import { burstFor, policeFor, tbfFor, USUAL_PRIORITY, type Wanted } from "../host/traffic/rate-limit.js";
import { RTM_DELQDISC, RTM_DELTFILTER, RTM_NEWQDISC, RTM_NEWTFILTER } from "../rtnetlink/traffic/traffic-control.js";
import type { PlanStep } from "./plan.js";
import type { PolicyRule } from "./policy.js";
import { change, skipping } from "./steps.js";

type RateLimits = NonNullable<PolicyRule["rate"]>;

/** The MTU is known only when the plan is replayed: the burst has room for the largest frame that is usual. */
const LARGEST_USUAL_MTU = 9000;

const PUT = NLM_F_CREATE | NLM_F_REPLACE;
const CLSACT = { parent: "clsact", handle: "ffff:" } as const;
const INGRESS = { parent: "ingress" } as const;

function egressStep(wanted: Wanted, bridge: string): PlanStep {
  const attributes = { kind: "tbf", options: tbfFor(wanted) };
  const header = { parent: "root" } as const;
  return change(`limiting what goes out to ${bridge}`, RTM_NEWQDISC, { flags: PUT, header, attributes });
}

/** What an earlier call left is cleared: so a second call does not find the place taken. */
function ingressSteps(wanted: Wanted, bridge: string): PlanStep[] {
  const options = { actions: [{ kind: "police" as const, options: policeFor(wanted) }] };
  const clsact = { flags: PUT, header: CLSACT, attributes: { kind: "clsact" } };
  return [
    change(`preparing to limit ${bridge}`, RTM_NEWQDISC, clsact),
    change(`clearing the filters before ${bridge}`, RTM_DELTFILTER, { header: INGRESS }),
    change(`limiting what comes in to ${bridge}`, RTM_NEWTFILTER, {
      flags: NLM_F_CREATE,
      header: { ...INGRESS, priority: USUAL_PRIORITY, protocol: "all" },
      attributes: { kind: "matchall", options },
    }),
  ];
}

/** The steps that limit a TAP; throws InputError. */
export function rateSteps({ ingress, egress, burst }: RateLimits, bridge: string): PlanStep[] {
  const wanted = (rate: number): Wanted => ({ rate, burst: burst ?? burstFor(rate, LARGEST_USUAL_MTU) });
  if (ingress === undefined && egress === undefined) throw new InputError("it needs ingress, egress or both", "rate");
  return [
    ...(egress === undefined ? [] : [egressStep(wanted(egress), bridge)]),
    ...(ingress === undefined ? [] : ingressSteps(wanted(ingress), bridge)),
  ];
}

/** The steps that lift the limits, if they were set; a TAP that came as a port keeps them. */
export function unlimitSteps({ ingress, egress }: RateLimits, bridge: string): PlanStep[] {
  const text = `lifting the limit before ${bridge}`;
  const steps = [
    ...(egress === undefined ? [] : [change(text, RTM_DELQDISC, { header: { parent: "root" } })]),
    ...(ingress === undefined ? [] : [change(text, RTM_DELQDISC, { header: CLSACT })]),
  ];
  return skipping(["port", "mayFail"], steps);
}
