import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import { type Codec, text, unreported } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { hardwareAddress, internetAddress } from "../../netlink/codecs/internet.js";
import { flag8, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { bitRate, byteSize } from "../../netlink/codecs/quantities.js";
import { words } from "../../netlink/codecs/words.js";
import { addressAttributes, addressCacheinfo, ifaddrmsg } from "../../rtnetlink/address/address.js";
import { vlanEntry } from "../../rtnetlink/bridge/bridge-vlan.js";
import { givenFdbFlags, fdbState } from "../../rtnetlink/bridge/fdb.js";
import { bondPort } from "../../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../rtnetlink/link/kinds/bridge-port.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import { tun } from "../../rtnetlink/link/kinds/tun.js";
import { plainLink } from "../../rtnetlink/link/link-attributes.js";
import { isLinkKind } from "../../rtnetlink/link/link-kind.js";
import { megabits, vfLinkStateWord } from "../../rtnetlink/link/virtual-functions.js";
import { vlanProtocol } from "../../rtnetlink/protocol/vlan-protocol.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import {
  neighbourAttributes,
  givenNeighbourFlags,
  givenNeighbourFlagsExt,
  neighbourState,
} from "../../rtnetlink/neighbour/neighbour.js";
import { nexthopAttributes, nhmsg, resilientGroup } from "../../rtnetlink/nexthop/nexthop.js";
import { type Encapsulation, encapsulations } from "../../rtnetlink/route/encapsulation/encapsulation.js";
import { namesLink } from "../../rtnetlink/route/encapsulation/encapsulation-links.js";
import { routeMetrics } from "../../rtnetlink/route/route-metrics.js";
import { routeAttributes, rtmsg } from "../../rtnetlink/route/route.js";
import { fibRuleHeader, ruleAttributes } from "../../rtnetlink/rule/rule.js";
import type { Field, Fields } from "./value.js";

// The words of a declaration: those of the library, from the tables of the kernel's attributes. What is spelled here is what the
// library spells otherwise than the kernel does.

const linkName = text(127);
const network = text();
const family: Field = [words(u16, { inet: 2, inet6: 10 }), "IPv4 or IPv6, where no address tells it"];

function field(codec: Codec<unknown>, description: string): Field {
  return [codec, description];
}

/** One of some words. */
function oneOf(choices: readonly string[] = []): Codec<string> {
  const any = text();
  return {
    ...any,
    choices,
    write(writer, value, siblings) {
      if (!choices.includes(value)) throw new InputError(`${quoted(value)} is none of ${choices.join(", ")}`);
      any.write(writer, value, siblings);
    },
  };
}

/** What can be set of a table. A property that holds another link's index is that link's name here. */
function fieldsOf({ entries }: AttributeTable, without: readonly string[] = []): Record<string, Field> {
  const writable = Object.entries(entries).filter(
    ([name, [, codec]]) => codec.readOnly !== true && codec.silent !== true && !without.includes(name),
  );
  return Object.fromEntries(
    writable.map(([name, [, codec, description]]) => [
      name,
      REFERENCES.has(name)
        ? [
            codec.unreported === undefined ? linkName : unreported(linkName, codec.unreported),
            description.replace(/^index of /, "").replace(/, 0 for none$/, ""),
          ]
        : [codec, description],
    ]),
  );
}

/** Attributes of a link that are its identity, that ask for something, or that have words of their own. */
const NO_SETTINGS = [
  ...["name", "altIfname", "extMask", "newNetnsid", "targetNetnsid", "newIfindex", "linkNetnsid"],
  ...["netNsPid", "netNsFd", "protinfo", "afSpec", "xdp", "operstate", "protoDownReason", "linkmode"],
  ...["link", "master", "carrier"],
];

/** What any link has. */
export const linkFields: Fields = {
  ...fieldsOf(plainLink, NO_SETTINGS),
  up: field(flag8, "administratively up"),
  arp: field(flag8, "it asks for link-layer addresses"),
  multicast: field(flag8, "it takes part in multicast"),
  allmulticast: field(flag8, "it receives all multicast"),
  promisc: field(flag8, "it receives all frames"),
};

/** What a link may be known by instead of its name. */
export const matchFields: Fields = {
  address: field(plainLink.entries.address[1], "its MAC"),
  permAddress: field({ ...plainLink.entries.permAddress[1], readOnly: false }, plainLink.entries.permAddress[2]),
  altname: [linkName, "one of its alternative names"],
};

/** Names of other links. */
export const linkReferences: Fields = {
  link: [linkName, "the link below, or the tunnel's way out"],
  master: [text(), "the bridge, bond, team or VRF that it is a port of; 0 for none"],
};

