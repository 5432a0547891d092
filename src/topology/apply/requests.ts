import { wholeOptions } from "../../host/links/kind-options.js";
import { splitSettings } from "../../host/links/new-link.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { tapFlags } from "../../host/taps/tap-options.js";
import { filtersOf } from "../../host/traffic/filters.js";
import { qdiscsOf } from "../../host/traffic/qdiscs.js";
import { burstFor, policeFor, type RateLimitOptions, tbfFor, USUAL_PRIORITY } from "../../host/traffic/rate-limit.js";
import { NetlinkError } from "../../kernel/error.js";
import { LITTLE_ENDIAN, Writer } from "../../netlink/codecs/bytes.js";
import type { Connection } from "../../netlink/connection.js";
import type { RecordedRequest } from "../../netlink/recording.js";
import { addVlans, type BridgeVlan, removeVlans } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { otherVlans } from "../../rtnetlink/bridge/vlan-ranges.js";
import { joinsDown } from "../../host/ports/port.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import { changeLink } from "../../rtnetlink/link/link-requests.js";
import { removeRoute } from "../../rtnetlink/route/route-requests.js";
import type { RouteSettings } from "../../rtnetlink/route/route-message.js";
import { RTM_DELRULE } from "../../rtnetlink/rule/rule.js";
import { ruleContent, type RuleSettings } from "../../rtnetlink/rule/rule-message.js";
import { INDEX_IN_MESSAGE, makeTap, sendBytes, writeSetting, type Step as RunnerStep } from "../../runner/steps.js";
import type { Picture } from "../observation/observe.js";
import { except } from "../../base/except.js";
import { call, type Operation, perform } from "../steps/operation.js";
import type { Step } from "../steps/step.js";

type Values = Readonly<Record<string, unknown>>;

/** What is known where a plan is compiled: how it is before the first step. */
export interface Before {
  readonly host: Host;
  readonly picture: Picture;
  /** Links that the plan creates: what is done to them goes with them. */
  readonly created: ReadonlySet<string>;
  /** Links that it makes ports of something. */
  readonly moved: ReadonlySet<string>;
  /** A group that no link is in: what is to be removed is gathered in it, and goes in one request. */
  readonly group: number;
}

export function u32(value: number): Buffer {
  const writer = new Writer();
  writer.u32(value);
  return writer.take();
}

/** The requests that work comes to. The kernel echoes nothing of what is only written down. */
export async function requestsOf(
  host: Host,
  work: (recorded: { host: Host; connection: Connection }) => Promise<unknown>,
): Promise<readonly RecordedRequest[]> {
  const recorded = host.recorded();
  try {
    await work(recorded);
  } catch (error) {
    if (!(error instanceof NetlinkError && error.code === "EBADMSG") || recorded.requests.length === 0) throw error;
  }
  return recorded.requests;
}

function written(requests: readonly RecordedRequest[], text = "it cannot be put back", index?: number): RunnerStep[] {
  return requests.map(({ message, bytes }) => {
    const whole = Buffer.from(bytes, "hex");
    const flags = LITTLE_ENDIAN ? whole.readUInt16LE(6) : whole.readUInt16BE(6);
    const creates = message === "RTM_NEWLINK" && (flags & 0x400) !== 0;
    // What others say of a link, they say by its index: it has the one again that it had.
    if (creates && index !== undefined) u32(index).copy(whole, INDEX_IN_MESSAGE);
    return sendBytes(text, whole);
  });
}

export async function performed(before: Before, operation: Operation): Promise<RunnerStep[]> {
  const { call: how, with: given } = operation;
  if (how === "setLink") return changed(before, given[0] as string, undefined, given[1] as Values);
  if (how === "setKind") return changed(before, given[0] as string, given[1] as LinkKind, given[2] as Values);
  return written(await requestsOf(before.host, ({ host }) => perform(host, byIndex(before, operation))));
}

/** Links that are called otherwise yet, by their indexes. */
function byIndex({ picture: { renames, links } }: Before, { call: how, with: given }: Operation): Operation {
  if (renames.length === 0) return { call: how, with: given };
  const indexFor = (value: unknown): unknown =>
    typeof value === "string" ? (links.get(value)?.index ?? value) : value;
  const inSettings = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { link, nexthops } = value as { readonly link?: unknown; readonly nexthops?: readonly Values[] };
    return {
      ...value,
      ...(link === undefined ? {} : { link: indexFor(link) }),
      ...(nexthops === undefined ? {} : { nexthops: nexthops.map(inSettings) }),
    };
  };
  const [first, ...others] = given;
  const isLink = !/^(routes|rules|nexthops|setSysctl)/.test(how);
  return { call: how, with: [isLink ? indexFor(first) : first, ...others.map(inSettings)] };
}

