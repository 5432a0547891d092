import type { Draft } from "../../draft/draft.js";
import { type Entry, all, find } from "../../draft/entry.js";
import { refuseEach, setOptions } from "../../draft/options.js";
import { mac, number, yesNo } from "../../syntax/values.js";
import { type Unit, entriesIn } from "./units.js";
import { KINDS, REASONS, SECTIONS, TAP, link, vlanFlags } from "./words.js";

export function readNetdev(draft: Draft, { sections }: Unit): void {
  const own = entriesIn(sections, "NetDev");
  const [name, kind] = [find(own, "Name"), find(own, "Kind")];
  const refuseAll = (reason: string): void => {
    for (const section of sections) for (const entry of section.entries) draft.refuse(entry, reason);
  };
  if (name === undefined || kind === undefined) {
    refuseAll("there is no Name and Kind");
    return;
  }
  if (!Object.hasOwn(KINDS, kind.value)) {
    refuseAll(`${kind.text}: a declaration has no such link`);
    return;
  }
  const path = ["links", name.value];
  draft.set([name, kind], [...path, "kind"], KINDS[kind.value]);
  if (kind.value === "tap") draft.set(kind, [...path, "mode"], "tap");
  if (kind.value === "tun") draft.set(kind, [...path, "mode"], "tun");
  if (kind.value === "vxlan") draft.assume([...path, "port"], 8472);
  for (const section of sections) {
    const { key } = section;
    let left: readonly Entry[] = section.entries;
    if (key === "NetDev") {
      left = left.filter((each) => each !== name && each !== kind);
      left = setOptions(draft, left, path, { MTUBytes: link["MTUBytes"]!, MACAddress: link["MACAddress"]! });
    } else if (key === "Tap") left = setOptions(draft, left, path, TAP);
    else if (Object.hasOwn(SECTIONS, key)) left = setOptions(draft, left, path, SECTIONS[key]!);
    if (key === "VLAN") left = setOptions(draft, left, [...path, "flags"], vlanFlags);
    if (key === "Peer") {
      const [peer, address] = [find(section.entries, "Name"), find(left, "MACAddress")];
      if (peer !== undefined && address !== undefined)
        draft.reading(address, () => {
          draft.set(address, ["links", peer.value, "address"], mac(address.value));
        });
      left = left.filter((each) => each !== address);
    }
    if (key === "Tunnel") left = readTunnel(draft, left, path);
    if (key === "VXLAN") left = readPortRange(draft, left, path);
    for (const entry of all(left, "Independent"))
      draft.reading(entry, () => {
        yesNo(entry.value);
        draft.carry(entry);
      });
    refuseEach(draft, left, REASONS);
  }
}

function readPortRange(draft: Draft, entries: readonly Entry[], path: readonly string[]): Entry[] {
  return entries.filter((entry) => {
    if (entry.key !== "PortRange") return true;
    draft.reading(entry, () => {
      const [low = "", high = low] = entry.value.split("-");
      draft.set(entry, [...path, "portRange"], { low: number(low), high: number(high) });
    });
    return false;
  });
}

/** Key= is for both directions. */
function readTunnel(draft: Draft, entries: readonly Entry[], path: readonly string[]): Entry[] {
  return entries.filter((entry) => {
    if (entry.key === "Key")
      draft.reading(entry, () => {
        for (const property of ["ikey", "okey"]) draft.set(entry, [...path, property], number(entry.value));
        for (const property of ["iflags", "oflags"]) draft.set(entry, [...path, property], ["key"]);
      });
    else return true;
    return false;
  });
}
