import { InputError, quoted } from "../../base/errors.js";
import { bondOptions, setOption } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { type Entry, entryOf, fileName, find, type SourceFile } from "../draft/entry.js";
import { routeOf, ruleOf } from "../words/ip-words.js";
import { linesOf } from "../syntax/lines.js";
import { type Options, refuseEach, setOptions, why } from "../draft/options.js";
import { addAddress, addRoute, defaultFor, destinationOf, setSysctl, withLength } from "../draft/settings.js";
import {
  centiseconds,
  mac,
  number,
  prefixLength,
  priorities,
  seconds,
  spanningTree,
  text,
  wordsOf,
  yesNo,
} from "../syntax/values.js";

/** The name of a file of network-scripts' that another program left. */
const LEFT_OVER = /(~|\.(bak|old|orig|rpmnew|rpmorig|rpmsave|swp))$/;

export function isIfcfg(path: string): boolean {
  return /^((ifcfg|route6?|rule6?)-.+|network)$/.test(fileName(path)) && !/\.(network|netdev|link)$/.test(path);
}

/** The assignments of a shell's file. */
function assignments({ name, text: content }: SourceFile): Entry[] {
  return linesOf(content, { comments: /^#/ }).map((line) => {
    const [, key = "", quote, quotedValue, bare] =
      /^(?:export\s+)?(\w+)=(?:(["'])(.*)\2|([^\s"']*))\s*(?:#.*)?$/.exec(line.text) ?? [];
    const value = quote === undefined ? (bare ?? "") : (quotedValue ?? "");
    return entryOf(name, line.number, key, value, line.text);
  });
}

/** The options of a bridge by the kernel's names in /sys/class/net/br0/bridge, times in hundredths of a second. */
const sysfsBridge: Options = {
  stp_state: ["stpState", spanningTree],
  forward_delay: ["forwardDelay", centiseconds],
  hello_time: ["helloTime", centiseconds],
  max_age: ["maxAge", centiseconds],
  ageing_time: ["ageingTime", centiseconds],
  priority: ["priority", number],
  group_fwd_mask: ["groupFwdMask", number],
  group_addr: ["groupAddr", mac],
  vlan_filtering: ["vlanFiltering", yesNo],
  default_pvid: ["vlanDefaultPvid", number],
  multicast_snooping: ["mcastSnooping", yesNo],
  multicast_querier: ["mcastQuerier", yesNo],
  multicast_router: ["mcastRouter", number],
  multicast_hash_max: ["mcastHashMax", number],
  multicast_last_member_count: ["mcastLastMemberCnt", number],
  multicast_startup_query_count: ["mcastStartupQueryCnt", number],
  multicast_last_member_interval: ["mcastLastMemberIntvl", centiseconds],
  multicast_membership_interval: ["mcastMembershipIntvl", centiseconds],
  multicast_querier_interval: ["mcastQuerierIntvl", centiseconds],
  multicast_query_interval: ["mcastQueryIntvl", centiseconds],
  multicast_query_response_interval: ["mcastQueryResponseIntvl", centiseconds],
  multicast_startup_query_interval: ["mcastStartupQueryIntvl", centiseconds],
};

/** The options of a bridge's port, in /sys/class/net/eth0/brport. */
const sysfsPort: Options = {
  path_cost: ["cost", number],
  priority: ["priority", number],
  hairpin_mode: ["mode", yesNo],
  bpdu_guard: ["guard", yesNo],
  root_block: ["protect", yesNo],
  isolated: ["isolated", yesNo],
  learning: ["learning", yesNo],
  unicast_flood: ["unicastFlood", yesNo],
  multicast_flood: ["mcastFlood", yesNo],
  multicast_fast_leave: ["fastLeave", yesNo],
};

const linkOptions: Options = {
  ONBOOT: ["up", yesNo],
  MTU: ["mtu", number],
  MACADDR: ["address", mac],
  ARP: ["arp", yesNo],
  PROMISC: ["promisc", yesNo],
  ALLMULTI: ["allmulticast", yesNo],
  TXQUEUELEN: ["txqlen", number],
  BRIDGE: ["master", text],
  BRIDGE_MASTER: ["master", text],
  VRF: ["master", text],
};

const REASONS = [
  [/^(NM_CONTROLLED|USERCTL|AUTOCONNECT_PRIORITY|.*_FAILURE_FATAL|DEVTIMEOUT)$/, why.applied],
  [/^(UUID|HWADDR|CONNECTION_.*)$/, why.identity],
  [/^(PEERDNS|PEERROUTES|PEERNTP|DHCP.*|IPV4_DHCP.*|PERSISTENT_DHCLIENT|DHCPV6.*)$/, why.lease],
  [/^(DNS\d*|DOMAIN|SEARCH|RES_OPTIONS|NISDOMAIN|IPV6_PEERDNS)$/, why.resolver],
  [/^(DHCP_)?HOSTNAME$/, why.hostName],
  [/^(ZONE|FIREWALL.*)$/, why.firewall],
  [/^(ETHTOOL_.*|LINKDELAY|LINKSTATUS)$/, why.hardware],
  [/^IPV6_(AUTOCONF|PRIVACY|ADDR_GEN_MODE|ROUTER)$/, why.router],
  [/^OVS_/, why.openvswitch],
] as const;

/** TYPE= by the kind of link that is made; those of hardware make none. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ bridge: "bridge", bond: "bond", vlan: "vlan", tap: "tun", dummy: "dummy" },
  ...{ gre: "gre", ipip: "ipip", sit: "sit" },
};

const numberOf = (key: string): string => /\d*$/.exec(key)![0];

/** IPADDR, IPADDR0, IPADDR1, …, each with what belongs to it. */
function readAddresses(draft: Draft, entries: readonly Entry[], link: string, label: string | undefined): void {
  for (const address of entries.filter(({ key }) => /^IPADDR\d*$/.test(key))) {
    const of = (name: string): Entry | undefined => find(entries, `${name}${numberOf(address.key)}`);
    const [length, mask, broadcast, scope] = [of("PREFIX"), of("NETMASK"), of("BROADCAST"), of("SCOPE")];
    const used = [address, length ?? mask, broadcast, scope].filter((each) => each !== undefined);
    if (length !== undefined && mask !== undefined) {
      if (prefixLength(mask.value) === prefixLength(length.value)) draft.carry(mask);
      else draft.refuse(mask, "PREFIX counts");
    }
    draft.reading(address, () => {
      const given = length ?? mask;
      const whole = withLength(address.value, given === undefined ? undefined : prefixLength(given.value));
      addAddress(draft, used, link, whole, {
        ...(broadcast === undefined ? {} : { broadcast: broadcast.value }),
        ...(label === undefined ? {} : { label }),
        ...(scope === undefined ? {} : { scope: scope.value.replace(/^scope\s+/, "") as "link" }),
      });
    });
  }
}

function readGateways(draft: Draft, entries: readonly Entry[], link: string): void {
  const defaults = find(entries, "DEFROUTE");
  const metric = find(entries, "METRIC");
  const isNone = defaults !== undefined && !yesNo(defaults.value);
  const with4 = metric === undefined ? {} : { metric: number(metric.value) };
  for (const gateway of entries.filter(({ key }) => /^(GATEWAY\d*|IPV6_DEFAULTGW)$/.test(key))) {
    const [address = "", device] = gateway.value.split("%");
    if (isNone) draft.refuse(gateway, `${defaults.text}: there is no default route by it`);
    else {
      const used = gateway.key === "IPV6_DEFAULTGW" || metric === undefined ? [gateway] : [gateway, metric];
      const via = { ...defaultFor(address), gateway: address, link: device ?? link };
      draft.reading(gateway, () => {
        if (address === "") throw new InputError("there is no gateway");
        addRoute(draft, used, { ...via, ...(gateway.key === "IPV6_DEFAULTGW" ? {} : with4) });
      });
    }
  }
  if (defaults !== undefined) draft.carry(defaults);
}

function readIpv6(draft: Draft, entries: readonly Entry[], link: string): Entry[] {
  return entries.filter((entry) => {
    const { key, value } = entry;
    if (key === "IPV6ADDR" || key === "IPV6ADDR_SECONDARIES")
      draft.reading(entry, () => {
        for (const address of wordsOf(value)) addAddress(draft, entry, link, withLength(address));
      });
    else if (key === "IPV6INIT")
      draft.reading(entry, () => {
        // network-scripts left IPv6 alone where it was not wanted; link-local addresses stayed.
        yesNo(value);
        draft.carry(entry);
      });
    else if (key === "IPV6FORWARDING")
      draft.reading(entry, () => {
        setSysctl(draft, entry, "ipv6", link, "forwarding", yesNo(value) ? 1 : 0);
      });
    else if (key === "IPV6_MTU")
      draft.reading(entry, () => {
        setSysctl(draft, entry, "ipv6", link, "mtu", number(value));
      });
    else return true;
    return false;
  });
}

/** VLAN=yes of a name such as eno5.10, or with PHYSDEV and VLAN_ID or a name such as vlan10. */
function readVlan(draft: Draft, entries: readonly Entry[], device: readonly Entry[], link: string): void {
  const [below, id] = [find(entries, "PHYSDEV"), find(entries, "VLAN_ID")];
  const [, before, after] = /^(.+)\.(\d+)$/.exec(link) ?? [];
  const [, ofName] = /^vlan0*(\d+)$/.exec(link) ?? [];
  const path = ["links", link];
  const parent = below?.value ?? before;
  const number10 = id?.value ?? after ?? ofName;
  if (parent === undefined) throw new InputError("PHYSDEV does not say what the VLAN is on");
  if (number10 === undefined) throw new InputError("nothing says which VLAN it is");
  draft.set(device, [...path, "kind"], "vlan");
  draft.set(below ?? device, [...path, "link"], parent);
  draft.set(id ?? device, [...path, "id"], number(number10));
  const flags = { REORDER_HDR: "reorderHdr", GVRP: "gvrp", MVRP: "mvrp", LOOSE_BINDING: "looseBinding" } as const;
  for (const [key, flag] of Object.entries(flags)) {
    const entry = find(entries, key);
    if (entry !== undefined)
      draft.reading(entry, () => {
        draft.set(entry, [...path, "flags", flag], yesNo(entry.value));
      });
  }
  const listed = find(entries, "VLAN_FLAGS");
  if (listed !== undefined)
    for (const word of wordsOf(listed.value)) {
      const flag = Object.hasOwn(flags, word) ? flags[word as keyof typeof flags] : undefined;
      if (flag === undefined) draft.refuse(listed, `${word}: a VLAN has no such flag`);
      else draft.set(listed, [...path, "flags", flag], true);
    }
  for (const [key, name] of [
    ["VLAN_EGRESS_PRIORITY_MAP", "egressQos"],
    ["VLAN_INGRESS_PRIORITY_MAP", "ingressQos"],
  ] as const) {
    const entry = find(entries, key);
    if (entry !== undefined)
      draft.reading(entry, () => {
        draft.set(entry, [...path, name], priorities(entry.value));
      });
  }
}

function readTunnel(draft: Draft, entries: readonly Entry[], link: string): Entry[] {
  const ends: Options = {
    MY_OUTER_IPADDR: ["local", text],
    PEER_OUTER_IPADDR: ["remote", text],
    TTL: ["ttl", number],
  };
  const left = setOptions(draft, entries, ["links", link], ends);
  const [own, far] = [find(left, "MY_INNER_IPADDR"), find(left, "PEER_INNER_IPADDR")];
  if (own !== undefined) {
    const [address = ""] = own.value.split("/");
    if (far === undefined) addAddress(draft, own, link, withLength(own.value, 32));
    else addAddress(draft, [own, far], link, `${address}/32`, { peer: far.value.split("/")[0]! });
  }
  return left.filter((each) => each !== own && each !== far);
}

function kindOf(entries: readonly Entry[]): string | undefined {
  const type = find(entries, "TYPE")?.value.toLowerCase();
  if (type !== undefined && Object.hasOwn(KINDS, type)) return KINDS[type];
  const isOn = (key: string): boolean => /^(yes|true|1)$/i.test(find(entries, key)?.value ?? "");
  if (isOn("VLAN")) return "vlan";
  return isOn("BONDING_MASTER") || find(entries, "BONDING_OPTS") !== undefined ? "bond" : undefined;
}

/** What there is to know of a link of its kind, beside what any has. */
function readKind(draft: Draft, entries: readonly Entry[], device: readonly Entry[], link: string): Entry[] {
  const kind = kindOf(entries);
  const path = ["links", link];
  const type = find(entries, "TYPE");
  const says = entries.filter(({ key }) => key === "TYPE" || key === "VLAN" || key === "BONDING_MASTER");
  if (kind === undefined) {
    for (const entry of says)
      draft.reading(entry, () => {
        if (entry !== type ? yesNo(entry.value) : !/^(Ethernet|Loopback)$/i.test(entry.value))
          throw new InputError(
            "no such link is declared: the rest of the file is carried as that of a link that is there",
          );
        draft.carry(entry);
      });
    return entries.filter((each) => !says.includes(each));
  }
  const fits = says.filter((each) => each !== type || KINDS[each.value.toLowerCase()] === kind);
  if (type !== undefined && !fits.includes(type)) draft.refuse(type, `it is a ${kind} by what else is said`);
  if (kind === "vlan")
    draft.reading(fits, () => {
      readVlan(draft, entries, device, link);
    });
  else draft.set(fits.length === 0 ? device : fits, [...path, "kind"], kind);
  for (const entry of fits)
    draft.reading(entry, () => {
      if (entry !== type) yesNo(entry.value);
      draft.carry(entry);
    });
  let left = entries.filter(
    ({ key }) =>
      !/^(TYPE|VLAN|BONDING_MASTER)$/.test(key) &&
      (kind !== "vlan" ||
        !/^(PHYSDEV|VLAN_ID|REORDER_HDR|GVRP|MVRP|LOOSE_BINDING|VLAN_FLAGS|VLAN_\w+_PRIORITY_MAP)$/.test(key)),
  );
  if (kind === "bond") {
    const options = find(left, "BONDING_OPTS");
    for (const word of wordsWithLists(options?.value ?? "")) setOption(draft, options!, path, bondOptions, word);
    left = left.filter((each) => each !== options);
  }
  if (kind === "bridge")
    left = setOptions(draft, left, path, {
      STP: ["stpState", spanningTree],
      DELAY: ["forwardDelay", seconds],
      BRIDGE_AGEING_TIME: ["ageingTime", seconds],
      AGEING: ["ageingTime", seconds],
      PRIO: ["priority", number],
    });
  if (kind === "tun") {
    draft.set(says, [...path, "mode"], "tap");
    left = setOptions(draft, left, path, { OWNER: ["owner", number], GROUP: ["group", number] });
  }
  return kind === "gre" || kind === "ipip" || kind === "sit" ? readTunnel(draft, left, link) : left;
}

/** Options such as "mode=1 arp_ip_target=192.0.2.1,192.0.2.2": commas belong to their values. */
function wordsWithLists(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== "");
}

/** The options of a bridge, or of a port of one, as words. */
function readBridgingOptions(draft: Draft, entries: readonly Entry[], link: string): Entry[] {
  const options = find(entries, "BRIDGING_OPTS");
  const isBridge = kindOf(entries) === "bridge";
  if (options !== undefined)
    for (const word of wordsWithLists(options.value))
      setOption(
        draft,
        options,
        isBridge ? ["links", link] : ["links", link, "asPort"],
        isBridge ? sysfsBridge : sysfsPort,
        word,
      );
  return entries.filter((each) => each !== options);
}

/** A port of a bond: MASTER=bond0, and SLAVE=yes. */
function readPort(draft: Draft, entries: readonly Entry[], link: string): Entry[] {
  const [master, port] = [find(entries, "MASTER"), find(entries, "SLAVE")];
  if (master !== undefined && port !== undefined)
    draft.reading(port, () => {
      if (yesNo(port.value)) draft.set([master, port], ["links", link, "master"], master.value);
      else draft.refuse(master, "SLAVE is not yes");
    });
  else if (master !== undefined) draft.set(master, ["links", link, "master"], master.value);
  return entries.filter((each) => each !== master && each !== port);
}

function readLink(draft: Draft, file: SourceFile): void {
  const entries = assignments(file);
  draft.expect(entries);
  const refuseAll = (reason: string): void => {
    for (const entry of entries) draft.refuse(entry, reason);
  };
  if (LEFT_OVER.test(file.name)) {
    refuseAll("it is a copy that nothing reads");
    return;
  }
  for (const entry of entries)
    if (entry.key === "") draft.refuse(entry, "it is no assignment, and no shell is run");
    else if (/[$`]/.test(entry.value)) draft.refuse(entry, "a shell would have to work it out");
  const plain = entries.filter(({ key, value }) => key !== "" && !/[$`]/.test(value));
  const named = fileName(file.name).slice("ifcfg-".length);
  const device = find(plain, "DEVICE");
  const name = device?.value ?? named;
  // Where no line says the link's name, the file's own does.
  const naming = device === undefined ? [] : [device];
  const [link = "", alias] = name.split(":");
  // An alias comes up with its parent, whatever it says of booting.
  const onParent = find(plain, "ONPARENT");
  const decisive = alias === undefined ? find(plain, "ONBOOT") : onParent;
  if (decisive !== undefined && /^(no|false|0)$/i.test(decisive.value)) {
    refuseAll(`${decisive.text}: nothing brings it up ${alias === undefined ? "at boot" : "with its parent"}`);
    return;
  }
  const type = find(plain, "TYPE")?.value ?? "";
  if (/^OVS/.test(type)) {
    refuseAll(why.openvswitch);
    return;
  }
  if (device !== undefined) draft.carry(device);
  const rangeOf = plain.find(({ key }) => /^(IPADDR_START|IPADDR_END|CLONENUM_START)$/.test(key));
  if (rangeOf !== undefined) {
    refuseAll("it is a range of addresses: name each");
    return;
  }
  if (onParent !== undefined && alias !== undefined)
    draft.reading(onParent, () => {
      yesNo(onParent.value);
      draft.carry(onParent);
    });
  let left = plain.filter((each) => each !== device && each !== onParent);
  left = readBridgingOptions(draft, left, link);
  if (alias === undefined) left = readKind(draft, left, naming, link);
  left = readPort(draft, left, link);
  if (alias === undefined) {
    left = setOptions(draft, left, ["links", link], linkOptions);
    draft.assume(["links", link, "up"], true);
  }
  draft.reading(plain, () => {
    readAddresses(draft, left, link, alias === undefined ? undefined : name);
    readGateways(draft, left, link);
  });
  left = left.filter(
    ({ key }) => !/^(IPADDR|PREFIX|NETMASK|BROADCAST|SCOPE|GATEWAY)\d*$|^(DEFROUTE|METRIC|IPV6_DEFAULTGW)$/.test(key),
  );
  left = readIpv6(draft, left, link);
  for (const entry of refuseEach(draft, left, REASONS)) readRest(draft, entry, alias !== undefined);
}

function readRest(draft: Draft, entry: Entry, isAlias: boolean): void {
  const { key, value } = entry;
  if (key === "BOOTPROTO") {
    if (/^(none|static|)$/i.test(value)) draft.carry(entry);
    else draft.refuse(entry, /^(dhcp|bootp)$/i.test(value) ? why.lease : `${quoted(value)} is not known`);
  } else if (key === "NAME") draft.refuse(entry, why.identity);
  else if (key === "ONBOOT" && isAlias)
    draft.reading(entry, () => {
      yesNo(value);
      draft.carry(entry);
    });
  else if (/^NETWORK\d*$/.test(key)) draft.refuse(entry, "an address and its length say which network it is");
}

/** ADDRESS0=, NETMASK0=, GATEWAY0= of a route file. */
function readNumberedRoutes(draft: Draft, file: SourceFile, link: string): void {
  const entries = assignments(file);
  draft.expect(entries);
  for (const address of entries.filter(({ key }) => key.startsWith("ADDRESS"))) {
    const of = (name: string): Entry | undefined => find(entries, `${name}${numberOf(address.key)}`);
    const [mask, gateway, metric, options] = [of("NETMASK"), of("GATEWAY"), of("METRIC"), of("OPTIONS")];
    const used = [address, mask, gateway, metric, options].filter((each) => each !== undefined);
    draft.reading(address, () => {
      const network = withLength(address.value, mask === undefined ? undefined : prefixLength(mask.value));
      const route = {
        ...destinationOf(network),
        gateway: gateway?.value,
        link,
        metric: metric === undefined ? undefined : number(metric.value),
      };
      const more = options === undefined ? {} : routeOf([network, ...wordsOf(options.value)]);
      addRoute(draft, used, { ...more, ...route });
    });
  }
}

function readWords(draft: Draft, file: SourceFile, read: (entry: Entry, words: string[]) => void): void {
  for (const line of linesOf(file.text, { comments: /^#/ })) {
    const entry = entryOf(file.name, line.number, "", line.text, line.text);
    draft.expect([entry]);
    draft.reading(entry, () => {
      read(entry, line.text.replace(/\s#.*$/, "").split(/\s+/));
    });
  }
}

/** /etc/sysconfig/network: what holds for all links. */
function readGlobal(draft: Draft, file: SourceFile): void {
  const entries = assignments(file);
  draft.expect(entries);
  const [gateway, device] = [find(entries, "GATEWAY"), find(entries, "GATEWAYDEV")];
  if (gateway !== undefined) {
    const link = device === undefined ? {} : { link: device.value };
    const from = device === undefined ? gateway : [gateway, device];
    addRoute(draft, from, { ...defaultFor(gateway.value), gateway: gateway.value, ...link });
  }
  for (const entry of entries)
    draft.reading(entry, () => {
      if (entry.key === "NETWORKING" || entry.key === "NETWORKING_IPV6" || entry.key === "VLAN") {
        if (!yesNo(entry.value)) throw new InputError("what is declared is applied all the same");
        draft.carry(entry);
      } else if (entry.key === "IPV6FORWARDING")
        draft.set(entry, ["sysctls", "net.ipv6.conf.all.forwarding"], yesNo(entry.value) ? 1 : 0);
      else if (entry.key === "HOSTNAME") draft.refuse(entry, why.hostName);
    });
}

/** Reads the files of network-scripts: ifcfg-*, route-*, route6-*, rule-*, rule6-* and network. */
export function readIfcfg(draft: Draft, files: readonly SourceFile[]): void {
  for (const file of files) {
    const name = fileName(file.name);
    const [, what = "", six, link = ""] = /^(route|rule)(6?)-(.+)$/.exec(name) ?? [];
    const family = six === "6" ? "inet6" : "inet";
    if (name === "network") readGlobal(draft, file);
    else if (what === "rule")
      readWords(draft, file, (entry, words) => {
        draft.add(entry, ["rules"], ruleOf(words, family));
      });
    else if (what === "route" && /^\s*ADDRESS\d+=/m.test(file.text)) readNumberedRoutes(draft, file, link);
    else if (what === "route")
      readWords(draft, file, (entry, words) => {
        addRoute(draft, entry, routeOf(words, link, family));
      });
    else readLink(draft, file);
  }
}
