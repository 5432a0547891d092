import { InputError } from "../../base/errors.js";
import { together } from "../../base/together.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import { claimForwarding } from "../../networks/ip-forwarding.js";
import { addressText, overlaps, subnetOf } from "../../networks/subnet.js";
import { guardedPorts, guardNewPort } from "../../networks/anti-spoofing.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Attachment } from "../attachment.js";
import { type Bandwidth, bandwidthFor, checkBandwidth, limitBandwidth } from "../bandwidth.js";
import type { Call } from "../call.js";
import { checkConfigured, configure, setWhereThere, settle } from "../container.js";
import { CniError } from "../error.js";
import { type OptionValues, readOptions } from "../options.js";
import { portMappingsOf } from "../port-mappings.js";
import type { Result, ResultAddress, ResultRoute } from "../result.js";
import { checkRules, putUp } from "../firewall-rules.js";
import { options } from "./bridge-options.js";
import {
  addressesFor,
  checkMac,
  differs,
  dnsOf,
  endSettings,
  face,
  hasIpam,
  insideOf,
  linkNamed,
  macFor,
  there,
  toldOf,
} from "./interface.js";
import type { Checking, Making, Plugin, Where } from "./plugin.js";

type Options = OptionValues<typeof options> & { readonly rate: Bandwidth };

/** Throws InputError for what excludes one another. */
function optionsOf(call: Call): Options {
  const given = readOptions(options, call.configuration);
  if (hasIpam(call) && given.disableContainerInterface)
    throw new InputError("an interface that stays down has no address: leave ipam out", "disableContainerInterface");
  if (given.hairpinMode && given.promiscMode)
    throw new InputError("hairpinMode does the same for one port: choose one", "promiscMode");
  if (given.antiSpoof && (given.vlanTrunk !== undefined || given.disableContainerInterface))
    throw new InputError("it drops frames with a VLAN tag, and knows nobody without an address", "antiSpoof");
  if (given.antiSpoof && !hasIpam(call))
    throw new InputError("nothing says which addresses the container has: give ipam, or network", "antiSpoof");
  return { ...given, rate: bandwidthFor(call, given.rate), isGateway: given.isGateway || given.isDefaultGateway };
}

function filters({ vlan, vlanTrunk }: Options): boolean {
  return vlan !== 0 || vlanTrunk !== undefined;
}

/** The bridge: the one that there is, or a new one, with a MAC of its own, which no port changes. */
async function bridgeFor(host: Host, given: Options): Promise<Link> {
  const { bridge: name, mtu, promiscMode } = given;
  let link = await linkNamed(host, name);
  if (link === undefined) {
    const settings = { mtu: mtu === 0 ? undefined : mtu, vlanFiltering: filters(given) ? true : undefined };
    link = await host.addBridge(name, settings).catch(async (error: unknown) => {
      // Another was quicker.
      if (error instanceof NetlinkError && error.code === "EEXIST") return host.link(name);
      throw error;
    });
    await setWhereThere(host, `net/ipv6/conf/${name}/accept_ra`, 0);
  }
  if (link.kind !== "bridge")
    throw new InputError(`${name} is no bridge, but ${link.kind ?? "a network card"}`, "bridge");
  if (!link.up || (promiscMode && !link.flags.includes("promisc")))
    await host.setLink(link, { up: true, promisc: promiscMode ? true : undefined });
  return link;
}

/** A port's VLANs; undefined leaves them alone. */
function vlansOf({ vlan, vlanTrunk = [], preserveDefaultVlan }: Options, bridge: Link) {
  if (vlan === 0 && vlanTrunk.length === 0) return undefined;
  const own = vlan === 0 ? 1 : vlan;
  const usual = (bridge.linkInfo?.data as { vlanDefaultPvid?: number } | undefined)?.vlanDefaultPvid ?? 1;
  const kept = preserveDefaultVlan && usual !== 0 && usual !== own ? [{ id: usual, untagged: true }] : [];
  const tagged = vlanTrunk.filter((each) => each !== own).map((id) => ({ id }));
  return [...kept, { id: own, pvid: true, untagged: true }, ...tagged];
}

