import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, under } from "../base/errors.js";
import { checkNetworkName, type NetworkDefinition, type NetworkPlan, planOf } from "../networks/definition.js";
import { foldersOf } from "../networks/files.js";
import type { BridgeVlan } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import type { Policy, PolicyRule } from "./policy.js";

function definitionIn(folder: string, name: string): NetworkPlan {
  checkNetworkName(name);
  const file = join(folder, `${name}.json`);
  try {
    return planOf(JSON.parse(readFileSync(file, "utf8")) as NetworkDefinition);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError(`there is no network ${JSON.stringify(name)}: ${file} would be it`);
  }
}

/** A VLAN as a rule has it: what is not said is not there. */
function given({ id, to, pvid, untagged }: BridgeVlan): NonNullable<PolicyRule["vlans"]>[number] {
  return {
    id,
    ...(to === undefined ? {} : { to }),
    ...(pvid === undefined ? {} : { pvid }),
    ...(untagged === undefined ? {} : { untagged }),
  };
}

/** A rule with what a network says of its ports: the bridge, and its VLANs unless the rule has some. */
function resolved({ network, ...rule }: PolicyRule, folder: string): PolicyRule {
  if (network === undefined) return rule;
  const plan = under("network", () => definitionIn(folder, network));
  const isOfLinux = plan.bridge !== "" && plan.switch === undefined;
  if (!isOfLinux)
    throw new InputError(`guests of ${network} are on no bridge of Linux: linkwright qemu run`, "network");
  if (plan.antiSpoof === true)
    throw new InputError(`ports of ${network} have rules of their own, which linkwright qemu run makes`, "network");
  const vlans: PolicyRule["vlans"] = rule.vlans ?? plan.vlans?.map(given);
  return { ...rule, bridge: plan.bridge, ...(vlans === undefined ? {} : { vlans }) };
}

/**
 * A policy whose rules name bridges in place of networks, as those are defined now: when a network is changed, the plan is made anew.
 * Throws InputError for a network that there is not, and for one whose ports the programs cannot make.
 *
 * @param folder Where networks are defined.
 */
export function withNetworks(policy: Policy, folder = foldersOf({}).state): Policy {
  const rules = policy.rules?.map((rule, place) => under(`rules.${place}`, () => resolved(rule, folder)));
  return { ...policy, ...(rules === undefined ? {} : { rules }) };
}
