import { InputError } from "../../base/errors.js";
import { bondMode } from "../words/bond-options.js";
import type { Draft } from "../draft/draft.js";
import { all, type Entry, find, leaves, type SourceFile } from "../draft/entry.js";
import { type Options, setOptions, why } from "../draft/options.js";
import { addAddress, addRoute, defaultFor, destinationOf } from "../draft/settings.js";
import { mac, milliseconds, number, numbered, prefixLength, seconds, spanningTree } from "../syntax/values.js";
import { xmlEntry } from "../syntax/xml.js";

// The words of libvirt's interface XML (schemas/interface.rng).

const KINDS: Readonly<Record<string, string>> = { bridge: "bridge", bond: "bond", vlan: "vlan" };

const bridge: Options = { stp: ["stpState", spanningTree], delay: ["forwardDelay", seconds] };
const miimon: Options = {
  freq: ["miimon", milliseconds],
  updelay: ["updelay", milliseconds],
  downdelay: ["downdelay", milliseconds],
  carrier: ["useCarrier", (value) => value === "netif"],
};
const arpmon: Options = {
  interval: ["arpInterval", milliseconds],
  target: ["arpIpTarget", (value) => [value]],
  validate: ["arpValidate", numbered("none", "active", "backup", "all")],
};

function valueOf(entry: Entry, key: string): string | undefined {
  return find(entry.entries, key)?.value;
}

function readProtocol(draft: Draft, protocol: Entry, link: string): void {
  for (const family of all(protocol.entries, "family"))
    if (["ipv4", "ipv6"].includes(family.value)) draft.carry(family);
    else draft.refuse(family, `${family.value} is no family of addresses here`);
  for (const entry of protocol.entries)
    draft.reading(leaves([entry])[0]!, () => {
      const { entries } = entry;
      if (entry.key === "ip") {
        const [address, length] = [find(entries, "address"), find(entries, "prefix")];
        if (address === undefined) throw new InputError("it has no address");
        const prefix = length === undefined ? (address.value.includes(":") ? 64 : 24) : prefixLength(length.value);
        addAddress(draft, length === undefined ? address : [address, length], link, `${address.value}/${prefix}`);
      } else if (entry.key === "route") {
        const [gateway, to, length] = [find(entries, "gateway"), find(entries, "address"), find(entries, "prefix")];
        const from = [gateway, to, length].filter((each) => each !== undefined);
        if (gateway === undefined) throw new InputError("it has no gateway");
        const place =
          to === undefined ? defaultFor(gateway.value) : destinationOf(`${to.value}/${length?.value ?? ""}`);
        addRoute(draft, from, { ...place, gateway: gateway.value, link });
      } else if (entry.key === "dhcp") for (const leaf of leaves([entry])) draft.refuse(leaf, why.lease);
      else if (entry.key === "autoconf") draft.refuse(entry, why.router);
    });
}

/** The interfaces that are in another one: its ports, or what it is on. */
function readInner(draft: Draft, entry: Entry, relation: (from: Entry, inner: string) => void): void {
  for (const inner of all(entry.entries, "interface")) {
    const name = find(inner.entries, "name");
    const own = readInterface(draft, inner, true);
    if (name !== undefined && own !== undefined) relation(name, own);
  }
}

function readKind(draft: Draft, entry: Entry, type: Entry, link: string): void {
  const path = ["links", link];
  if (!Object.hasOwn(KINDS, type.value)) {
    draft.carry(type);
    return;
  }
  draft.set(type, [...path, "kind"], KINDS[type.value]);
  const own = find(entry.entries, type.value);
  const join = (from: Entry, port: string): void => {
    draft.set(from, ["links", port, "master"], link);
    draft.assume(["links", port, "up"], true);
  };
  if (own === undefined) return;
  if (own.entries.length === 0) draft.carry(own);
  if (type.value === "bridge") {
    setOptions(draft, own.entries, path, bridge);
    readInner(draft, own, join);
  } else if (type.value === "bond") {
    setOptions(draft, own.entries, path, { mode: ["mode", bondMode] });
    for (const monitor of all(own.entries, "miimon")) setOptions(draft, monitor.entries, path, miimon);
    for (const monitor of all(own.entries, "arpmon")) setOptions(draft, monitor.entries, path, arpmon);
    readInner(draft, own, join);
  } else {
    setOptions(draft, own.entries, path, { tag: ["id", number] });
    readInner(draft, own, (from, below) => {
      draft.set(from, [...path, "link"], below);
    });
  }
}

/** A link, and those in it; gives its name when it could be read. */
function readInterface(draft: Draft, entry: Entry, isInner: boolean): string | undefined {
  const [type, name, start] = ["type", "name", "start"].map((key) => find(entry.entries, key));
  const below = find(find(entry.entries, "vlan")?.entries ?? [], "interface");
  const tag = valueOf(find(entry.entries, "vlan") ?? entry, "tag");
  const parent = below === undefined ? undefined : valueOf(below, "name");
  const link = name?.value ?? (parent === undefined || tag === undefined ? undefined : `${parent}.${tag}`);
  const refuseAll = (reason: string): undefined => {
    for (const leaf of leaves([entry])) draft.refuse(leaf, reason);
    return undefined;
  };
  // What is below a VLAN has no type.
  const kind = type?.value ?? (isInner ? "ethernet" : "");
  if (!["ethernet", "bridge", "bond", "vlan"].includes(kind))
    return refuseAll("it is no interface of a type that libvirt has");
  if (link === undefined) return refuseAll("it has no name");
  const path = ["links", link];
  if (name !== undefined) draft.carry(name);
  const mode = start === undefined ? undefined : find(start.entries, "mode");
  if (!isInner && mode?.value === "none") return refuseAll(`${mode.text}: nothing brings it up at boot`);
  if (mode !== undefined)
    draft.reading(mode, () => {
      if (!["onboot", "hotplug"].includes(mode.value)) throw new InputError("it is no way to start");
      draft.set(mode, [...path, "up"], true);
    });
  if (!isInner) draft.assume([...path, "up"], true);
  if (type !== undefined) readKind(draft, entry, type, link);
  for (const part of entry.entries)
    if (part.key === "mtu") setOptions(draft, part.entries, path, { size: ["mtu", number] });
    else if (part.key === "mac") {
      const address = find(part.entries, "address");
      if (address === undefined) continue;
      // A NIC has the MAC that it has; what is made gets one.
      if (kind === "ethernet") draft.refuse(address, why.identity);
      else
        draft.reading(address, () => {
          draft.set(address, [...path, "address"], mac(address.value));
        });
    } else if (part.key === "protocol") readProtocol(draft, part, link);
    else if (part.key === "link")
      for (const leaf of leaves([part])) draft.refuse(leaf, "it is a state, and none to be set");
  return link;
}

/** Reads libvirt's interface XML, one interface a file. */
export function readLibvirt(draft: Draft, files: readonly SourceFile[]): void {
  for (const file of files) {
    const root = xmlEntry(file);
    draft.expect(leaves([root]));
    if (root.key === "interface") readInterface(draft, root, false);
    else
      for (const leaf of leaves([root]))
        draft.refuse(
          leaf,
          `<${root.key}> is no interface${root.key === "network" ? ": linkwright network has those" : ""}`,
        );
  }
}