/** The link that has the gateways' addresses of a VLAN: a VLAN on the bridge. */
async function gatewayLink(host: Host, bridge: Link, { vlan }: Options): Promise<Link> {
  if (vlan === 0) return bridge;
  const name = `${bridge.name}.${vlan}`;
  const there = await linkNamed(host, name);
  if (there !== undefined) return there;
  await host.bridgeVlans.add(bridge, [{ id: vlan }]);
  return host.addVlan(name, { link: bridge.name, id: vlan, up: true }).catch(async (error: unknown) => {
    if (error instanceof NetlinkError && error.code === "EEXIST") return host.link(name);
    throw error;
  });
}

/** Gives a link a gateway's address, unless it has it. */
async function ensureAddress(host: Host, link: Link, address: string, force: boolean): Promise<void> {
  const wanted = subnetOf(address);
  const family = wanted.family;
  const there = await host.addresses({ link });
  if (there.some((each) => each.address === address)) return;
  for (const each of there) {
    if (each.family !== family || (family === "inet6" && !overlaps(subnetOf(each.address), wanted))) continue;
    if (!force)
      throw new CniError("refused", `${link.name} has ${each.address}, not ${address}: forceAddress would replace it`);
    await host.removeAddress(link, each.address);
  }
  const how = family === "inet" ? { broadcast: "+" } : { flags: ["nodad" as const] };
  await host.addAddress(link, address, how).catch((error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "EEXIST") throw error;
  });
}

const FORWARDING = { inet: "net/ipv4/ip_forward", inet6: "net/ipv6/conf/all/forwarding" } as const;

async function forward({ host, networks }: Where, family: "inet" | "inet6"): Promise<void> {
  // A network may have begun it, and would end it.
  await claimForwarding(host, networks, family === "inet" ? "ipv4" : "ipv6");
  if ((await host.sysctl(FORWARDING[family])) !== "1") await host.setSysctl(FORWARDING[family], 1);
}

/** Addresses with their gateways, and the default routes by them. */
function withGateways(
  { ips = [], routes = [] }: Result,
  { isGateway, isDefaultGateway }: Options,
): {
  ips: ResultAddress[];
  routes: ResultRoute[];
} {
  const all = [...routes];
  const each = ips.map((ip) => {
    const { family, first } = subnetOf(ip.address);
    const gateway = ip.gateway ?? (isGateway ? addressText(family, first + 1n) : undefined);
    const dst = family === "inet" ? "0.0.0.0/0" : "::/0";
    if (isDefaultGateway && !all.some((route) => route.dst === dst && route.gw !== undefined))
      all.push({ dst, gw: gateway });
    return { address: ip.address, gateway, interface: 2 };
  });
  return { ips: each, routes: all };
}

/** Makes the gateways, and gives the link that has them where that is not the bridge. */
async function makeGateways(
  where: Where,
  bridge: Link,
  given: Options,
  ips: readonly ResultAddress[],
): Promise<Link | undefined> {
  const { host } = where;
  const link = await gatewayLink(host, bridge, given);
  for (const { address, gateway } of ips) {
    const { family, length } = subnetOf(address);
    await ensureAddress(host, link, `${gateway}/${length}`, given.forceAddress);
    await forward(where, family);
  }
  return link === bridge ? undefined : link;
}

