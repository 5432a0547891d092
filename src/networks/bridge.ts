import type { Host } from "../host/host.js";
import { InputError } from "../base/errors.js";
import { NetlinkError } from "../kernel/error.js";
import type { Link } from "../rtnetlink/link/link.js";
import { makesBridge, type ResolvedNetwork } from "./definition.js";
import { openVSwitchBridge } from "./open-vswitch-bridge.js";

/** The link of a name, if there is one. */
async function linkNamed(host: Host, name: string): Promise<Link | undefined> {
  try {
    return await host.link(name);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** Whether a link is the bridge that a network has made: it has its MAC. */
function isOwn({ mac }: ResolvedNetwork, link: Link): boolean {
  return link.kind === "bridge" && link.address === mac;
}

/** Throws InputError unless the links that a network needs are there, and the bridge that it makes is not. */
export async function checkLinks(host: Host, plan: ResolvedNetwork): Promise<void> {
  const { bridge, outgoing, interfaces = [] } = plan;
  for (const [name, link] of [
    ...interfaces.map((each, place) => [`interfaces.${place}`, each] as const),
    ...(outgoing === undefined ? [] : [["outgoing", outgoing] as const]),
  ])
    if ((await linkNamed(host, link)) === undefined) throw new InputError(`there is no link ${link}`, name);
  if (plan.switch === "openvswitch") await openVSwitchBridge(bridge).check();
  else if (bridge !== "") await checkBridge(host, plan);
}

async function checkBridge(host: Host, plan: ResolvedNetwork): Promise<void> {
  const { mode, bridge } = plan;
  const link = await linkNamed(host, bridge);
  if (mode === "bridge" && link === undefined)
    throw new InputError(`there is no link ${bridge}: a network of mode bridge takes one that there is`, "bridge");
  if (mode === "bridge" && link!.kind !== "bridge")
    throw new InputError(`${bridge} is no bridge, but ${link!.kind ?? "a network card"}`, "bridge");
  if (mode !== "bridge" && link !== undefined)
    throw new InputError(`there is a link ${bridge} already, which is not this network's`, "bridge");
}

/** Makes a network's bridge, with its addresses, and brings it up. */
export async function makeBridge(host: Host, plan: ResolvedNetwork): Promise<void> {
  if (!makesBridge(plan)) return;
  const { bridge, mac, mtu, mode, subnets } = plan;
  const link = await host.addBridge(bridge, { address: mac, forwardDelay: 0, mtu });
  const has = (family: "inet" | "inet6"): boolean => subnets.some(({ subnet }) => subnet.family === family);
  const forwards = mode === "nat" || mode === "route" || mode === "open";
  if (has("inet6")) await host.setSysctl(`net/ipv6/conf/${bridge}/accept_ra`, 0);
  else await host.setSysctl(`net/ipv6/conf/${bridge}/disable_ipv6`, 1).catch(unlessAbsent);
  if (forwards && has("inet")) await host.setSysctl(`net/ipv4/conf/${bridge}/forwarding`, 1);
  for (const { address, subnet } of subnets)
    // Nobody else can have it: the link is new.
    await host.addAddress(
      link,
      `${address}/${subnet.length}`,
      subnet.family === "inet" ? { broadcast: "+" } : { flags: ["nodad"] },
    );
  await host.setLink(link, { up: true });
}

/** A kernel without IPv6 has nothing to turn off. */
function unlessAbsent(error: unknown): void {
  if (!(error instanceof NetlinkError) || error.code !== "ENOENT") throw error;
}

/** The ports of a network's bridge of Linux, by name. */
export async function portNames(host: Host, { bridge }: ResolvedNetwork): Promise<string[]> {
  const link = await linkNamed(host, bridge);
  if (link === undefined) return [];
  return (await host.links({ master: link })).map(({ name }) => name);
}

/** Removes a network's bridge, if it is there and its own. */
export async function removeBridge(host: Host, plan: ResolvedNetwork): Promise<void> {
  if (!makesBridge(plan)) return;
  const link = await linkNamed(host, plan.bridge);
  if (link === undefined || !isOwn(plan, link)) return;
  try {
    await host.remove(link);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV") throw error;
  }
}

/** Whether the bridge that a network has made is there; those of others are their own business. */
export async function hasBridge(host: Host, plan: ResolvedNetwork): Promise<boolean> {
  if (!makesBridge(plan)) return true;
  const link = await linkNamed(host, plan.bridge);
  return link !== undefined && isOwn(plan, link);
}
