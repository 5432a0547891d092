import type { BridgeVlanStatus } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import { isPortOf, type Link } from "../rtnetlink/link/link.js";
import { isPair, type Wiring } from "./wiring.js";

/** ARPHRD_ETHER (linux/if_arp.h). */
const ETHERNET = 1;

/** What a link's state is to its user. */
export function stateOf({ up, operstate }: Link): string {
  if (!up) return "down";
  if (operstate === "down" || operstate === "lowerlayerdown") return "no-carrier";
  return operstate === undefined || operstate === "unknown" ? "up" : String(operstate);
}

/** The kernel's word for a link's kind, "-" where it has none; a TUN that carries frames is a TAP. */
export function kindText({ linkInfo }: Link): string {
  if (linkInfo?.kind === "tun" && (linkInfo.data as { type?: string } | undefined)?.type === "tap") return "tap";
  return linkInfo?.kind ?? "-";
}

/** What a link is, in a word or two: "VLAN 10", "NIC". */
export function whatIs(link: Link): string {
  switch (link.kind) {
    case "vlan":
      return `VLAN ${link.linkInfo.data?.id ?? "?"}`;
    case "vxlan":
      return `VXLAN ${link.linkInfo.data?.id ?? "?"}`;
    case "bond":
      return `bond ${link.linkInfo.data?.mode ?? ""}`.trimEnd();
    case "macvlan":
    case "macvtap":
      return `${link.kind} ${link.linkInfo.data?.mode ?? ""}`.trimEnd();
    case "vrf":
      return `VRF ${link.linkInfo.data?.table ?? ""}`.trimEnd();
    case undefined:
      return link.flags.includes("loopback") ? "loopback" : link.type === ETHERNET ? "NIC" : `type ${link.type}`;
    default:
      return kindText(link);
  }
}

function vlanText({ id, to, pvid, untagged }: BridgeVlanStatus): string {
  const range = to === undefined || to === id ? String(id) : `${id}-${to}`;
  return `${range}${pvid === true ? " pvid" : ""}${untagged === true ? " untagged" : ""}`;
}

/** Whether a membership is what the kernel gives to every port by itself. */
function isGivenToAll({ id, to, pvid, untagged }: BridgeVlanStatus): boolean {
  return id === 1 && (to ?? id) === 1 && pvid === true && untagged === true;
}

function asBridge(link: Link): string[] {
  if (link.kind !== "bridge") return [];
  const { stpState, vlanFiltering } = link.linkInfo.data ?? {};
  return [
    ...(stpState === undefined || stpState === "off" ? [] : ["spanning tree"]),
    ...(vlanFiltering === true ? ["filters by VLAN"] : []),
  ];
}

function asPort(wiring: Wiring, link: Link): string[] {
  const vlans = wiring.vlansOf(link);
  const membership = vlans.length === 0 || vlans.every(isGivenToAll) ? [] : [`VLANs ${vlans.map(vlanText).join(", ")}`];
  if (isPortOf(link, "bridge")) {
    const { state, isolated } = link.linkInfo.slaveData ?? {};
    const passes = state === undefined || state === "forwarding" || stateOf(link) !== "up";
    return [...(passes ? [] : [String(state)]), ...(isolated === true ? ["isolated"] : []), ...membership];
  }
  const { state } = isPortOf(link, "bond") ? (link.linkInfo.slaveData ?? {}) : {};
  return state === undefined ? [] : [String(state)];
}

function asPairEnd(wiring: Wiring, link: Link): string[] {
  if (!isPair(link)) return [];
  const peer = wiring.peerOf(link);
  if (peer !== undefined) return [`to ${peer.name}`];
  return [
    `to link ${link.link ?? "?"} of ${link.linkNetnsid === undefined ? "another namespace" : `namespace ${link.linkNetnsid}`}`,
  ];
}

function asTap(wiring: Wiring, link: Link): string[] {
  if (link.kind !== "tun") return [];
  const holders = wiring.holdersOf(link);
  // A TAP has a carrier while somebody has it open (drivers/net/tun.c: tun_attach, __tun_detach).
  if (holders === undefined && link.carrier !== false) return ["holder unknown to this user"];
  if (holders === undefined || holders.length === 0) return ["held by nobody"];
  return holders.map(({ command, pid }) => `${command} ${pid}`);
}

/** What Open vSwitch has of a bridge, and of a port; of a bridge also the ports that are no links, such as patches and tunnels. */
function asSwitched(wiring: Wiring, link: Link): string[] {
  const bridge = wiring.switchOf(link);
  const inner = (bridge?.ports ?? []).flatMap(({ interfaces }) => interfaces).filter(({ type }) => INNER.has(type));
  const { tag, trunks = [], isolated } = wiring.switchPortOf(link) ?? {};
  return [
    ...(bridge === undefined ? [] : ["bridge of Open vSwitch"]),
    ...inner.map(({ name, type, options }) =>
      `${name} ${type} ${options["peer"] ?? options["remote_ip"] ?? ""}`.trimEnd(),
    ),
    ...(tag === undefined ? [] : [`VLAN ${tag}`]),
    ...(trunks.length === 0 ? [] : [`trunk ${trunks.join(", ")}`]),
    ...(isolated === true ? ["isolated"] : []),
  ];
}

/** The types of interfaces that are the switch's own. */
const INNER: ReadonlySet<string> = new Set(["patch", "vxlan", "gre", "geneve"]);

/** What is worth knowing of a link beside its kind, state and addresses: "active", "isolated", "qemu-system-x86 4711". */
export function detailsOf(wiring: Wiring, link: Link): string[] {
  return [
    ...asBridge(link),
    ...asSwitched(wiring, link),
    ...asPort(wiring, link),
    ...asPairEnd(wiring, link),
    ...asTap(wiring, link),
  ];
}

/** Every link that is up has such an IPv6 address (RFC 4291, 2.5.6): it tells nothing at a glance. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/;

/** A link's addresses but for those that are link-local. */
export function globalAddresses(wiring: Wiring, link: Link): string[] {
  return wiring.addressesOf(link).filter((address) => !LINK_LOCAL.test(address));
}

const UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];

/** Bits a second as people read them, with three digits: "1.25 Mbit/s". */
export function rateText(bits: number): string {
  const power = bits < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bits) / 3));
  const value = bits / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[power]!}`;
}
