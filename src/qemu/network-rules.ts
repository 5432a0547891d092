import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, under } from "../base/errors.js";
import {
  checkNetworkName,
  dhcpOf,
  type NetworkDefinition,
  type ResolvedNetwork,
  planOf,
} from "../networks/definition.js";
import { foldersOf } from "../networks/state-files.js";
import { addressOfMac } from "../networks/interface-identifier.js";
import type { BridgeVlan } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import { checkOpenVswitch, type Policy, type PolicyRule } from "./policy.js";

function definitionIn(folder: string, name: string): ResolvedNetwork {
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

/**
 * Who is behind a rule's TAPs, with the addresses that a network gives to that MAC: what it has reserved, and what the MAC makes of its
 * prefix of IPv6.
 */
function guestOf({ antiSpoof: guest }: PolicyRule, plan: ResolvedNetwork): PolicyRule["antiSpoof"] {
  if (guest === undefined) {
    if (plan.antiSpoof !== true) return undefined;
    throw new InputError(`guests of ${plan.name} can be nobody but themselves: say which it is, by its "mac"`);
  }
  const mac = guest.mac.toLowerCase();
  const reserved = (dhcpOf(plan)?.reservations ?? []).filter((each) => each.mac?.toLowerCase() === mac);
  const six = plan.subnets.filter(({ subnet }) => subnet.family === "inet6" && subnet.length === 64);
  const own = [...reserved.map(({ address }) => address), ...six.map(({ subnet }) => addressOfMac(subnet, mac))];
  const addresses = [...new Set([...own, ...(guest.addresses ?? [])])];
  if (addresses.length > 0) return { mac, addresses };
  throw new InputError(
    `${plan.name} keeps no address for ${mac}: reserve one (dhcp.reservations), or give "addresses"`,
  );
}

/** A rule with what a network says of its ports: the bridge, who its guests are, and its VLANs unless the rule has some. */
function resolved({ network, ...rule }: PolicyRule, folder: string): PolicyRule {
  if (network === undefined) return rule;
  const plan = under("network", () => definitionIn(folder, network));
  if (plan.bridge === "") throw new InputError(`guests of ${network} are on no bridge: linkwright qemu run`, "network");
  const antiSpoof = under("antiSpoof", () => guestOf(rule, plan));
  const vlans: PolicyRule["vlans"] = rule.vlans ?? plan.vlans?.map(given);
  const whole = {
    ...rule,
    bridge: plan.bridge,
    ...(plan.switch === undefined ? {} : { switch: plan.switch }),
    ...(vlans === undefined ? {} : { vlans }),
    ...(antiSpoof === undefined ? {} : { antiSpoof }),
  };
  if (whole.switch !== undefined) checkOpenVswitch(whole);
  return whole;
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