/** What a TUN or TAP is created with, by its words there. */
const tapFields: Fields = {
  owner: field(u32, tun.entries.owner[2]),
  group: field(u32, tun.entries.group[2]),
  mode: field(tun.entries.type[1], tun.entries.type[2]),
  packetInformation: field(flag8, tun.entries.pi[2]),
  vnetHdr: field(flag8, tun.entries.vnetHdr[2]),
  multiQueue: field(flag8, tun.entries.multiQueue[2]),
};

const pairFields: Fields = { peer: [linkName, "the other end's name"] };

const byKind = new Map<string, Fields>();

/** The options of a kind of link, beside what any link has. */
export function kindFields(kind: string | undefined): Fields {
  if (!isLinkKind(kind)) return {};
  const known = byKind.get(kind);
  if (known !== undefined) return known;
  const fields =
    kind === "tun"
      ? tapFields
      : kind === "veth" || kind === "vxcan"
        ? pairFields
        : kind === "netkit"
          ? { ...fieldsOf(linkKinds.netkit, ["peerInfo"]), ...pairFields }
          : fieldsOf(linkKinds[kind] as AttributeTable, ["link", "fdbFlush"]);
  byKind.set(kind, fields);
  return fields;
}

const wholes = new Map<string | undefined, Fields>();

/** What can be said of a link of a kind: what any link has, and the kind's options. */
export function fieldsOfKind(kind: string | undefined): Fields {
  let fields = wholes.get(kind);
  if (fields === undefined) wholes.set(kind, (fields = { ...linkFields, ...kindFields(kind) }));
  return fields;
}

/** What a port has, of a bridge or of a bond. */
export const portFields: Fields = {
  ...fieldsOf(bondPort),
  ...fieldsOf(bridgePort, ["flush", "state"]),
};

const { state: vlanState, mcastRouter, mcastMaxGroups, neighSuppress } = vlanEntry.entries;

/** One VLAN of a port, or a range of them. */
export const vlanFields: Fields = {
  id: field(u16, "the VLAN, or the first of a range"),
  to: field(u16, "the last of the range"),
  pvid: field(flag8, "untagged frames belong to it"),
  untagged: field(flag8, "its frames leave without a tag"),
  tunnel: field(u32, "the tunnel's id that it is mapped to"),
  state: field(vlanState[1], vlanState[2]),
  mcastRouter: field(mcastRouter[1], mcastRouter[2]),
  mcastMaxGroups: field(mcastMaxGroups[1], mcastMaxGroups[2]),
  neighSuppress: field(neighSuppress[1], neighSuppress[2]),
};

/** How fast frames pass a port. */
export const rateFields: Fields = {
  ingress: field(bitRate, "what comes in by the port: what a guest sends"),
  egress: field(bitRate, "what goes out by the port: what a guest receives"),
  burst: field(byteSize, "bytes that pass at once after a pause"),
};

/** What is set of a virtual function. */
export const virtualFunctionFields: Fields = {
  index: field(u16, "its number, from 0 on"),
  address: field(hardwareAddress, "its MAC"),
  vlan: field(u16, "the VLAN whose tag its frames get, unseen by it; 0 for none"),
  qos: field(u8, "the priority in that tag, 0 to 7"),
  protocol: field(vlanProtocol, "the tag's protocol"),
  minTxRate: field(megabits, "the least that it may always send: whole megabits; 0 for nothing"),
  maxTxRate: field(megabits, "the most that it may send: whole megabits; 0 for no limit"),
  spoofCheck: field(flag8, "frames with a MAC that is not its own are dropped"),
  linkState: field(vfLinkStateWord, "whether its link is up: auto is as the port's"),
  rssQuery: field(flag8, "it may ask how received packets are spread over queues"),
  trust: field(flag8, "it may change its MAC, or be promiscuous"),
};

const { label, broadcast, flags, rtPriority, proto } = addressAttributes.entries;

export const addressFields: Fields = {
  address: [network, "the address with its prefix length, such as 10.0.0.1/24"],
  peer: field(internetAddress, "the other end of a point-to-point link"),
  broadcast: field({ ...text(), words: "ADDRESS" }, `${broadcast[2]}, or + for the prefix's last`),
  label: field(label[1], label[2]),
  scope: field(ifaddrmsg.fields.scope, "how far it is valid"),
  flags: field(flags[1], flags[2]),
  validLifetime: field(addressCacheinfo.fields.valid, "how long it is valid"),
  preferredLifetime: field(addressCacheinfo.fields.preferred, "how long it is chosen for new connections"),
  rtPriority: field(rtPriority[1], rtPriority[2]),
  proto: field(proto[1], proto[2]),
};

