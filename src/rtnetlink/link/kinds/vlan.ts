import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { atCreation, type Codec, mandatory } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { repeated } from "../../../netlink/codecs/nests.js";
import { limited, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { type Struct, struct } from "../../../netlink/codecs/struct.js";
import { switches } from "../../../netlink/codecs/flag-switches.js";
import { vlanProtocol } from "../../protocol/vlan-protocol.js";

/** A priority, and the one that it is translated to. */
export interface QosMapping {
  from: number;
  to: number;
}

const priority = limited(u32, 0, 7);

/** struct ifla_vlan_qos_mapping (linux/if_link.h), of arriving frames: the tag's priority, 0 to 7, and the packet's. */
export const ingressMapping = struct("ifla_vlan_qos_mapping", { from: priority, to: u32 });
/** The same of leaving frames: the packet's priority, and the tag's, 0 to 7. */
export const egressMapping = struct("ifla_vlan_qos_mapping", { from: u32, to: priority });

function mappings(form: Struct<QosMapping>): Codec<readonly QosMapping[]> {
  const { from, to } = form.fields as Record<keyof QosMapping, Codec<number>>;
  const list = repeated(1, {
    ...form,
    words: "FROM:TO",
    parse(word: string): QosMapping {
      const [, first, second] = /^(\w+):(\w+)$/.exec(word) ?? [];
      if (first === undefined || second === undefined)
        throw new InputError(`${JSON.stringify(word)} is not two priorities such as 0:5`);
      return { from: from.parse(first), to: to.parse(second) };
    },
    format: (mapping: QosMapping) => `${mapping.from}:${mapping.to}`,
  });
  const former = (before: readonly QosMapping[], wanted: number): QosMapping =>
    before.find((mapping) => mapping.from === wanted) ?? { from: wanted, to: 0 };
  return { ...list, undo: (before = [], change) => change.map((mapping) => former(before, mapping.from)) };
}

/** Switches of a VLAN (VLAN_FLAG_*, linux/if_vlan.h). */
const flags = switches("struct ifla_vlan_flags", {
  reorderHdr: 0x1,
  gvrp: 0x2,
  looseBinding: 0x4,
  mvrp: 0x8,
  bridgeBinding: 0x10,
});

/** Options of a VLAN (IFLA_VLAN_*, linux/if_link.h). */
export const vlan = attributes("IFLA_VLAN", () => ({
  id: [1, mandatory(atCreation(u16)), "the VLAN's id, 0 to 4094"],
  flags: [2, flags, "how it behaves; each is on or off"],
  egressQos: [
    3,
    mappings(egressMapping),
    "priorities of packets, and those that the tags of leaving frames get; to 0: none",
  ],
  ingressQos: [
    4,
    mappings(ingressMapping),
    "priorities in the tags of arriving frames, and those that the packets get; to 0: none",
  ],
  protocol: [5, atCreation(vlanProtocol), "the tag's protocol; 802.1Q unless given"],
}));

/** Options of a VLAN. */
export type VlanOptions = Values<typeof vlan>;
