import { InputError } from "../../../base/errors.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { vlanEntry, vlanGlobalOptions, vlanTunnel } from "../../../rtnetlink/bridge/bridge-vlan.js";
import type { BridgeVlan } from "../../../rtnetlink/bridge/bridge-vlan-requests.js";
import { parseVlans, type VlanRange } from "../../../rtnetlink/bridge/vlan-ranges.js";
import { type Section, type Option, wordOf, tableWords } from "../../parsing/option.js";

const ranges = { words: "VLAN|FIRST-LAST,…", parse: parseVlans };

function entryWord(property: keyof typeof vlanEntry.entries): Option {
  const [, codec, description] = vlanEntry.entries[property];
  return wordOf(property, codec, description);
}

const vlan = wordOf("vlan", ranges, "the VLANs that the other words here are about");
const pvid = wordOf("pvid", flag8, "what comes in without a tag belongs to vlan=");
const untagged = wordOf("untagged", flag8, "what goes out in vlan= has no tag");
const vlans = wordOf("vlans", ranges, "further VLANs, tagged");
const options: readonly Option[] = [
  wordOf("tunnel", vlanTunnel.entries.id[1], vlanTunnel.entries.id[2]),
  ...(["state", "mcastRouter", "mcastMaxGroups", "neighSuppress"] as const).map(entryWord),
];

/** The words for a port's VLANs, where the port's own words stand beside them. */
export const attachVlanWords: readonly Option[] = [
  vlan,
  pvid,
  untagged,
  vlans,
  wordOf("withoutFiltering", flag8, "though the bridge does not filter by VLAN, so that they separate nothing"),
];

/** The sections of bridges' VLANs. */
export const vlanSections = {
  bridgeVlan: { title: "VLANs of a port, or of a bridge itself", words: [vlan, pvid, untagged, vlans, ...options] },
  bridgeVlanOptions: { title: "Options of VLANs", words: [vlan, ...options] },
  bridgeVlanKey: { title: "Which VLANs", words: [vlan] },
  bridgeVlanFilter: { title: "What to print", words: [wordOf("stats", flag8, "counters, too")] },
  bridgeVlanGlobal: {
    title: "Options of VLANs in their whole bridge",
    words: [vlan, ...tableWords(vlanGlobalOptions).filter(({ property }) => !["id", "range"].includes(property))],
  },
} satisfies Record<string, Section>;

/** What was said of VLANs. */
export interface VlanWords extends Omit<BridgeVlan, "id" | "to"> {
  readonly vlan?: readonly VlanRange[] | undefined;
  readonly vlans?: readonly VlanRange[] | undefined;
}

/** The VLANs that words name; undefined when they name none. Throws InputError. */
export function vlansFrom({ vlan: chosen, vlans: tagged, ...rest }: VlanWords): BridgeVlan[] | undefined {
  const stray = Object.entries(rest).find(([, value]) => value !== undefined)?.[0];
  if (chosen === undefined && stray !== undefined) throw new InputError("it goes with vlan=", stray);
  if (chosen === undefined && tagged === undefined) return undefined;
  return [...(chosen ?? []).map((range) => ({ ...range, ...rest })), ...(tagged ?? [])];
}
