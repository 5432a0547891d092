import { InputError, quoted } from "../../../base/errors.js";
import { type Codec, mapped, rawOf } from "../../../netlink/codecs/codec.js";
import { isWithin, s32, u8 } from "../../../netlink/codecs/numbers.js";
import { struct } from "../../../netlink/codecs/struct.js";

/** TC_PRIO_MAX and 0 (linux/pkt_sched.h). */
const PRIORITIES = 16;

/** A band for each of 16 priorities, a byte each. */
const bandOfEach: Codec<readonly number[]> = mapped<Uint8Array, readonly number[]>(rawOf(PRIORITIES), {
  words: "N,…",
  toWire(bands) {
    if (
      !Array.isArray(bands) ||
      bands.length !== PRIORITIES ||
      !bands.every((band) => isWithin(band, 0, 15) && Number.isInteger(band))
    )
      throw new InputError(`${quoted(bands)} is not a band for each of ${PRIORITIES} priorities`);
    return Uint8Array.from(bands);
  },
  fromWire: (bytes) => [...bytes],
  parse: (word) => word.split(",").map((band) => u8.parse(band)),
});

/** struct tc_prio_qopt (linux/pkt_sched.h), of a prio and a pfifo_fast: its bands, of which the first is emptied first. */
export const prio = struct("tc_prio_qopt", { bands: s32, priomap: bandOfEach });
