import { builtin } from "../base/builtin.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { ResolvedNetwork } from "./definition.js";
import { foldersOf, locked, type NetworkFolders, type Records, records } from "./state-files.js";

/** Settings of the kernel as they were before networks changed them, and what they were changed to. */
export interface ChangedSettings {
  /** In the order in which they were changed. */
  readonly changes: readonly { readonly name: string; readonly before: string; readonly to: string }[];
  /** What the kernel changes with them, as it was. */
  readonly beside: Readonly<Record<string, string>>;
}

const RECORD = "settings";
const NONE: ChangedSettings = { changes: [], beside: {} };

const IPV4 = "net/ipv4/ip_forward";
const IPV6 = "net/ipv6/conf/all/forwarding";
const perLink = (family: "ipv4" | "ipv6", link: string, what = "forwarding"): string =>
  `net/${family}/conf/${link}/${what}`;

/** The value of a setting; undefined where there is none: a link that went, a kernel without IPv6. */
async function valueOf(host: Host, name: string): Promise<string | undefined> {
  try {
    return await host.sysctl(name);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The links by which a default route came by router advertisement: they would lose it when they begin to forward. */
async function advertisedLinks(host: Host): Promise<string[]> {
  const routes = await host.routes.list({ family: "inet6", protocol: "ra" });
  const advertised = routes.filter(({ destination }) => destination === "default");
  const indexes = new Set(advertised.flatMap(({ link }) => link ?? []));
  const links = await Promise.all([...indexes].map((index) => host.link(index)));
  return links.map(({ name }) => name);
}

/**
 * What a network needs beside its bridge. IPv4 is forwarded between links that both forward, so that with an `outgoing` link nothing else
 * begins to; IPv6 only where all do, and then a link goes on listening to its router only with accept_ra 2.
 */
async function neededFor(
  host: Host,
  { mode, subnets, outgoing }: ResolvedNetwork,
): Promise<[name: string, value: string][]> {
  if (mode !== "nat" && mode !== "route" && mode !== "open") return [];
  const needs: [string, string][] = [];
  if (subnets.some(({ subnet }) => subnet.family === "inet"))
    needs.push([outgoing === undefined ? IPV4 : perLink("ipv4", outgoing), "1"]);
  if (subnets.some(({ subnet }) => subnet.family === "inet6")) {
    for (const link of await advertisedLinks(host))
      if ((await valueOf(host, perLink("ipv6", link, "accept_ra"))) === "1")
        needs.push([perLink("ipv6", link, "accept_ra"), "2"]);
    needs.push([IPV6, "1"]);
  }
  return needs;
}

/** What the kernel changes with a setting that is for all links (devinet_sysctl_forward, addrconf_fixup_forwarding). */
async function changedWith(host: Host, name: string): Promise<Record<string, string>> {
  if (name !== IPV4 && name !== IPV6) return {};
  const family = name === IPV4 ? "ipv4" : "ipv6";
  const places = ["all", "default", ...(await host.links({ only: ["name"] })).map((link) => link.name)];
  const names = places.map((place) => perLink(family, place));
  if (name === IPV4) names.push(perLink("ipv4", "all", "accept_redirects"));
  const values: Record<string, string> = {};
  for (const each of names.filter((other) => other !== name)) {
    const value = await valueOf(host, each);
    if (value !== undefined) values[each] = value;
  }
  return values;
}

type Family = "ipv4" | "ipv6";

/** Who relies on this machine's forwarding beside networks, in a namespace: a record for each, by the number of its file. */
async function claimsOf(host: Host, run: string) {
  await using namespace = await host.namespaceDescriptor();
  const { ino } = builtin("node:fs").fstatSync(namespace.fd);
  const kept = records<readonly Family[]>(builtin("node:path").join(run, "forwarding"));
  const name = String(ino);
  return { read: async () => (await kept.read(name)) ?? [], write: (all: readonly Family[]) => kept.write(name, all) };
}

/** What hosts have claimed, which holds until the machine is started again. */
const claimed = new WeakMap<Host, Set<string>>();

/** From now on until the machine is started again, no network that is stopped ends the forwarding of a family, whoever has begun it. */
export async function claimForwarding(host: Host, folders: NetworkFolders, family: Family): Promise<void> {
  const { run } = foldersOf(folders);
  const own = claimed.get(host) ?? new Set();
  if (own.has(`${run} ${family}`)) return;
  await claim(host, run, family);
  claimed.set(host, own.add(`${run} ${family}`));
}

async function claim(host: Host, run: string, family: Family): Promise<void> {
  const claims = await claimsOf(host, run);
  if ((await claims.read()).includes(family)) return;
  // A network that is being stopped is waited for: it may end the forwarding yet.
  await locked(run, async () => claims.write([...new Set([...(await claims.read()), family])]));
}

/** Sets what a network needs, and keeps how it was before anything is changed. */
export async function beginForwarding(
  host: Host,
  plan: ResolvedNetwork,
  kept: Records<ChangedSettings>,
): Promise<void> {
  for (const [name, to] of await neededFor(host, plan)) {
    const before = await valueOf(host, name);
    if (before === undefined || before === to) continue;
    const { changes, beside } = (await kept.read(RECORD)) ?? NONE;
    const more = await changedWith(host, name);
    const isKnown = changes.some((change) => change.name === name);
    await kept.write(RECORD, {
      changes: isKnown ? changes : [...changes, { name, before, to }],
      beside: { ...more, ...beside },
    });
    await host.setSysctl(name, to);
  }
}

/**
 * Puts back what no network of `others` needs any more, unless it is claimed, or somebody else has changed it since. No more of them are
 * looked at than have to be.
 */
export async function endForwarding(
  host: Host,
  others: AsyncIterable<ResolvedNetwork>,
  kept: Records<ChangedSettings>,
  run: string,
): Promise<void> {
  const record = await kept.read(RECORD);
  if (record === undefined) return;
  const needed = new Set<string>();
  for await (const other of others) {
    if (record.changes.every(({ name }) => needed.has(name))) break;
    for (const [name] of await neededFor(host, other)) needed.add(name);
    // A link that was made to listen to its router goes on as long as this machine forwards.
    if (other.subnets.some(({ subnet }) => subnet.family === "inet6"))
      for (const { name } of record.changes) if (name.endsWith("/accept_ra")) needed.add(name);
  }
  const claims = await (await claimsOf(host, run)).read();
  const isClaimed = (name: string): boolean => claims.some((family) => name.startsWith(`net/${family}/`));
  const over = record.changes.filter(({ name }) => !needed.has(name) && !isClaimed(name)).reverse();
  if (over.length === 0) return;
  for (const { name, before, to } of over) if ((await valueOf(host, name)) === to) await host.setSysctl(name, before);
  const families = new Set(over.map(({ name }) => (name === IPV4 ? "ipv4" : name === IPV6 ? "ipv6" : undefined)));
  const beside = Object.entries(record.beside);
  const due = beside.filter(([name]) => families.has(name.split("/")[1] as "ipv4" | "ipv6"));
  for (const [name, before] of due) {
    const now = await valueOf(host, name);
    if (now !== undefined && now !== before) await host.setSysctl(name, before);
  }
  const changes = record.changes.filter((change) => !over.includes(change));
  if (changes.length === 0) await kept.remove(RECORD);
  else await kept.write(RECORD, { changes, beside: Object.fromEntries(beside.filter((each) => !due.includes(each))) });
}
