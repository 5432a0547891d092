import { InputError } from "../../base/errors.js";
import { BROADCAST_MAC } from "../../dhcp/wire/ethernet.js";
import { checkKnown } from "../../base/input.js";
import type { Host } from "../../host/host.js";
import { type BridgeVlanStatus } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { isPortOf, type Link, type LinkOf } from "../../rtnetlink/link/link.js";
import type { ObservationOptions } from "../observation.js";
import { type SwitchPort, switchPortOf, tagOutOf, vlanInto } from "./switch-port.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import { type Endpoint, endpointOf, entryFor, type Surroundings, surroundingsOf } from "./endpoint.js";
import { lookUpRoute, senderBehind } from "./look-up-route.js";

/** What one link does with the frame. */
export interface Hop {
  readonly link: string;
  readonly does: string;
  /** Whether the frame comes in by the link, is routed to go out by it, or goes on by it in another way. */
  readonly way: "in" | "routed" | "on";
}

/** The way of a frame through this host. */
export interface Path {
  readonly hops: readonly Hop[];
  /** It gets to where it was sent, or leaves this host on the way there. */
  readonly arrives: boolean;
  /** Where it ends, why, and what to do. */
  readonly end?: { readonly link: string; readonly why: string; readonly remedy: string } | undefined;
  /** What may keep it from going that way, without being seen in the state of links. */
  readonly doubts: readonly string[];
}

/** The frame that is followed. */
export interface PathOptions extends ObservationOptions {
  /** The VLAN of the frame's tag, where it has one when it comes in. */
  readonly vlan?: number | undefined;
}

/** More links than any wiring has in a row: what comes so far goes in a circle. */
const MOST_HOPS = 64;

/** Of the ports that a bridge floods to, those that are followed. */
const MOST_FLOODED = 8;

/** The frame ends here. */
class End extends Error {
  constructor(
    readonly link: string,
    readonly why: string,
    readonly remedy: string,
  ) {
    super(why);
  }
}

/** What is told of a frame's way so far. */
interface Told {
  readonly hops: Hop[];
  readonly doubts: string[];
  /** Whom the sender writes to, where that is neither the goal's MAC nor this host's: its router's, or everybody's. */
  sentTo?: string;
}

/** A way that is known. */
export type Way = Path & { readonly sentTo?: string | undefined };

interface Steps {
  /** A frame comes in by a link, from a guest or a wire, with the tag of a VLAN or 0 for none. */
  enter(link: Link, vlan: number): Promise<void>;
  /** The host sends a packet. */
  route(): Promise<void>;
  /** The host sends a frame of its own by a link. */
  send(link: Link): Promise<void>;
  /** A bridge decides where a frame goes that came in by one of its ports, with a VLAN's tag or 0, or from the host itself. */
  cross(bridge: LinkOf<"bridge">, port: Link | undefined, tag: number): Promise<void>;
}

const isPair = ({ kind }: Link): boolean => kind === "veth" || kind === "netkit";

/** The link of a datapath, and those that Open vSwitch makes for the host (net/openvswitch/vport-internal_dev.c). */
const isOpenVSwitch = (link: Link): boolean => link.linkInfo?.kind === "openvswitch";

/** A frame that Open vSwitch decides about. */
function intoFlows({ name }: Link): End {
  return new End(
    name,
    `${name} is a port of Open vSwitch, whose flows are not followed`,
    "Ask Open vSwitch where the frame goes: ovs-appctl ofproto/trace",
  );
}