/** How packets are wrapped, by the type of that. */
export const encapsulationFields = Object.fromEntries(
  Object.entries(encapsulations).map(([type, table]) => {
    const own = Object.entries(fieldsOf(table as AttributeTable));
    const isLink = (name: string): boolean => namesLink(type as Encapsulation["type"], name);
    return [type, Object.fromEntries(own.map(([name, each]) => [name, isLink(name) ? [linkName, each[1]] : each]))];
  }),
) as Readonly<Record<keyof typeof encapsulations, Fields>>;

/** One way of a route with several. */
export const pathFields: Fields = {
  gateway: field(internetAddress, "the gateway"),
  link: [linkName, "the link that packets go out by"],
  onlink: field(flag8, "the gateway is on the link, whatever addresses that has"),
  weight: field(u16, "its share of the packets, 1 to 256"),
  flow: field(u32, "realms, for classification; IPv4 only"),
};

const { prefsrc, nhId, pref, expires, table } = routeAttributes.entries;
const { type, protocol, scope, tos } = rtmsg.fields;
const { gateway, link: outBy, onlink, flow } = pathFields;

export const routeFields: Fields = {
  destination: [network, "the network that it leads to, or default"],
  family,
  ...({ gateway, link: outBy, onlink, flow } as Fields),
  table: field(table[1], "the table that it stands in; main unless given"),
  metric: field(u32, "the lowest wins; 0 unless given, 1024 for IPv6"),
  type: field(type, "what becomes of packets; unicast unless given"),
  protocol: field(protocol, "who makes it; static unless given"),
  scope: field(scope, "how far the destination is; IPv4 only"),
  tos: field(tos, "the type of service that it is for; IPv4 only"),
  source: field(internetAddress, prefsrc[2]),
  from: [network, "the network that packets come from; IPv6 only"],
  nexthopId: field(nhId[1], nhId[2]),
  preference: field(pref[1], `${pref[2]}; IPv6 only`),
  expires: field(expires[1], `${expires[2]}; IPv6 only`),
};

export const metricFields: Fields = fieldsOf(routeMetrics as AttributeTable);

/** What a next hop has beside its group and how it wraps packets. */
export const nexthopFields: Fields = {
  id: field(nexthopAttributes.entries.id[1], "what routes name it by"),
  family,
  ...({ gateway, link: outBy, onlink } as Fields),
  blackhole: field(flag8, nexthopAttributes.entries.blackhole[2]),
  groupType: field(nexthopAttributes.entries.groupType[1], nexthopAttributes.entries.groupType[2]),
  fdb: field(flag8, nexthopAttributes.entries.fdb[2]),
  protocol: field(nhmsg.fields.protocol, "who makes it; static unless given"),
  hwStatsEnable: field(flag8, nexthopAttributes.entries.hwStatsEnable[2]),
};

export const memberFields: Fields = {
  id: field(u32, "the member's id"),
  weight: field(u32, "its share of the packets, 1 to 256, from Linux 6.12 on to 65536; 1 unless given"),
};

export const resilientFields: Fields = fieldsOf(resilientGroup as AttributeTable);

const RENAMED = ["src", "dst", "iifname", "oifname"];
const { iifname, oifname } = ruleAttributes.entries;

export const ruleFields: Fields = {
  family,
  from: [network, "the network that packets come from"],
  to: [network, "the network that they go to"],
  iif: field(iifname[1], iifname[2]),
  oif: field(oifname[1], oifname[2]),
  action: field(fibRuleHeader.fields.action, "what is done; toTbl, look in the table, unless given"),
  ...fieldsOf(ruleAttributes as AttributeTable, RENAMED),
  tos: field(u8, "the packet's type of service"),
  invert: field(flag8, "take what does not fit"),
};

const { lladdr, flagsExt, vlan, port, vni, srcVni, dst } = neighbourAttributes.entries;

export const neighbourFields: Fields = {
  address: field(internetAddress, "the neighbour's IP address"),
  lladdr: field(lladdr[1], lladdr[2]),
  state: field(oneOf(neighbourState.choices), "its state; permanent unless given"),
  flags: field(givenNeighbourFlags, "what holds for it"),
  flagsExt: field(givenNeighbourFlagsExt, flagsExt[2]),
  protocol: field(protocol, "who made it"),
  proxy: field(flag8, "the host answers for the address"),
};

export const fdbFields: Fields = {
  address: field(lladdr[1], "the MAC"),
  vlan: field(vlan[1], vlan[2]),
  state: field(fdbState, "static unless given, permanent on what is no port"),
  flags: field(givenFdbFlags, "what holds for it"),
  dst: field(dst[1], "a tunnel's far end"),
  port: field(port[1], port[2]),
  vni: field(vni[1], vni[2]),
  srcVni: field(srcVni[1], srcVni[2]),
};
