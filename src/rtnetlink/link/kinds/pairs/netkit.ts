import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { atCreation, readOnly } from "../../../../netlink/codecs/codec.js";
import { flag8, u16, u32 } from "../../../../netlink/codecs/numbers.js";
import { words } from "../../../../netlink/codecs/words.js";
import { peerLink } from "./veth.js";

/** What becomes of packets that no program decides about (enum netkit_action, linux/if_link.h). */
const policy = words(u32, { forward: 0, blackhole: 2 });

/** Whether a packet that enters another namespace loses its mark and priority (NETKIT_SCRUB_*, linux/if_link.h). */
const scrub = words(u32, { none: 0, default: 1 });

/** Options of a netkit pair (IFLA_NETKIT_*, linux/if_link.h). */
export const netkit = attributes("IFLA_NETKIT", () => ({
  peerInfo: [1, peerLink, "the other end"],
  primary: [2, readOnly(flag8), "this is the end that programs are attached by"],
  policy: [3, policy, "what becomes of packets that no program decides about"],
  peerPolicy: [4, policy, "the same, of the other end"],
  mode: [5, atCreation(words(u32, { l2: 0, l3: 1 })), "frames or IP packets"],
  scrub: [6, atCreation(scrub), "whether packets into another namespace lose mark and priority"],
  peerScrub: [7, atCreation(scrub), "the same, of the other end"],
  headroom: [8, atCreation(u16), "bytes kept free before a packet"],
  tailroom: [9, atCreation(u16), "bytes kept free behind a packet"],
  pairing: [10, atCreation(words(u32, { pair: 0, single: 1 })), "two ends, or one alone"],
}));

/** Options of a netkit pair. */
export type NetkitOptions = Values<typeof netkit>;
