import { Host } from "../host/host.js";
import { captureAddresses } from "./steps/addresses.js";
import { asDeclared, capturePicture, captureWhole } from "./capture.js";
import type { HostDeclaration, ReadDeclaration, ReadLink, ReadNamespace, Some } from "./declaration/declaration.js";
import { reportedOf } from "./steps/links.js";
import { captureFdb, captureNeighbours } from "./steps/neighbours.js";
import { calledNow, type Rename, settingNow } from "./observation/renames.js";
import { ALONE, observe, type Picture, withDefaults } from "./observation/observe.js";
import { type Declared, plan, type Plan } from "./plan/plan.js";
import { farFrom } from "./plan/namespaces.js";
import { isThere } from "./steps/names.js";
import { formerPort, vlansOf } from "./steps/ports.js";
import { captureNexthops, withGroups } from "./steps/nexthops.js";
import { captureRoutes, keyOf as keyOfRoute } from "./steps/routes.js";
import { formerSwitches, linksOfSwitches, observeSwitches } from "./steps/open-vswitch.js";
import { captureRules } from "./steps/rules.js";
import { captureVirtualFunctions } from "./steps/virtual-functions.js";
import { formerRate } from "./steps/settings.js";
import { except } from "../base/except.js";

const NONE = { only: false, entries: [] } as const;
const NOTHING: ReadNamespace = { links: {}, nexthops: NONE, routes: NONE, rules: NONE, sysctls: {} };

/** What is there in place of what is wanted: what is not there is absent. */
function formerEntries<T extends object>(
  wanted: Some<T>,
  found: readonly T[],
  keyOf: (entry: T) => unknown,
): Some<T & { readonly absent?: true }> {
  const keys = (entries: readonly T[]): Map<string, T> =>
    new Map(entries.map((each) => [JSON.stringify(keyOf(each)), each]));
  const [there, said] = [keys(found), keys(wanted.entries)];
  const fresh = [...said].filter(([key]) => !there.has(key)).map(([, each]) => ({ ...each, absent: true as const }));
  const former = [...there].filter(([key]) => wanted.only || said.has(key)).map(([, each]) => each);
  return { only: false, entries: [...former, ...fresh] };
}

/** What a property is where the kernel reports none. */
function nothing(property: string): unknown {
  return property === "altnames" ? [] : property === "alias" ? "" : undefined;
}

/** A link as it is, so far as something is said of it. */
function formerLink(name: string, wanted: ReadLink, picture: Picture): ReadLink {
  const link = picture.links.get(name);
  if (link === undefined) return { absent: true };
  if (wanted.absent === true) return captureWhole(link, picture);
  const { kind, index, master } = link;
  // One that is made anew has all again.
  const isReplaced = wanted.kind !== undefined && wanted.kind !== kind;
  const reported = reportedOf(link, picture);
  const own = except(
    wanted,
    "kind",
    "match",
    "asPort",
    "vlans",
    "rate",
    "virtualFunctions",
    "addresses",
    "neighbours",
    "fdb",
    "dhcp",
    "takeOver",
    "release",
  );
  const settings = Object.keys(own).map((property) => [
    property,
    property === "master"
      ? master === undefined
        ? ""
        : picture.names.get(master)
      : (reported[property] ?? nothing(property)),
  ]);
  const port = formerPort(link, picture) as Readonly<Record<string, unknown>>;
  const said = master === undefined ? [] : Object.keys(wanted.asPort ?? {}).filter((each) => port[each] !== undefined);
  // A port that goes elsewhere gets all its options again.
  const options = "master" in own && wanted.master !== picture.names.get(master ?? 0) ? Object.keys(port) : said;
  const parts = {
    ...(wanted.vlans === undefined ? {} : { vlans: vlansOf(link, picture) }),
    ...(wanted.virtualFunctions === undefined
      ? {}
      : { virtualFunctions: captureVirtualFunctions(name, picture) ?? { count: 0 } }),
    ...(wanted.rate === undefined ? {} : { rate: formerRate(picture.rates.get(name) ?? {}) }),
    ...(options.length === 0 ? {} : { asPort: Object.fromEntries(options.map((each) => [each, port[each]])) }),
    ...(wanted.addresses === undefined
      ? {}
      : { addresses: formerEntries(wanted.addresses, captureAddresses(index, picture), ({ address }) => address) }),
    ...(wanted.neighbours === undefined
      ? {}
      : {
          neighbours: formerEntries(
            wanted.neighbours,
            captureNeighbours(index, picture),
            ({ address, proxy = false }) => [address, proxy],
          ),
        }),
    ...(wanted.fdb === undefined
      ? {}
      : {
          fdb: formerEntries(wanted.fdb, captureFdb(index, picture), (each) => [each.address, each.vlan, each.dst]),
        }),
  };
  const whole = isReplaced ? captureWhole(link, picture) : {};
  return {
    ...whole,
    ...(wanted.kind === undefined || kind === "other" ? {} : { kind }),
    ...Object.fromEntries(settings),
    ...(parts as object),
  } as ReadLink;
}

