import { attributes } from "../../netlink/codecs/attributes.js";
import { be16, be32, u8 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { data, register } from "../values/data.js";

/** Puts a value into a register; a verdict goes into register 0 (NFTA_IMMEDIATE_*). */
export const immediate = attributes("NFTA_IMMEDIATE", () => ({
  dreg: [1, register, "register that is written"],
  data: [2, data, "the value"],
}));

/** Drops the packet and tells its sender (NFTA_REJECT_*). */
export const reject = attributes("NFTA_REJECT", () => ({
  type: [1, words(be32, { icmpUnreach: 0, tcpRst: 1, icmpxUnreach: 2 }), "what is sent back"],
  icmpCode: [2, u8, "the code; of icmpxUnreach, the same for both families: 0 no route, 1 port, 2 host, 3 prohibited"],
}));

/** Hands the packet to a program (NFTA_QUEUE_*). */
export const queue = attributes("NFTA_QUEUE", () => ({
  num: [1, be16, "the first queue"],
  total: [2, be16, "how many queues"],
  flags: [3, bits(be16, { bypass: 1, cpuFanout: 2 }), "what if nobody listens, and how queues are chosen"],
  sregQnum: [4, register, "register with the queue's number"],
}));