/** A link's properties, and its kind's options, in one message. */
async function changed(before: Before, name: string, kind: LinkKind | undefined, all: Values): Promise<RunnerStep[]> {
  const values = Object.fromEntries(
    Object.entries(except(all, "altnames")).map(([property, value]) => [
      property,
      REFERENCES.has(property) && typeof value === "string" ? indexOf(before, value) : value,
    ]),
  );
  const index = indexOf(before, name);
  const requests = await requestsOf(before.host, async ({ connection }) => {
    if (kind === undefined) return changeLink(connection, index, values);
    const { link, data } = splitSettings(linkKinds[kind], values);
    const whole = await wholeOptions(connection, index, kind, data);
    return changeLink(connection, index, { ...link, linkInfo: { kind, data: whole.data } });
  });
  return written(requests);
}

export function indexOf({ picture: { links, renames } }: Before, name: string): number {
  const index = links.get(name)?.index ?? renames.find(({ to }) => to === name)?.index;
  if (index === undefined) throw new InputError(`there is no link ${name} to put anything back on`);
  return index;
}

/** A link that was removed is made anew, with its index. */
async function recreated(before: Before, { call: how, with: given }: Operation): Promise<RunnerStep[]> {
  const [first, second, third] = given as readonly [string, unknown, Values?];
  if (how === "addTap") {
    const { owner, group, address, mtu, ...options } = second as Values & { owner?: number; group?: number };
    const index = indexOf(before, first);
    const later = Object.entries({ address, mtu }).filter(([, value]) => value !== undefined);
    const requests = await requestsOf(before.host, ({ connection }) =>
      later.length === 0 ? Promise.resolve() : changeLink(connection, index, Object.fromEntries(later)),
    );
    return [makeTap(first, { flags: tapFlags(options, false), index, ...ids({ owner, group }) }), ...written(requests)];
  }
  if (how !== "addPair")
    return written(
      await requestsOf(before.host, ({ host }) => perform(host, call(how, ...given))),
      "it cannot be made anew",
      indexOf(before, first),
    );
  const name = second as string;
  const { peer, ...settings } = third as Values & { peer: { name?: string } };
  // What was in another namespace comes as any end of a pair.
  const index = peer.name === undefined ? {} : { index: indexOf(before, peer.name) };
  const whole = { ...settings, peer: { ...peer, ...index } };
  const requests = await requestsOf(before.host, ({ host }) => perform(host, call("addPair", first, name, whole)));
  return written(requests, "it cannot be made anew", indexOf(before, name));
}

function ids({ owner, group }: { owner?: number | undefined; group?: number | undefined }): {
  owner?: number;
  group?: number;
} {
  return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
}

/** Makes a link a port again, with its options and VLANs, or nobody's. */
async function portBack(before: Before, { call: how, with: given }: Operation): Promise<RunnerStep[]> {
  const [name, master, options = {}] = given as readonly [string, string?, Values?];
  const index = indexOf(before, name);
  const { linkInfo: had } = before.picture.links.get(name)!;
  const kind = had?.slaveKind;
  const { vlans } = options as { vlans?: readonly BridgeVlan[] };
  const settings = except(options, "vlans", "move", "withoutFiltering");
  const requests = await requestsOf(before.host, async ({ connection }) => {
    if (how === "detach") return changeLink(connection, index, { master: 0 });
    if (how === "attach") {
      if (joinsDown(kind)) await changeLink(connection, index, { up: false });
      await changeLink(connection, index, { master: indexOf(before, master!) });
    }
    const said = Object.entries(how === "attach" ? settings : ((given[1] ?? {}) as Values)).filter(
      ([property, value]) => value !== undefined && property !== "vlans",
    );
    const named = said.map(([property, value]) => [
      property,
      REFERENCES.has(property) && typeof value === "string" ? indexOf(before, value) : value,
    ]);
    if (named.length > 0)
      await changeLink(connection, index, {
        linkInfo: { slaveKind: kind, slaveData: Object.fromEntries(named) as object },
      });
    const wanted = how === "attach" ? vlans : (given[1] as { vlans?: readonly BridgeVlan[] }).vlans;
    if (wanted !== undefined) await vlansBack(connection, index, wanted);
    // What joins comes up.
    if (how === "attach") await changeLink(connection, index, { up: true });
  });
  return written(requests);
}

async function vlansBack(connection: Connection, index: number, vlans: readonly BridgeVlan[]): Promise<void> {
  await removeVlans(connection, index, otherVlans(vlans));
  await addVlans(connection, index, vlans);
}

