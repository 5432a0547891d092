import type { ListedBaseChain } from "../../netfilter/chains/base-chains.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** Which setting hands bridged frames to the chains of which families. */
const HANDED = [
  { setting: "net.bridge.bridge-nf-call-iptables", families: ["ip", "inet"], what: "IPv4", legacy: "ip_tables_names" },
  {
    setting: "net.bridge.bridge-nf-call-ip6tables",
    families: ["ip6", "inet"],
    what: "IPv6",
    legacy: "ip6_tables_names",
  },
] as const;

function dropping({ chains = [] }: Observation, families: readonly string[]): ListedBaseChain[] {
  return chains.filter(
    ({ hook, policy, family }) => hook === "forward" && policy === "drop" && families.includes(family),
  );
}

const spelled = ({ family, table, chain }: ListedBaseChain): string => `chain ${chain} of table ${family} ${table}`;

export const bridgedFramesFiltered: Check = {
  code: "bridged-frames-filtered",
  severity: "error",
  symptom:
    "Guests on one bridge get no lease and do not reach one another or the network, though every port is up and forwards.",
  cause:
    "br_netfilter hands frames that a bridge forwards to the FORWARD chain of iptables or nftables, whose policy is drop, as Docker and firewalls set it.",
  remedy:
    "Set net.bridge.bridge-nf-call-iptables (and -ip6tables) to 0, or accept there what comes in and goes out by the bridge.",
  async find(observation) {
    const bridges = observation.bridges().filter((bridge) => observation.portsOf(bridge).length > 1);
    if (bridges.length === 0) return [];
    const found: Found[] = [];
    for (const { setting, families, what, legacy } of HANDED) {
      if ((await observation.setting(setting)) !== "1") continue;
      const chains = dropping(observation, families);
      const old = /^filter$/m.test(observation.machine.text(`proc/net/${legacy}`) ?? "");
      if (chains.length === 0) {
        if (old)
          found.push({
            severity: "warning",
            summary: `bridged frames of ${what} pass iptables-legacy's FORWARD chain, which may drop them`,
            evidence: [`${setting} is 1`, `/proc/net/${legacy} has the table filter`],
          });
        continue;
      }
      found.push({
        links: bridges.map(({ name }) => name),
        summary: `bridged frames of ${what} go to ${chains.map(spelled).join(", ")}, whose policy is drop`,
        evidence: [
          `${setting} is 1`,
          ...chains.map(
            (chain) =>
              `${spelled(chain)}: policy drop${chain.counters === undefined ? "" : `, ${chain.counters.packets} packets`}`,
          ),
        ],
        remedy: `Set ${setting} to 0, or accept there what comes in and goes out by the bridge.`,
      });
    }
    return found;
  },
};

/** A link that goes out: a default route uses it. */
function uplinks({ routes, nameOf }: Observation, family: string): string[] {
  const found = routes.filter(
    ({ destination, family: of, type, link }) =>
      destination === "default" && of === family && type === "unicast" && link !== undefined,
  );
  return [...new Set(found.map(({ link }) => nameOf(link)))];
}

export const forwardingOff: Check = {
  code: "forwarding-off",
  severity: "warning",
  symptom: "Guests reach the host and one another, and nothing beyond.",
  cause: "The host translates addresses for others, and does not forward.",
  remedy: "Set net.ipv4.ip_forward to 1 (or forwarding of the links concerned).",
  async find(observation) {
    const translating = (observation.chains ?? []).filter(({ type, hook }) => type === "nat" && hook === "postrouting");
    const out = uplinks(observation, "inet");
    const guests = observation
      .bridges()
      .filter(
        (bridge) =>
          !out.includes(bridge.name) &&
          observation.portsOf(bridge).length > 0 &&
          observation.addressesOf(bridge).some(({ family, scope }) => family === "inet" && scope === "global"),
      );
    if (translating.length === 0 || out.length === 0 || guests.length === 0) return [];
    if ((await observation.setting("net.ipv4.ip_forward")) !== "0") return [];
    return [
      {
        links: guests.map(({ name }) => name),
        summary: `this host translates addresses, and does not forward what comes from ${guests.map(({ name }) => name).join(", ")}`,
        evidence: [
          "net.ipv4.ip_forward is 0",
          ...translating.map(spelled),
          `the default route goes by ${out.join(", ")}`,
        ],
        remedy: "linkwright sysctl set net.ipv4.ip_forward=1",
      },
    ];
  },
};

const BYTES = [24, 16, 8, 0];

/** The first address of a network such as that of 10.0.0.1/24 that this host does not have. */
function otherIn(network: string, own: ReadonlySet<string>): string | undefined {
  const [, text = "", length = ""] = /^([\d.]+)\/(\d+)$/.exec(network) ?? [];
  const size = 2 ** (32 - Number(length));
  if (text === "" || size < 4) return undefined;
  const value = text.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const first = Math.floor(value / size) * size;
  for (let place = 1; place < Math.min(size - 1, own.size + 2); place++) {
    const address = BYTES.map((shift) => Math.floor((first + place) / 2 ** shift) % 256).join(".");
    if (!own.has(address)) return address;
  }
  return undefined;
}

export const reversePath: Check = {
  code: "reverse-path",
  severity: "error",
  symptom: "A link gets packets, as a capture shows, and the host answers none of them.",
  cause: "rp_filter is strict there, and the way back to their senders goes by another link: the kernel drops them.",
  remedy: "Set net.ipv4.conf.LINK.rp_filter to 2 (loose), and .all to 0 or 2; or mend the routes.",
  async find(observation) {
    const { host, addresses, links, nameOf, setting } = observation;
    const all = Number((await setting("net.ipv4.conf.all.rp_filter")) ?? 0);
    const own = new Set(addresses.map(({ address }) => address.split("/")[0]!));
    const found: Found[] = [];
    for (const { index, family, address, scope } of addresses) {
      const link = links.find((each) => each.index === index);
      const other = family === "inet" && scope === "global" ? otherIn(address, own) : undefined;
      if (link?.up !== true || link.carrier === false || other === undefined) continue;
      const mode = Number((await setting(`net/ipv4/conf/${link.name}/rp_filter`)) ?? 0);
      if (Math.max(all, mode) !== 1) continue;
      const back = await host.routes.get(other).catch(() => undefined);
      if (back?.link === undefined || back.link === index) continue;
      found.push({
        links: [link.name, nameOf(back.link)],
        summary: `what comes in by ${link.name} from its own network is dropped: the way back goes by ${nameOf(back.link)}`,
        evidence: [
          `net.ipv4.conf: all.rp_filter is ${all}, ${link.name}.rp_filter is ${mode}`,
          `${link.name} has ${address}, and the route to ${other} goes by ${nameOf(back.link)}`,
        ],
        remedy: `linkwright sysctl set net/ipv4/conf/${link.name}/rp_filter=2, or mend the routes`,
      });
    }
    return found;
  },
};
