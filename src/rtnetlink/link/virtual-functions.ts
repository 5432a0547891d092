import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, mapped, pad, parseSwitch, readOnly } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { formatHardwareAddress, hardwareAddress } from "../../netlink/codecs/internet.js";
import { nest, repeated } from "../../netlink/codecs/nests.js";
import { count64, isWithin, u32, u64 } from "../../netlink/codecs/numbers.js";
import { parseRate } from "../../netlink/codecs/quantities.js";
import { struct } from "../../netlink/codecs/struct.js";
import { words } from "../../netlink/codecs/words.js";
import { vlanProtocol } from "../protocol/vlan-protocol.js";

/** Room for a link-layer address in a struct (MAX_ADDR_LEN, linux/netdevice.h). */
const ROOM = 32;
const ETHERNET = 6;
const INFINIBAND = 20;

/** A MAC in 32 bytes, 20 of them InfiniBand's, or 6: the struct does not say how many. */
const roomyAddress: Codec<string> = {
  ...hardwareAddress,
  size: ROOM,
  write(writer, value, siblings) {
    const start = writer.length;
    hardwareAddress.write(writer, value, siblings);
    const size = writer.length - start;
    if (size !== ETHERNET && size !== INFINIBAND) throw new InputError(`${size} bytes are no MAC, which has 6 or 20`);
    writer.zeros(ROOM - size);
  },
  read({ buffer }, offset, length) {
    if (length !== ROOM) return undefined;
    const ethernet = buffer.subarray(offset + ETHERNET, offset + ROOM).every((byte) => byte === 0);
    return formatHardwareAddress(buffer, offset, ethernet ? ETHERNET : INFINIBAND);
  },
};

/** A switch that a driver may not know: then it is none. */
const setting: Codec<boolean> = mapped(u32, {
  words: "on|off",
  toWire(value: boolean) {
    if (typeof value !== "boolean") throw new InputError(`${quoted(value)} is neither true nor false`);
    return value ? 1 : 0;
  },
  fromWire: (wire) => (wire > 1 ? undefined : wire === 1),
  parse: parseSwitch,
});

const MEGABIT = 1_000_000;
const MOST_MEGABITS = 0xffffffff;

/** Bits per second, as a 32-bit number of whole megabits per second; 0 for no limit. */
export const megabits: Codec<number> = mapped(u32, {
  words: "RATE",
  type: "u32 of Mbit/s",
  toWire(value: number) {
    if (!isWithin(value, 0, MOST_MEGABITS * MEGABIT) || value % MEGABIT !== 0)
      throw new InputError(
        `${quoted(value)} is not a rate in whole megabits: a multiple of ${MEGABIT} bits per second, or 0 for no limit`,
      );
    return value / MEGABIT;
  },
  fromWire: (wire) => wire * MEGABIT,
  parse: parseRate,
});

/** Whether the link of a virtual function is up (IFLA_VF_LINK_STATE_*, linux/if_link.h): auto is as the port's. */
export const vfLinkStateWord = words(u32, { auto: 0, enable: 1, disable: 2 });

const vf = u32;
export const vfMac = struct("ifla_vf_mac", { vf, mac: roomyAddress });
export const vfBroadcast = struct("ifla_vf_broadcast", { broadcast: roomyAddress });
export const vfVlan = struct("ifla_vf_vlan", { vf, vlan: u32, qos: u32 });
export const vfTxRate = struct("ifla_vf_tx_rate", { vf, rate: megabits });
export const vfSpoofchk = struct("ifla_vf_spoofchk", { vf, setting });
export const vfLinkState = struct("ifla_vf_link_state", { vf, linkState: vfLinkStateWord });
export const vfRate = struct("ifla_vf_rate", { vf, minTxRate: megabits, maxTxRate: megabits });
export const vfRssQueryEn = struct("ifla_vf_rss_query_en", { vf, setting });
export const vfTrust = struct("ifla_vf_trust", { vf, setting });
export const vfGuid = struct("ifla_vf_guid", { vf, guid: u64 }, { gaps: { guid: 4 } });

const vlanInfo = struct("ifla_vf_vlan_info", { vf, vlan: u32, qos: u32, vlanProto: vlanProtocol });
/** Two bytes that belong to no field stand behind the last one. */
const ROOM_BEHIND = 2;
export const vfVlanInfo: typeof vlanInfo = {
  ...vlanInfo,
  size: vlanInfo.size + ROOM_BEHIND,
  write(writer, value, siblings) {
    vlanInfo.write(writer, value, siblings);
    writer.zeros(ROOM_BEHIND);
  },
};

/** What a virtual function has sent and received (IFLA_VF_STATS_*, linux/if_link.h). */
export const vfStatistics = attributes("IFLA_VF_STATS", () => ({
  rxPackets: [0, count64, "packets received"],
  txPackets: [1, count64, "packets sent"],
  rxBytes: [2, count64, "bytes received"],
  txBytes: [3, count64, "bytes sent"],
  broadcast: [4, count64, "broadcasts received"],
  multicast: [5, count64, "multicasts received"],
  pad: [6, pad, "padding"],
  rxDropped: [7, count64, "packets dropped that came"],
  txDropped: [8, count64, "packets dropped that were to go"],
}));

/** The tags of a virtual function's frames (IFLA_VF_VLAN_*, linux/if_link.h). */
export const vfVlans = attributes("IFLA_VF_VLAN", () => ({
  info: [1, vfVlanInfo, "a VLAN, its priority and protocol"],
}));

/** A virtual function (IFLA_VF_*, linux/if_link.h). Each part says which one. */
export const virtualFunction = attributes("IFLA_VF", () => ({
  mac: [1, vfMac, "the MAC"],
  vlan: [2, vfVlan, "the VLAN and its priority; vlanList has its protocol, too"],
  txRate: [3, vfTxRate, "the most that it may send; rate has the least, too"],
  spoofchk: [4, vfSpoofchk, "frames with a MAC that is not its own are dropped"],
  linkState: [5, vfLinkState, "whether its link is up"],
  rate: [6, vfRate, "the least and the most that it may send"],
  rssQueryEn: [7, vfRssQueryEn, "it may ask how received packets are spread"],
  stats: [8, readOnly(nest(vfStatistics)), "counters"],
  trust: [9, vfTrust, "it may change its MAC, or be promiscuous"],
  ibNodeGuid: [10, vfGuid, "InfiniBand's node GUID"],
  ibPortGuid: [11, vfGuid, "InfiniBand's port GUID"],
  vlanList: [12, nest(vfVlans), "the VLAN, its priority and protocol"],
  broadcast: [13, readOnly(vfBroadcast), "the MAC of broadcasts"],
}));

export type VirtualFunctionValues = Values<typeof virtualFunction>;

/** The virtual functions of a link (IFLA_VFINFO_LIST). */
export const virtualFunctionList = repeated(1, nest(virtualFunction));
