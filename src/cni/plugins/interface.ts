import { builtin } from "../../base/builtin.js";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { aliasOf } from "../attachment.js";
import { bandwidthFor } from "../bandwidth.js";
import { type Call, part } from "../call.js";
import { CniError } from "../error.js";
import type { Ipam } from "../ipam/ipam.js";
import { macOf, readOptions, valueOf } from "../options.js";
import type { Result, ResultDns, ResultInterface } from "../result.js";
import { options } from "./bridge-options.js";

/** The MAC that is asked for: by the runtime, else by the configuration's `args`, else by CNI_ARGS. Throws InputError. */
export function macFor({ configuration, arguments: given }: Call): string | undefined {
  const all = [part(configuration, "runtimeConfig").mac, part(configuration, "args", "cni").mac, given.mac];
  const asked = all.find((mac) => mac !== undefined && mac !== null && mac !== "");
  return asked === undefined ? undefined : macOf(asked);
}

/**
 * What the host's end of a pair has beside its name: whose it is, and no address of IPv6. A port passes on all that comes in, and would
 * never be asked for one; a machine with a thousand ports would have three routes for each.
 */
export function endSettings(call: Call) {
  const hasSix = builtin("node:fs").existsSync("/proc/net/if_inet6");
  return {
    alias: aliasOf(call.network, call),
    afSpec: hasSix ? ({ inet6: { addrGenMode: "none" } } as const) : undefined,
  };
}

export async function linkNamed(host: Host, name: string): Promise<Link | undefined> {
  return host.link(name).catch((error: unknown) => {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  });
}

/** What IPAM gives the interface; nothing where the configuration has none. */
export async function addressesFor(ipam: Ipam | undefined, call: Call): Promise<Result> {
  const addressed = ipam === undefined ? undefined : await ipam.add(call);
  if (addressed?.ips?.length === 0) throw new CniError("refused", "the IPAM plugin gave no address");
  return addressed ?? {};
}

/** Whether the configuration wants an interface to have addresses. */
export function hasIpam({ configuration: { ipam } }: Call): boolean {
  return typeof ipam === "object" && ipam !== null && "type" in ipam && ipam.type !== "";
}

const { antiSpoof, macspoofchk, rate } = options;

/** Throws InputError for bounds that a port of a bridge alone sets to a container: passed over, they would mislead. */
export function checkUnbounded(call: Call): void {
  const given = readOptions({ antiSpoof, macspoofchk, rate }, call.configuration);
  const limit = Object.values(bandwidthFor(call, given.rate)).some((each) => each > 0);
  const bounds = { antiSpoof: given.antiSpoof, macspoofchk: given.macspoofchk, "rate, runtimeConfig.bandwidth": limit };
  for (const [key, isSet] of Object.entries(bounds))
    if (isSet) throw new InputError("linkwright-bridge alone does that", key);
}

/** An interface as an answer tells it. */
export function face({ name, address, mtu }: Link, sandbox?: string): ResultInterface {
  return { name, mac: address, mtu, sandbox };
}

/** What an answer says of DNS: what the configuration does, else what IPAM has said. */
export function dnsOf({ configuration }: Call, addressed: Result): ResultDns | undefined {
  const own = valueOf(configuration, "dns") as ResultDns | undefined;
  const says = Object.values(own ?? {}).some((value) => value !== undefined && value !== null && value !== "");
  return says ? own : addressed.dns;
}

export function differs(what: string): CniError {
  return new CniError("notAsAdded", what);
}

export async function there(host: Host, name: string, where: string): Promise<Link> {
  const link = await linkNamed(host, name);
  if (link === undefined) throw differs(`${name} is not ${where} any more`);
  return link;
}

/** Throws CniError unless a link has the MAC that it had. */
export function checkMac({ name, address }: Link, { interfaces = [] }: Result, sandbox?: string): void {
  const was = interfaces.find((each) => each.name === name && (each.sandbox ?? "") === (sandbox ?? ""));
  if (was?.mac !== undefined && was.mac.toLowerCase() !== address)
    throw differs(`${name} has the MAC ${address}, and had ${was.mac}`);
}

/** The container's interface. Throws CniError unless it is the one that was told of. */
export async function insideOf(container: Host, { ifname, netns }: Call, previous: Result): Promise<Link> {
  if (!(previous.interfaces ?? []).some(({ name, sandbox }) => name === ifname && sandbox === netns))
    throw differs(`prevResult has no ${ifname} in ${netns}`);
  const inside = await there(container, ifname, "in the container");
  checkMac(inside, previous, netns);
  return inside;
}

/** What was told of the container's interface alone. */
export function toldOf({ ifname }: Call, { interfaces = [], ips, routes }: Result): Result {
  return {
    ips: ips?.filter(({ interface: place }) => place === undefined || interfaces[place]?.name === ifname),
    routes,
  };
}