/** A port that leads to this container by another of its networks already is left to that: runtimes tell all of them of it. */
async function putUpRules({ host, call, all, keep }: Making, attachment: Attachment): Promise<void> {
  if (await putUp(host, attachment)) return;
  const own = all().filter(({ container, link }) => container === call.container && link !== attachment.link);
  const theirs = new Set(own.flatMap(({ ports }) => ports).map((port) => JSON.stringify(port)));
  const ports = attachment.ports.filter((port) => !theirs.has(JSON.stringify(port)));
  if (ports.length < attachment.ports.length && (await putUp(host, keep({ ports })))) return;
  const named = ports.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`).join(", ");
  throw new CniError("refused", `a port of this machine leads to another container already: ${named}`);
}

/** Milliseconds until the pair must have its carrier. */
const MOST_CARRIER = 2500;

async function add(making: Making): Promise<Result> {
  const { host, namespace, call, ipam, attachment, keep } = making;
  const given = optionsOf(call);
  const { ifname, netns } = call;
  const bridge = await bridgeFor(host, given);
  const mtu = given.mtu === 0 ? undefined : given.mtu;
  const peer = { name: ifname, address: macFor(call), mtu, namespace };
  const port = await host.addVeth(attachment.link, { peer, mtu: mtu ?? bridge.mtu, ...endSettings(call) });
  const inside = { index: port.link!, name: ifname };
  await host.attach(port, bridge, {
    mode: given.hairpinMode ? true : undefined,
    isolated: given.portIsolation ? true : undefined,
    vlans: vlansOf(given, bridge),
  });
  const container = await making.container;
  const isBound = given.macspoofchk || given.antiSpoof;
  const mac = isBound ? (await container.link(inside)).address : undefined;
  if (given.macspoofchk) keep({ onlyMac: mac });
  const addressed = await addressesFor(ipam, call);
  const { ips, routes } = withGateways(addressed, given);
  const addresses = ips.map(({ address }) => address);
  const guard = { index: port.index, mac: mac ?? "", addresses: addresses.map((each) => each.split("/")[0]!) };
  const whole = keep({ addresses, guard: given.antiSpoof ? guard : undefined });
  const bind = async (): Promise<void> => {
    await limitBandwidth(host, port.name, given.rate);
    if (given.antiSpoof) await guardNewPort(host, guard, making.rules);
    await putUpRules(making, whole);
  };
  const settled = ips.length > 0 ? settle(container, inside, { ips }, given.enabledad) : Promise.resolve();
  await together([bind(), settled]);
  let gateways: Link | undefined;
  if (ips.length > 0) {
    if (given.isGateway) gateways = await makeGateways(making, bridge, given, ips);
    await configure(container, inside, { ips, routes }, given.enabledad);
  } else if (!given.disableContainerInterface) await container.setLink(inside, { up: true });
  const [outside, end, own] = await together([host.link(bridge), host.link(port), container.link(inside)]);
  const hasCarrier = given.disableContainerInterface || end.operstate === "up";
  if (!hasCarrier) await host.waitFor(port, { operstate: "up" }, { timeout: MOST_CARRIER });
  return {
    interfaces: [face(outside), face(end), face(own, netns), ...(gateways === undefined ? [] : [face(gateways)])],
    ips: ips.length === 0 ? undefined : ips,
    routes: routes.length === 0 ? undefined : routes,
    dns: dnsOf(call, addressed),
  };
}

async function check(checking: Checking): Promise<void> {
  const { host, container, call, attachment, previous } = checking;
  const given = optionsOf(call);
  const inside = await insideOf(container, call, previous);
  const bridge = await there(host, given.bridge, "on this machine");
  checkMac(bridge, previous);
  const port = (await host.links({ master: bridge })).find(
    ({ index, link }) => index === inside.link && link === inside.index,
  );
  if (port === undefined) throw differs(`no port of ${given.bridge} leads to ${call.ifname} of the container`);
  checkMac(port, previous);
  await checkBandwidth(host, port.name, given.rate);
  if (given.antiSpoof && !(await guardedPorts(host)).some(({ link }) => link === port.name))
    throw differs(`${port.name} may say that it is anybody`);
  await checkConfigured(container, call.ifname, toldOf(call, previous));
  if (attachment !== undefined) await checkRules(host, attachment);
}

/** A container's interface is one end of a veth, whose other end is a port of a bridge. */
export const onBridge: Plugin = {
  options,
  plan(call) {
    const { ipMasq } = optionsOf(call);
    macFor(call);
    return { masquerade: ipMasq, ports: portMappingsOf(call) };
  },
  add,
  check,
};
