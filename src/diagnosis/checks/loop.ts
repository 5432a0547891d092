import type { BridgeVlanStatus } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { LinkOf, PortOf } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";
import { portsOfBridges } from "./bridge.js";

/** An end of a pair that is a port of a bridge, and forwards. */
interface End {
  readonly bridge: LinkOf<"bridge">;
  readonly port: PortOf<"bridge">;
}
type Joint = readonly [End, End];

/** Pairs that join two bridges without a spanning tree, or one with itself, and pass frames; each pair once. */
function joints(observation: Observation): Joint[] {
  const ends = new Map(
    portsOfBridges(observation)
      .filter(([{ up, linkInfo }]) => up && linkInfo.data.stpState === "off")
      .filter(([, { up, linkInfo }]) => up && linkInfo.slaveData.state === "forwarding")
      .map(([bridge, port]) => [port.index, { bridge, port }]),
  );
  return [...ends.values()].flatMap((end): Joint[] => {
    const { kind, link, linkNetnsid, name } = end.port;
    const isHere = (kind === "veth" || kind === "netkit") && linkNetnsid === undefined;
    const other = isHere ? ends.get(link ?? 0) : undefined;
    return other === undefined || other.port.name < name ? [] : [[end, other]];
  });
}

/** How a port takes in and lets out frames, by their tag on the wire, 0 for none. */
interface Passage {
  /** The VLAN that a frame is in; the tag itself in a bridge that does not filter. Undefined: it ends there. */
  takesIn(tag: number): number | undefined;
  letsOut(vlan: number): number | undefined;
}

function passageOf({ vlans = [] }: Observation, { bridge, port }: End): Passage {
  if (bridge.linkInfo.data.vlanFiltering !== true) return { takesIn: (tag) => tag, letsOut: (vlan) => vlan };
  const own = vlans.filter(({ index }) => index === port.index);
  const memberOf = (vlan: number): BridgeVlanStatus | undefined =>
    own.find(({ id, to = id }) => id <= vlan && vlan <= to);
  const pvid = own.find((vlan) => vlan.pvid === true)?.id;
  return {
    takesIn: (tag) => (tag === 0 ? pvid : memberOf(tag) === undefined ? undefined : tag),
    letsOut(vlan) {
      const member = memberOf(vlan);
      if (member === undefined) return undefined;
      return member.untagged === true ? 0 : vlan;
    },
  };
}

/** A VLAN in which frames go round by a joint and others, and come to it again; undefined for none. */
function circleBy(observation: Observation, [from, to]: Joint, others: readonly Joint[]): number | undefined {
  const ways = [[from, to] as const, ...others].flatMap(([one, other]) => [
    { out: one, into: other, passage: passageOf(observation, one), beyond: passageOf(observation, other) },
    { out: other, into: one, passage: passageOf(observation, other), beyond: passageOf(observation, one) },
  ]);
  const isIsolated = ({ port }: End): boolean => port.linkInfo.slaveData.isolated === true;
  /** Whether a frame that is in a VLAN, and came in by a port, gets to the joint's first end again, on its way out. */
  function comesRound(start: number): boolean {
    const seen = new Set<string>();
    const waiting = [{ at: to, vlan: start }];
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const { at, vlan } = place;
      for (const { out, into, passage, beyond } of ways) {
        if (out.bridge.index !== at.bridge.index || out.port.index === at.port.index) continue;
        if (isIsolated(out) && isIsolated(at)) continue;
        const tag = passage.letsOut(vlan);
        const next = tag === undefined ? undefined : beyond.takesIn(tag);
        if (next === undefined) continue;
        if (into.port.index === to.port.index && next === start) return true;
        const key = `${into.port.index} ${next}`;
        if (!seen.has(key)) waiting.push({ at: into, vlan: next });
        seen.add(key);
      }
    }
    return false;
  }
  const { vlans = [] } = observation;
  const own = vlans.filter(({ index }) => index === to.port.index || index === from.port.index);
  const ids = own.flatMap(({ id, to: last = id }) => Array.from({ length: last - id + 1 }, (_, place) => id + place));
  const isFiltering = to.bridge.linkInfo.data.vlanFiltering === true;
  return [...(isFiltering ? [] : [0]), ...new Set(ids)].find(comesRound);
}

/** Joints that close a circle, each with the first VLAN in which it does; what is left without them has none. */
function closing(observation: Observation): { joint: Joint; vlan: number }[] {
  const open: Joint[] = [];
  return joints(observation).flatMap((joint) => {
    const vlan = circleBy(observation, joint, open);
    if (vlan !== undefined) return [{ joint, vlan }];
    open.push(joint);
    return [];
  });
}

/** Circles by pairs of this namespace, as the state of links has them. */
function circles(observation: Observation): Found[] {
  return closing(observation).map(({ joint, vlan }) => {
    const bridges = [...new Set(joint.map(({ bridge }) => bridge))];
    const ends = joint.map(({ port }) => port.name);
    const [first, second] = bridges.map(({ name }) => name).sort();
    const isFiltering = bridges.some(({ linkInfo }) => linkInfo.data.vlanFiltering === true);
    return {
      links: [...bridges.map(({ name }) => name), ...ends],
      summary:
        second === undefined
          ? `${first} is joined with itself, by ${ends.join(" and ")}`
          : `${first} and ${second} are joined by more than one way, and no spanning tree closes one`,
      evidence: [
        `${ends.join(" and ")} are the ends of a pair, and both forward`,
        ...(isFiltering && vlan !== 0 ? [`frames in VLAN ${vlan} go round`] : []),
        ...bridges.map(({ name }) => `${name}: stp-state=off`),
      ],
      remedy: `Take ${ends[0]} out, or linkwright bridge set ${first} stp-state=on`,
    };
  });
}

/** Bridges that heard what they sent themselves. */
function echoes({ heard, bridges }: Observation): Found[] {
  return bridges()
    .filter(({ index }) => heard.get(index)?.echoes === true)
    .map((bridge) => ({
      links: [bridge.name],
      summary: `what ${bridge.name} sends comes back to it: there is a loop`,
      evidence: [
        `a broadcast of ${bridge.name}'s came in by one of its ports`,
        `${bridge.name}: stp-state=${String(bridge.linkInfo.data.stpState)}`,
      ],
      remedy: `Look for two ports of ${bridge.name} with one switch behind them; or linkwright bridge set ${bridge.name} stp-state=on`,
    }));
}

export const loop: Check = {
  code: "loop",
  severity: "error",
  symptom: "The whole network stands still, or processors are busy with nothing: frames go round for ever.",
  cause:
    "Bridges, or a bridge and a switch, are joined by two ways, and no spanning tree closes one of them: each broadcast goes round, and round again.",
  remedy: "Take one of the ways out, or switch the spanning tree on: linkwright bridge set BRIDGE stp-state=on",
  find: (observation) => [...circles(observation), ...echoes(observation)],
};
