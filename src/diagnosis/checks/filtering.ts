import { asksForPorts, type Outcome } from "../../netfilter/rules/course.js";
import type { Link, LinkOf } from "../../rtnetlink/link/link.js";
import type { Check, Found, Severity } from "../check.js";
import {
  type ChainCourse,
  dropOf,
  type Family,
  type Flow,
  isTranslated,
  spelledCourse,
  spelledFamily,
} from "../packets.js";
import type { Observation } from "../observation.js";
import { networkOf, routedNetworks } from "./routed-networks.js";

/** Which settings hand bridged frames to the chains of a family: one for all bridges, or a bridge's own. */
const HANDED = [
  {
    family: "inet",
    legacy: "ip",
    setting: "net.bridge.bridge-nf-call-iptables",
    own: "nfCallIptables",
    word: "nf-call-iptables",
  },
  {
    family: "inet6",
    legacy: "ip6",
    setting: "net.bridge.bridge-nf-call-ip6tables",
    own: "nfCallIp6tables",
    word: "nf-call-ip6tables",
  },
] as const;

/** What drops is an error, unless rules before it accept some such packets by what is not known here, such as an address. */
function severityOf({ perhaps }: { readonly perhaps: ReadonlySet<Outcome> }): Severity {
  return perhaps.has("accept") ? "warning" : "error";
}

function evidenceOf(course: ChainCourse): string[] {
  const some = course.perhaps.has("accept") ? ["rules before that accept some packets, by what they carry"] : [];
  return [spelledCourse(course), ...some];
}

/** Each port of a bridge that is up, with another one to which it sends. */
function neighbouring(ports: readonly Link[]): [Link, Link][] {
  const up = ports.filter((port) => port.up);
  return up.length < 2 ? [] : up.map((port, place) => [port, up[(place + 1) % up.length]!]);
}

/** How packets between two ports of a bridge look to the chains of IP. */
function bridgedFlow(observation: Observation, bridge: Link, family: Family, [from, to]: [Link, Link]): Flow {
  const network = networkOf(observation, bridge, family);
  const ports = { in: from.name, out: to.name };
  return { family, from: bridge, to: bridge, source: network, destination: network, ports };
}

/** Why a bridge's frames are handed over; undefined where they are not. */
async function handedBy(
  { setting }: Observation,
  bridge: LinkOf<"bridge">,
  { setting: name, own, word }: (typeof HANDED)[number],
): Promise<string | undefined> {
  const forAll = await setting(name);
  // The setting is there once br_netfilter is loaded; a bridge's own does nothing before.
  if (forAll === undefined) return undefined;
  if (forAll === "1") return `${name} is 1`;
  return bridge.linkInfo.data[own] === true ? `${bridge.name} has ${word} of its own on` : undefined;
}

export const bridgedFramesFiltered: Check = {
  code: "bridged-frames-filtered",
  severity: "error",
  symptom:
    "Guests on one bridge get no lease and do not reach one another or the network, though every port is up and forwards.",
  cause:
    "br_netfilter hands frames that a bridge forwards to the FORWARD chain of iptables or nftables, which drops them by its policy or a rule, as Docker and firewalls set it.",
  remedy:
    "Set net.bridge.bridge-nf-call-iptables (and -ip6tables) to 0, or accept there what comes in and goes out by the bridge.",
  async find(observation) {
    const found: Found[] = [];
    const ruleset = await observation.ruleset();
    const isByPort = ruleset !== undefined && asksForPorts(ruleset);
    // Where no rule asks for ports, what holds for two holds for all.
    const pairsOf = (bridge: Link): [Link, Link][] =>
      neighbouring(observation.portsOf(bridge)).slice(0, isByPort ? undefined : 1);
    for (const bridge of observation.bridges())
      for (const way of HANDED) {
        const pairs = pairsOf(bridge);
        const handed = pairs.length === 0 ? undefined : await handedBy(observation, bridge, way);
        if (handed === undefined) continue;
        const what = spelledFamily[way.family];
        const dropped: [Link, ChainCourse][] = [];
        for (const pair of pairs) {
          const course = await dropOf(observation, bridgedFlow(observation, bridge, way.family, pair));
          if (course !== undefined) dropped.push([pair[0], course]);
        }
        const [first] = dropped;
        const remedy = handed.endsWith("is 1")
          ? `linkwright sysctl set ${way.setting}=0, or accept there what comes in and goes out by ${bridge.name}`
          : `linkwright bridge set ${bridge.name} ${way.word}=off, or accept there what comes in and goes out by it`;
        if (first !== undefined) {
          const some = dropped.length < pairs.length ? dropped.map(([port]) => port.name) : [];
          found.push({
            links: [bridge.name, ...some],
            severity: severityOf(first[1]),
            summary: `${what} that ${bridge.name} forwards${some.length === 0 ? "" : ` from ${some.join(", ")}`} is dropped by ${spelledPlace(first[1])}`,
            evidence: [handed, ...evidenceOf(first[1])],
            remedy,
          });
        } else if (observation.legacyTables?.[way.legacy].includes("filter") === true)
          found.push({
            links: [bridge.name],
            severity: "warning",
            summary: `${what} that ${bridge.name} forwards passes iptables-legacy's FORWARD chain, which may drop it`,
            evidence: [handed, `/proc/net/${way.legacy}_tables_names has the table filter`],
            remedy,
          });
      }
    return found;
  },
};

function spelledPlace({ chain: { family, table, chain } }: ChainCourse): string {
  return `chain ${chain} of table ${family} ${table}`;
}

export const routedPacketsFiltered: Check = {
  code: "routed-packets-filtered",
  severity: "error",
  symptom:
    "Guests of a network behind this host reach the host and one another, and nothing beyond, since Docker or a firewall started.",
  cause:
    "The host forwards for them, and a FORWARD chain drops what it forwards: accepting it in another table does not help.",
  remedy:
    "Accept in that chain what comes in by the bridge, and what comes back to it (iptables -I DOCKER-USER, where Docker made it).",
  async find(observation) {
    const found: Found[] = [];
    for (const { bridge, uplink, family, network, forwards } of await routedNetworks(observation)) {
      const flow: Flow = { family, from: bridge, to: uplink, source: network };
      if (!forwards || (await isTranslated(observation, flow)) !== true) continue;
      const course = await dropOf(observation, flow);
      if (course === undefined) continue;
      found.push({
        links: [bridge.name, uplink.name],
        severity: severityOf(course),
        summary: `what ${bridge.name}'s guests send out by ${uplink.name} is dropped by ${spelledPlace(course)}`,
        evidence: [`this host translates ${network} on its way out by ${uplink.name}`, ...evidenceOf(course)],
        remedy: `Accept in ${spelledPlace(course)} what comes in by ${bridge.name}, and what comes back to it`,
      });
    }
    return found;
  },
};