async function rateBack(before: Before, { with: given }: Operation): Promise<RunnerStep[]> {
  const [name, former] = given as readonly [string, RateLimitOptions];
  const index = indexOf(before, name);
  const { mtu = 1500 } = before.picture.links.get(name)!;
  const limit = before.picture.rates.get(name) ?? {};
  const whole = (rate: number, burst?: number): { rate: number; burst: number } => ({
    rate,
    burst: burst ?? burstFor(rate, mtu),
  });
  const steps: RunnerStep[] = [];
  const also = async (work: (connection: Connection) => Promise<unknown>): Promise<void> => {
    const requests = await requestsOf(before.host, ({ connection }) => work(connection));
    steps.push(
      ...requests.map(({ bytes }) => sendBytes("its limit cannot be put back", Buffer.from(bytes, "hex"), ["mayFail"])),
    );
  };
  const { egress, ingress } = former;
  if (egress === "unlimited") await also((to) => qdiscsOf(to).remove(index));
  else if (egress !== undefined)
    await also((to) =>
      qdiscsOf(to).replace(index, { kind: "tbf", options: tbfFor(whole(egress, limit.egress?.burst)) }),
    );
  if (ingress === undefined) return steps;
  const [clsact] = await before.host.qdiscs.list({ link: index, parent: "clsact" });
  if (ingress === "unlimited") {
    if (clsact === undefined) await also((to) => qdiscsOf(to).remove(index, { parent: "clsact" }));
    else {
      const others = await before.host.filters.list({ link: index, parent: "ingress" });
      const priority = Math.min(USUAL_PRIORITY + 1, ...others.map((each) => each.priority)) - 1;
      await also((to) => filtersOf(to).remove(index, { parent: "ingress", priority }));
    }
    return steps;
  }
  // The same police when it is there still; else another in its place.
  steps.push(
    ...(await performed(before, call("limitRate", name, { ingress, burst: limit.ingress?.burst }))).map((each) => ({
      ...each,
      skip: ["mayFail" as const],
    })),
  );
  await also((to) => qdiscsOf(to).add(index, { kind: "clsact" }));
  const others = await before.host.filters.list({ link: index, parent: "ingress" });
  const own = others.find(({ kind, options }) => kind === "matchall" && options !== undefined);
  const actions = [{ kind: "police" as const, options: policeFor(whole(ingress, limit.ingress?.burst)) }];
  await also((to) =>
    filtersOf(to).add(index, {
      kind: "matchall",
      parent: "ingress",
      priority: own?.priority ?? USUAL_PRIORITY,
      options: { actions },
    }),
  );
  return steps;
}

/** What the kernel compares of a route; by the rest, the library would look for it. */
function comparable({ metric, family, table, tos, gateway, link: over, protocol }: RouteSettings): RouteSettings {
  return { family, table, tos, gateway, link: over, protocol, metric: metric === 0 ? undefined : metric };
}

async function routeGone(before: Before, step: Step, { with: given }: Operation): Promise<RunnerStep[]> {
  const [destination, key] = given as readonly [string, RouteSettings];
  const set = step.do.find(({ call: name, with: [to] }) => name === "routes.replace" && to === destination);
  const { gateway, link: over, protocol } = (set?.with[1] as RouteSettings | undefined) ?? {};
  const isOld = typeof over === "string" && before.picture.links.has(over) && !before.created.has(over);
  const settings = comparable({ ...key, gateway, protocol, ...(isOld ? { link: indexOf(before, over) } : {}) });
  const requests = await requestsOf(before.host, ({ connection }) => removeRoute(connection, destination, settings));
  return written(requests);
}

/** One operation of a step's way back. */
export async function stepsOf(before: Before, step: Step, operation: Operation): Promise<RunnerStep[]> {
  const { call: how, with: given } = operation;
  switch (how) {
    case "addLink":
    case "addPair":
    case "addTap":
      return recreated(before, operation);
    case "openTap": {
      const { owner, group, ...options } = given[1] as Values & { owner?: number; group?: number };
      return [makeTap(given[0] as string, { flags: tapFlags(options, false), ...ids({ owner, group }) })];
    }
    case "attach":
    case "detach":
    case "setPort":
      return portBack(before, operation);
    case "bridgeVlans.set": {
      const index = indexOf(before, given[0] as string);
      const vlans = given[1] as readonly BridgeVlan[];
      return written(await requestsOf(before.host, ({ connection }) => vlansBack(connection, index, vlans)));
    }
    case "virtualFunctions.setCount": {
      const [name, count] = given as readonly [string, number];
      const path = `/sys/class/net/${name}/device/sriov_numvfs`;
      // From one number to another, the kernel goes by none only.
      return [...new Set([0, count])].map((each) => writeSetting(path, String(each)));
    }
    case "limitRate":
      return rateBack(before, operation);
    case "routes.remove":
      return routeGone(before, step, operation);
    case "rules.remove":
      return written(
        await requestsOf(before.host, ({ connection }) =>
          connection.request(RTM_DELRULE, ruleContent({ protocol: "static", ...(given[0] as RuleSettings) })),
        ),
      );
    default:
      return performed(before, operation);
  }
}
