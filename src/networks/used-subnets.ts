import { InputError } from "../base/errors.js";
import type { Host } from "../host/host.js";
import type { ResolvedNetwork } from "./definition.js";
import { addressText, overlaps, type Subnet, subnetOf, subnetText } from "./subnet.js";

/** A subnet that is in use, and by whom, in words. */
export interface UsedSubnet {
  readonly subnet: Subnet;
  readonly by: string;
}

/** Bridges that other programs make, by how they are called. */
const MAKERS: readonly (readonly [name: RegExp, maker: string])[] = [
  [/^virbr\d/, "libvirt"],
  [/^(docker0$|br-[\da-f]{12}$)/, "Docker"],
  [/^(cni|podman)\d/, "Podman or CNI"],
  [/^lxcbr\d/, "LXC"],
  [/^(lxdbr|incusbr)\d/, "Incus or LXD"],
];

/** ", made by libvirt", where a link's name says so. */
function makerOf(link: string): string {
  const [, maker] = MAKERS.find(([name]) => name.test(link)) ?? [];
  return maker === undefined ? "" : `, made by ${maker}`;
}

/** The subnets that this machine has addresses in or routes to. */
export async function usedSubnets(host: Host): Promise<UsedSubnet[]> {
  const [links, addresses, routes] = await Promise.all([
    host.links({ only: ["name"] }),
    host.addresses(),
    host.routes.list(),
  ]);
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const nameOf = (index: number | undefined): string => names.get(index ?? 0) ?? "a link";
  return [
    ...addresses
      .filter(({ scope }) => scope === "global")
      .map(({ address, index }) => ({
        subnet: subnetOf(address),
        by: `${address} is on ${nameOf(index)}${makerOf(nameOf(index))}`,
      })),
    ...routes
      .filter(({ destination, scope, type }) => destination !== "default" && scope !== "link" && type === "unicast")
      .map(({ destination, link }) => ({
        subnet: subnetOf(destination),
        by: `there is a route to ${destination}${link === undefined ? "" : ` by ${nameOf(link)}`}`,
      })),
  ].filter(({ subnet }) => subnet.family === "inet" || subnetText(subnet) !== "fe80::/64");
}

/** The subnets of networks, which need not be up. */
export function subnetsOf(plans: readonly ResolvedNetwork[]): UsedSubnet[] {
  return plans.flatMap(({ name, subnets }) =>
    subnets.map(({ subnet, text }) => ({ subnet, by: `${text} is that of the network ${name}` })),
  );
}

/** Throws InputError, which says who has it, when a subnet is in use. */
export function checkFree(plan: ResolvedNetwork, used: readonly UsedSubnet[]): void {
  for (const { subnet, text } of plan.subnets) {
    const other = used.find((each) => overlaps(each.subnet, subnet));
    if (other !== undefined)
      throw new InputError(`${text} is in use: ${other.by}`, subnet.family === "inet" ? "subnet" : "subnet6");
  }
}

/** Subnets of 254 guests that private networks use (RFC 1918), those first that others choose least. */
function* candidates(): Generator<Subnet> {
  for (let third = 100; third < 255; third++) yield subnetOf(`192.168.${third}.0/24`);
  for (let second = 200; second < 255; second++)
    for (let third = 0; third < 255; third++) yield subnetOf(`10.${second}.${third}.0/24`);
}

/** A subnet of IPv4 that nobody uses. Throws InputError when there is none. */
export function freeSubnet(used: readonly UsedSubnet[]): string {
  for (const subnet of candidates()) if (!used.some((each) => overlaps(each.subnet, subnet))) return subnetText(subnet);
  throw new InputError(
    "none of 192.168.100.0/24 to 192.168.254.0/24 and 10.200.0.0/24 to 10.254.254.0/24 is free: give one",
    "subnet",
  );
}

/** A random subnet that is nobody else's (RFC 4193). */
export function uniqueLocalSubnet(): string {
  const random = BigInt(`0x${Buffer.from(crypto.getRandomValues(new Uint8Array(5))).toString("hex")}`);
  return `${addressText("inet6", (0xfdn << 120n) | (random << 80n))}/64`;
}