/** The steps of one frame, with its sender's IP address where that is known. Each says what it does, and goes on with the next; a frame that ends throws End. */
function stepsTo(to: Endpoint, around: Surroundings, told: Told, source?: string): Steps {
  const { hops } = told;

  function doubt(words: string): void {
    if (!told.doubts.includes(words)) told.doubts.push(words);
  }

  function does(link: Link, does: string, way: Hop["way"] = "on"): void {
    if (hops.length >= MOST_HOPS) throw new End(link.name, "the frame goes in a circle", "Look for the loop.");
    hops.push({ link: link.name, does, way });
  }

  function linkAt(index: number | undefined): Link | undefined {
    return around.links.find((link) => link.index === index);
  }

  function vlans(link: Link): readonly BridgeVlanStatus[] {
    return (around.vlans ?? []).filter(({ index }) => index === link.index);
  }

  function membership(link: Link, vlan: number): BridgeVlanStatus | undefined {
    return vlans(link).find(({ id, to = id }) => id <= vlan && vlan <= to);
  }

  function checkUp(link: Link): void {
    if (!link.up) throw new End(link.name, `${link.name} is down`, `linkwright up ${link.name}`);
    if (link.operstate === "down" || link.operstate === "lowerlayerdown")
      throw new End(
        link.name,
        `${link.name} has no carrier`,
        link.kind === "tun"
          ? "Nobody has the TAP open: start the guest."
          : "Look at the cable, and at what it stands on.",
      );
  }

  function checkForwards(link: Link, bridge: Link): void {
    const state = isPortOf(link, "bridge") ? link.linkInfo.slaveData.state : undefined;
    if (state !== undefined && state !== "forwarding")
      throw new End(
        link.name,
        `${link.name} is ${state} in ${bridge.name}'s spanning tree`,
        `Wait, or linkwright bridge set ${bridge.name} stp-state=off where there is no loop.`,
      );
  }

  /** A frame comes in by a link, from a guest or a wire. */
  async function enter(link: Link, vlan: number): Promise<void> {
    checkUp(link);
    const switched = switchPortOf(around, link);
    if (switched !== undefined) return crossSwitch(switched, link, vlan);
    const master = linkAt(link.master);
    if (master?.kind === "bridge") return cross(master, link, vlan);
    if (master !== undefined && isOpenVSwitch(master)) throw intoFlows(link);
    if (master !== undefined) {
      does(link, `hands it to ${master.name}`);
      return enter(master, vlan);
    }
    if (vlan === 0) return receive(link);
    const above = around.links.find(
      (each) => each.kind === "vlan" && each.link === link.index && each.linkInfo.data.id === vlan,
    );
    if (above === undefined)
      throw new End(
        link.name,
        `${link.name} has no VLAN ${vlan}`,
        `linkwright vlan add ${link.name}.${vlan} link=${link.name} id=${vlan}`,
      );
    does(link, `takes the tag of VLAN ${vlan} off, for ${above.name}`);
    return enter(above, 0);
  }

  /** A frame gets to the other end of a pair, which is a port or takes in what is for this host alone. */
  async function arrive(end: Link, vlan: number): Promise<void> {
    if (linkAt(end.master) !== undefined || vlan !== 0 || to.isHost === true) return enter(end, vlan);
    checkUp(end);
    if (to.link?.index === end.index) return does(end, "gets it", "in");
    throw new End(
      end.name,
      `${end.name} is this host's own, and ${to.word} is not behind it`,
      "Look at the route, or at what the pair was meant to join.",
    );
  }

  /** A bridge decides where a frame goes that came in by one of its ports, or from the host itself. */
  async function cross(bridge: LinkOf<"bridge">, port: Link | undefined, tag: number): Promise<void> {
    checkUp(bridge);
    if (port !== undefined) checkForwards(port, bridge);
    const vlan = bridge.linkInfo.data.vlanFiltering === true ? classify(bridge, port ?? bridge, tag) : undefined;
    if (port !== undefined)
      does(port, `takes it into ${bridge.name}${vlan === undefined ? "" : `, in VLAN ${vlan}`}`, "in");
    const isForHost = to.isHost === true && (to.address !== undefined || to.link?.index === bridge.index);
    const entry = to.mac === undefined ? undefined : entryFor(around, bridge.index, to.mac, vlan);
    if (port !== undefined && (isForHost || entry?.local === true || entry?.index === bridge.index))
      return takeIn(bridge, vlan);
    const ports = around.portsOf(bridge);
    const behind = entry === undefined ? portTo(ports) : linkAt(entry.index);
    if (behind === undefined) {
      const route = port === undefined ? undefined : await routeOver(bridge);
      if (port !== undefined && route === undefined) return takeIn(bridge, vlan);
      if (route?.gateway !== undefined) return toRouter(bridge, port, tag, route.gateway);
      return flood(bridge, port, vlan);
    }
    if (behind.index === port?.index) {
      if (isPortOf(port, "bridge") && port.linkInfo.slaveData.mode !== true)
        throw new End(
          port.name,
          `${to.word} is behind ${port.name}, where the frame came from, and ${port.name} sends nothing back`,
          `linkwright attach ${port.name} ${bridge.name} mode=on (hairpin), where that is wanted.`,
        );
    }
    if (entry === undefined) {
      does(bridge, `has not heard ${to.mac ?? to.word}, and floods`);
      if (isPortOf(behind, "bridge") && behind.linkInfo.slaveData.unicastFlood === false)
        throw new End(
          behind.name,
          `${behind.name} is not flooded to`,
          `linkwright attach ${behind.name} ${bridge.name} unicast-flood=on, or a static entry in the FDB.`,
        );
    } else does(bridge, `has ${to.mac} behind ${behind.name}`);
    return goOut(bridge, port, behind, vlan);
  }

  /**
   * A bridge of Open vSwitch decides where a frame goes that came in by one of its ports, as one that learns does: with a controller, its
   * flows alone know. What it has learnt is not known.
   */
  async function crossSwitch({ bridge, port, isLocal }: SwitchPort, from: Link, tag: number): Promise<void> {
    if (bridge.controllers.length > 0 || bridge.failMode === "secure") throw intoFlows(from);
    const vlan = vlanInto(port, tag);
    if (vlan === undefined)
      throw new End(
        from.name,
        `${from.name} drops ${tag === 0 ? "frames without a tag" : `VLAN ${tag}`} (tag ${port.tag ?? "none"}, trunks ${port.trunks.join(", ") || "none"})`,
        `linkwright ovs port set ${port.name} tag=N, or trunks=N`,
      );
    does(from, `takes it into ${bridge.name}${vlan === 0 ? "" : `, in VLAN ${vlan}`}`, isLocal ? "on" : "in");
    doubt(`flows of ${bridge.name} that were written by hand are not looked at: ovs-appctl ofproto/trace`);
    const others = around.links.flatMap((link) => {
      const to = link.index === from.index ? undefined : switchPortOf(around, link);
      return to?.bridge === bridge ? [{ link, to }] : [];
    });
    const goal = others.filter(({ link, to: { isLocal } }) =>
      to.isHost === true
        ? isLocal && (to.address !== undefined || to.link?.index === link.index)
        : to.link?.index === link.index,
    );
    let last: End | undefined;
    let passed = false;
    for (const { link, to: out } of (goal.length > 0 ? goal : others).slice(0, MOST_FLOODED))
      try {
        checkUp(link);
        const left = tagOutOf(out.port, vlan);
        if (left === undefined)
          throw new End(
            link.name,
            `${link.name} does not carry VLAN ${vlan} of ${bridge.name}`,
            `linkwright ovs port set ${out.port.name} tag=${vlan}, or trunks=${vlan}`,
          );
        if (port.isolated && out.port.isolated)
          throw new End(
            link.name,
            `${from.name} and ${link.name} are both isolated`,
            `linkwright ovs port set ${out.port.name} isolated=off`,
          );
        await (out.isLocal ? enterHost(link, left) : leave(link, left));
        passed = true;
      } catch (error) {
        if (!(error instanceof End)) throw error;
        last = error;
      }
    if (!passed)
      throw last ?? new End(bridge.name, `no other port of ${bridge.name} is here`, "Look at its patches and tunnels.");
    if (goal.length === 0) doubt(`which port of ${bridge.name} ${to.word} is behind is not known`);
  }

  /** A frame comes to this host by a port of its own, with a tag or 0. */
  async function enterHost(link: Link, tag: number): Promise<void> {
    if (tag === 0) return receive(link);
    const above = around.links.find(
      (each) => each.kind === "vlan" && each.link === link.index && each.linkInfo.data.id === tag,
    );
    if (above !== undefined) return receive(above);
    throw new End(
      link.name,
      `${link.name} gets VLAN ${tag} tagged, and has no VLAN device for it`,
      `linkwright vlan add ${link.name}.${tag} link=${link.name} id=${tag}`,
    );
  }

  /** How this host, too, reaches the address by that bridge: on its segment, or by a router there. Then it is no router for it. */
  async function routeOver(bridge: Link): Promise<{ gateway?: string | undefined } | undefined> {
    if (to.address === undefined || to.isHost === true) return undefined;
    const route = await around.host.routes.get(to.address).catch(() => undefined);
    return route?.link === bridge.index ? route : undefined;
  }

  /** A guest sends it to the router of its network, which is this host's, too. */
  async function toRouter(
    bridge: LinkOf<"bridge">,
    port: Link | undefined,
    tag: number,
    router: string,
  ): Promise<void> {
    const mac = around.neighbours.find((each) => each.address === router && each.link === bridge.index)?.lladdr;
    doubt(`${router} is this host's router to ${to.word}: whether it is the sender's, too, is not known`);
    told.sentTo = mac ?? BROADCAST_MAC;
    if (port !== undefined) hops.pop();
    return stepsTo({ word: router, address: router, mac }, around, told, source).cross(bridge, port, tag);
  }

  /** A bridge that does not know where to sends to all ports that may have it. */
  async function flood(bridge: Link, from: Link | undefined, vlan: number | undefined): Promise<void> {
    const isFlooded = (port: Link): boolean =>
      port.index !== from?.index && !(isPortOf(port, "bridge") && port.linkInfo.slaveData.unicastFlood === false);
    const ways = around.portsOf(bridge).filter(isFlooded);
    does(bridge, `has not heard ${to.word}, and floods`);
    let passed = false;
    let last: End | undefined;
    for (const port of ways.slice(0, MOST_FLOODED))
      try {
        await goOut(bridge, from, port, vlan);
        passed = true;
      } catch (error) {
        if (!(error instanceof End)) throw error;
        last = error;
      }
    if (!passed)
      throw (
        last ??
        new End(
          bridge.name,
          `no port of ${bridge.name} is known to lead to ${to.word}`,
          "Let it send a frame first, or name the link that it is behind.",
        )
      );
    const more = ways.length > MOST_FLOODED ? `, or of the ${ways.length - MOST_FLOODED} others of ${bridge.name}` : "";
    doubt(`${to.word} has not been heard: whether it is behind one of these${more} is not known`);
    if (from !== undefined) told.sentTo ??= BROADCAST_MAC;
  }

  /** The VLAN that a frame is in, of those that its port has. */
  function classify(bridge: Link, port: Link, tag: number): number {
    const vlan = tag === 0 ? vlans(port).find(({ pvid }) => pvid === true)?.id : tag;
    if (vlan === undefined)
      throw new End(
        port.name,
        `${port.name} has no pvid: ${bridge.name} drops frames without a tag`,
        `linkwright bridge vlan add ${port.name} vlan=N pvid untagged`,
      );
    if (membership(port, vlan) === undefined)
      throw new End(
        port.name,
        `${port.name} is not in VLAN ${vlan} of ${bridge.name}`,
        `linkwright bridge vlan add ${port.name} vlan=${vlan}`,
      );
    return vlan;
  }

  /** The port through which a link that is named is reached. */
  function portTo(ports: readonly Link[]): Link | undefined {
    const seen = new Set<number>();
    const isPort = ({ index }: Link): boolean => ports.some((port) => port.index === index);
    let link = to.link;
    while (link !== undefined && !isPort(link) && !seen.has(link.index)) {
      const { index, master } = link;
      seen.add(index);
      const above = around.links.find((each) => each.kind === "vlan" && each.link === index);
      link =
        linkAt(master) ?? above ?? (isPair(link) && link.linkNetnsid === undefined ? linkAt(link.link) : undefined);
    }
    return link !== undefined && isPort(link) ? link : undefined;
  }

  async function goOut(bridge: Link, from: Link | undefined, port: Link, vlan: number | undefined): Promise<void> {
    checkUp(port);
    checkForwards(port, bridge);
    const isolated = (link: Link | undefined): boolean =>
      link !== undefined && isPortOf(link, "bridge") && link.linkInfo.slaveData.isolated === true;
    if (isolated(from) && isolated(port))
      throw new End(
        port.name,
        `${from!.name} and ${port.name} are both isolated`,
        `linkwright attach ${port.name} ${bridge.name} isolated=off`,
      );
    if (from !== undefined && (from.mtu ?? 0) > (port.mtu ?? 0))
      doubt(`frames above ${port.mtu} bytes end at ${port.name}: its MTU is less than ${from.name}'s`);
    if (vlan === undefined) return leave(port, 0);
    const member = membership(port, vlan);
    if (member === undefined)
      throw new End(
        port.name,
        `${port.name} is not in VLAN ${vlan} of ${bridge.name}`,
        `linkwright bridge vlan add ${port.name} vlan=${vlan}`,
      );
    return leave(port, member.untagged === true ? 0 : vlan);
  }

  /** A frame goes out by a link, and down through what that stands on. */
  async function leave(link: Link, vlan: number): Promise<void> {
    checkUp(link);
    const own = switchPortOf(around, link);
    if (own?.isLocal === true) return crossSwitch(own, link, vlan);
    if (isOpenVSwitch(link)) throw intoFlows(link);
    const below = link.linkNetnsid === undefined && link.link !== link.index ? linkAt(link.link) : undefined;
    if (isPair(link)) {
      does(link, below === undefined ? "hands it to another namespace" : `hands it to its other end, ${below.name}`);
      return below === undefined ? undefined : arrive(below, vlan);
    }
    if (link.kind === "bond") {
      const { activePort, mode } = link.linkInfo.data;
      const ports = around.portsOf(link).filter(({ up, operstate }) => up && operstate !== "down");
      const port = linkAt(activePort) ?? ports[0];
      if (port === undefined)
        throw new End(link.name, `no port of ${link.name} is up`, `Look at the cables of ${link.name}.`);
      const others = activePort === undefined && ports.length > 1 ? `, or another of its ${ports.length} ports` : "";
      does(link, `sends it by ${port.name}${others} (${mode})`);
      return leave(port, vlan);
    }
    if (link.kind === "vlan" && below !== undefined) {
      does(link, `tags it with VLAN ${link.linkInfo.data.id}, for ${below.name}`);
      return leave(below, link.linkInfo.data.id ?? 0);
    }
    const tag = vlan === 0 ? "" : `, tagged with VLAN ${vlan}`;
    if (link.kind === "tun") return does(link, `gives it to its guest${tag}`);
    if (below !== undefined) {
      does(link, `sends it by ${below.name}${tag}`);
      return leave(below, 0);
    }
    does(link, `sends it out${tag}`);
  }

  async function takeIn(bridge: Link, vlan: number | undefined): Promise<void> {
    if (vlan !== undefined && membership(bridge, vlan) === undefined)
      throw new End(
        bridge.name,
        `${bridge.name} itself is not in VLAN ${vlan}`,
        `linkwright bridge vlan add ${bridge.name} vlan=${vlan} pvid untagged, or a VLAN device over it.`,
      );
    const isTagged = vlan !== undefined && membership(bridge, vlan)?.untagged !== true;
    if (!isTagged) return receive(bridge);
    const above = around.links.find(
      (each) => each.kind === "vlan" && each.link === bridge.index && each.linkInfo.data.id === vlan,
    );
    if (above === undefined)
      throw new End(
        bridge.name,
        `${bridge.name} gets VLAN ${vlan} tagged, and has no VLAN device for it`,
        `linkwright vlan add ${bridge.name}.${vlan} link=${bridge.name} id=${vlan}`,
      );
    return receive(above);
  }

  /** The host takes a packet in by a link: it is for itself, or it routes it. */
  async function receive(link: Link): Promise<void> {
    if (to.isHost === true && (to.address !== undefined || to.link?.index === link.index)) {
      if (to.address !== undefined) await lookUp(to.address, link);
      return does(link, `takes it in: ${to.word} is this host`, "in");
    }
    if (to.address === undefined)
      throw new End(
        link.name,
        `${link.name} takes it in, and ${to.word} is not on its network`,
        "Give the IP address that it is sent to: this host may route it.",
      );
    const family = to.address.includes(":") ? "ipv6" : "ipv4";
    const switchName = `net.${family}.conf.${family === "ipv4" ? link.name.replaceAll(".", "/") : "all"}.forwarding`;
    if ((await around.setting(switchName)) === "0")
      throw new End(
        link.name,
        `this host does not forward: ${switchName} is 0`,
        `linkwright sysctl set ${switchName}=1`,
      );
    does(link, `takes it in, to route it to ${to.address}`, "in");
    return route(link);
  }

  /** Where the kernel sends a packet, its own or one that came in by a link. */
  async function lookUp(address: string, inlet: Link | undefined): Promise<{ found: Route; table: Route }> {
    const answer = await lookUpRoute(around, { address, source, inlet });
    if (answer.doubt !== undefined) doubt(answer.doubt);
    if ("why" in answer) throw new End(inlet?.name ?? "routes", answer.why, answer.remedy);
    return answer;
  }

  /** The host sends a packet, its own or one that came in by a link. */
  async function route(inlet?: Link): Promise<void> {
    const address = to.address!;
    const { found, table } = await lookUp(address, inlet);
    const out = linkAt(found.link);
    if (out === undefined)
      throw new End(
        inlet?.name ?? "routes",
        `the route to ${address} is ${String(found.type)}`,
        "Look at linkwright route list table=all.",
      );
    if (hops.some(({ link, way }) => link === out.name && way === "routed"))
      throw new End(
        out.name,
        `the frame goes in a circle: ${out.name} is the way to ${address} again`,
        "Look at the routes.",
      );
    doubtFilters(inlet, address);
    const next = found.gateway ?? address;
    const neighbour = around.neighbours.find((each) => each.address === next && each.link === out.index);
    does(
      out,
      `is the way to ${address}${found.gateway === undefined ? "" : `, via ${found.gateway}`} (route ${table.destination})`,
      "routed",
    );
    if (neighbour?.state.includes("failed") === true || neighbour?.state.includes("incomplete") === true)
      throw new End(
        out.name,
        `nobody answers for ${next} on ${out.name}`,
        `Look whether ${next} is up, and on this network.`,
      );
    if (neighbour?.lladdr === undefined)
      doubt(`${next} has not been asked for on ${out.name} yet: whether it is there is not known`);
    const toNext = { word: next, mac: neighbour?.lladdr, address: next, link: next === address ? to.link : undefined };
    return stepsTo(toNext, around, told, source).send(out);
  }

  /** The host sends a frame of its own by a link. */
  async function send(link: Link): Promise<void> {
    return link.kind === "bridge" ? cross(link, undefined, 0) : leave(link, 0);
  }

  /** Chains that drop what no rule of theirs accepts: which packets that is, the state of links does not say. */
  function doubtFilters(from: Link | undefined, address: string): void {
    const hook = from === undefined ? "output" : "forward";
    const families = address.includes(":") ? ["ip6", "inet"] : ["ip", "inet"];
    if (around.chains === undefined)
      doubt("whether a chain of nftables drops it is not known: the ruleset could not be read");
    for (const { family, table, chain, policy, hook: at } of around.chains ?? [])
      if (at === hook && policy === "drop" && families.includes(family))
        doubt(`what no rule accepts is dropped by chain ${chain} of table ${family} ${table}`);
  }

  return { enter, route, send, cross };
}

