import { mac } from "../netlink/internet.js";
import { flag8, limited, u16 } from "../netlink/numbers.js";
import { megabits, vfLinkStateWord } from "../rtnetlink/link/virtual-functions.js";
import { vlanProtocol } from "../rtnetlink/protocol/vlan-protocol.js";
import { type Section, wordOf } from "./word.js";

/** The words of virtual functions. */
export const virtualFunctionSections = {
  virtualFunction: {
    title: "A virtual function",
    words: [
      wordOf("address", mac, "the MAC", "mac"),
      wordOf("vlan", limited(u16, 0, 4094), "the VLAN whose tag its frames get; 0 for none"),
      wordOf("qos", limited(u16, 0, 7), "the priority in that tag"),
      wordOf("protocol", vlanProtocol, "the protocol of that tag"),
      wordOf("minTxRate", megabits, "the least that it may always send, in whole megabits"),
      wordOf("maxTxRate", megabits, "the most that it may send, in whole megabits; 0 for no limit"),
      wordOf("spoofCheck", flag8, "frames with a MAC that is not its own are dropped"),
      wordOf("linkState", vfLinkStateWord, "whether its link is up: auto is as the port's"),
      wordOf("rssQuery", flag8, "it may ask how received packets are spread over queues"),
      wordOf("trust", flag8, "it may change its MAC, or be promiscuous"),
    ],
  },
  virtualFunctionDetails: {
    title: "What to print",
    words: [wordOf("statistics", flag8, "what they have sent and received, too")],
  },
} satisfies Record<string, Section>;
