import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { flag8, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import { readOnly } from "../../../netlink/codecs/codec.js";

/** What a TUN or TAP is (IFLA_TUN_*, linux/if_link.h). The kernel reports these; ioctls set them. */
export const tun = attributes("IFLA_TUN", () => ({
  owner: [1, readOnly(u32), "user id that may open it"],
  group: [2, readOnly(u32), "group id that may open it"],
  type: [3, readOnly(words(u8, { tun: 1, tap: 2 })), "IP packets or Ethernet frames"],
  pi: [4, readOnly(flag8), "packets start with struct tun_pi"],
  vnetHdr: [5, readOnly(flag8), "packets start with struct virtio_net_hdr"],
  persist: [6, readOnly(flag8), "it stays when its last descriptor is closed"],
  multiQueue: [7, readOnly(flag8), "it may have several queues"],
  numQueues: [8, readOnly(u32), "queues in use"],
  numDisabledQueues: [9, readOnly(u32), "queues attached but disabled"],
}));

/** What a TUN or TAP is. */
export type TunOptions = Values<typeof tun>;