/** The way of a frame between ends that are known. Rejects with InputError where a link is not. */
export async function wayOf(around: Surroundings, start: Endpoint, goal: Endpoint, vlan: number): Promise<Way> {
  const told: Told = { hops: [], doubts: [] };
  const { enter, route, send } = stepsTo(goal, around, told, start.address ?? senderBehind(around, start));
  try {
    if (start.isHost !== true) {
      if (start.link === undefined)
        throw new InputError(`which link ${start.word} is behind is not known: name that link`);
      await enter(start.link, vlan);
    } else if (goal.address !== undefined) await route();
    else await send(start.link!);
  } catch (error) {
    if (!(error instanceof End)) throw error;
    const { link, why, remedy } = error;
    return { ...told, arrives: false, end: { link, why, remedy } };
  }
  return { ...told, arrives: true };
}

/** Throws InputError for what is no tag of a frame. */
export function checkTag(vlan: number): void {
  if (!Number.isInteger(vlan) || vlan < 0 || vlan > 4094)
    throw new InputError(`${vlan} is no VLAN from 0 to 4094`, "vlan");
}

/**
 * Follows a frame from a link, MAC or IP address to another as the kernel would send it now: through bridges with their VLANs and
 * forwarding tables, VLAN devices, bonds, pairs and routes. It sends nothing. A link stands for what is
 * behind it, a guest or a wire, and a bridge for this host. Rejects with InputError for an end that is not known here, NetlinkError.
 */
export async function followPath(host: Host, from: string, to: string, options: PathOptions = {}): Promise<Path> {
  checkKnown(options, ["root", "pause", "vlan", "openVswitch"], "a path's options");
  const { vlan = 0, ...observing } = options;
  checkTag(vlan);
  const around = await surroundingsOf(host, observing);
  const { hops, arrives, end, doubts } = await wayOf(around, endpointOf(around, from), endpointOf(around, to), vlan);
  return { hops, arrives, end, doubts };
}