/** The way back from what is wanted to what is there. */
function wayBack(wanted: ReadDeclaration, removed: readonly string[], picture: Picture): ReadDeclaration {
  const links = Object.entries(wanted.links).map(([name, link]) => [name, formerLink(name, link, picture)] as const);
  // What goes with others, and is not named.
  const gone = removed.flatMap((name) => {
    const link = picture.links.get(name);
    return link === undefined || wanted.links[name] !== undefined
      ? []
      : ([[name, captureWhole(link, picture)]] as const);
  });
  const lost = new Set([...gone.map(([name]) => name), ...Object.keys(wanted.links)]);
  const nexthops = formerEntries(wanted.nexthops, captureNexthops(picture), ({ id }) => id);
  const retired = withGroups(new Set(nexthops.entries.map(({ id }) => id)), picture.nexthops);
  const overLost = captureRoutes(picture).filter(
    ({ link, nexthops: ways, nexthopId }) =>
      [link, ...(ways ?? []).map((way) => way.link)].some((each) => lost.has(each ?? "")) ||
      retired.has(nexthopId ?? 0),
  );
  const routes = formerEntries(wanted.routes, captureRoutes(picture), keyOfRoute);
  const known = new Set(routes.entries.map(keyOfRoute));
  const sysctls = Object.keys(wanted.sysctls).flatMap((name) => {
    const value = picture.sysctls.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    links: Object.fromEntries([...links, ...gone]),
    nexthops,
    routes: { only: false, entries: [...routes.entries, ...overLost.filter((each) => !known.has(keyOfRoute(each)))] },
    rules: formerEntries(wanted.rules, captureRules(picture), (rule) =>
      except(rule, "absent", "family", "action", "protocol"),
    ),
    sysctls: Object.fromEntries(sysctls),
  };
}

/** What is wanted of links, by the names that they have before they get others. */
function calledAsNow(wanted: ReadDeclaration, renames: readonly Rename[]): ReadDeclaration {
  if (renames.length === 0) return wanted;
  const links = Object.entries(wanted.links).map(([name, link]) => [calledNow(name, renames), except(link, "match")]);
  const sysctls = Object.entries(wanted.sysctls).map(([name, value]) => [settingNow(name, renames), value]);
  return {
    ...wanted,
    links: Object.fromEntries(links) as Record<string, ReadLink>,
    sysctls: Object.fromEntries(sysctls) as Record<string, string>,
  };
}

/** The way back from one namespace's plan. */
async function wayBackIn(host: Host, { wanted, groups, renames }: Plan): Promise<ReadDeclaration> {
  const steps = groups.flat().filter(({ namespace }) => namespace === undefined);
  const former = calledAsNow(wanted, renames);
  const far = await farFrom(host, Object.keys(wanted.namespaces ?? {}));
  const picture = await withDefaults(await observe(host, former, { ...ALONE, far }));
  const removed = steps
    .filter(({ action, subject }) => action === "remove" && subject === "link")
    .map(({ name }) => calledNow(name, renames));
  const back = wayBack(former, removed, picture);
  const links = { ...back.links };
  for (const { subject, action, name } of steps)
    if (subject === "lease") links[name] = { ...links[name], dhcp: action === "remove" };
  for (const { index } of renames) {
    const name = picture.names.get(index)!;
    links[name] = { ...links[name], match: { address: picture.links.get(name)!.address } };
  }
  if (wanted.openvswitch === undefined) return { ...back, links };
  // Links that Open vSwitch is to make go with its bridges.
  for (const name of linksOfSwitches(wanted.openvswitch)) if (!picture.links.has(name)) delete links[name];
  const openvswitch = formerSwitches(wanted.openvswitch, await observeSwitches(wanted.openvswitch));
  return { ...back, links, openvswitch };
}

/** What a namespace is, where it is declared. */
async function formerNamespace(name: string, plan: Plan | undefined): Promise<ReadNamespace> {
  if (!isThere(name)) return { ...NOTHING, absent: true };
  await using host = await Host.open({ namespace: { name } });
  if (plan !== undefined) return wayBackIn(host, plan);
  return capturePicture(await withDefaults(await observe(host)));
}

/**
 * The way back from a declaration: what is there now of all that it would change, as a declaration. Taken before it is
 * applied, and applied later, it takes that back; what it does not name stays.
 */
export async function revert(host: Host, declared: Declared): Promise<HostDeclaration> {
  const made = await plan(host, declared);
  const own = await wayBackIn(host, made);
  const names = Object.keys(made.wanted.namespaces ?? {});
  if (names.length === 0) return asDeclared(own);
  const former = names.map(async (name) => [name, await formerNamespace(name, made.namespaces.get(name))] as const);
  return asDeclared({ ...own, namespaces: Object.fromEntries(await Promise.all(former)) });
}
