import { u32 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";

/** struct tc_fifo_qopt (linux/pkt_sched.h): packets that may wait in a pfifo, bytes in a bfifo. */
export const fifo = struct("tc_fifo_qopt", { limit: u32 });
