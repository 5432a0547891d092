import { InputError, quoted } from "../../../base/errors.js";
import { type Codec, mapped, rawOf, unspoken } from "../../../netlink/codecs/codec.js";
import { isWithin, s32, u8 } from "../../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../../netlink/codecs/struct.js";

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

/** struct tc_prio_qopt (linux/pkt_sched.h), of a prio and a pfifo_fast. */
export const prioParameters = struct("tc_prio_qopt", { bands: s32, priomap: bandOfEach });

/** Options of a prio. */
export interface PrioOptions {
  /** Queues, of which the first is emptied first: 2 to 16, and 3 unless given. */
  bands?: number | undefined;
  /** The band, from 0 on, of each of 16 priorities; unless given as tc has it, in as many bands as there are. */
  priomap?: readonly number[] | undefined;
}

/** The bands of a pfifo_fast, and tc's of a prio (prio2band, net/sched/sch_generic.c). */
const USUAL = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] as const;

/** Bands that are emptied one before the other. */
export const prio: Codec<PrioOptions> = mapped<StructValues<(typeof prioParameters)["fields"]>, PrioOptions>(
  prioParameters,
  {
    words: "",
    toWire({ bands = 3, priomap = USUAL.map((band) => Math.min(band, bands - 1)), ...strays }) {
      if (!isWithin(bands, 2, PRIORITIES)) throw new InputError(`${quoted(bands)} is not 2 to ${PRIORITIES}`, "bands");
      const beyond = (priomap as unknown[]).find?.((band) => isWithin(band, bands, PRIORITIES - 1));
      if (beyond !== undefined)
        throw new InputError(`there is no band ${quoted(beyond)}: ${bands} are 0 to ${bands - 1}`, "priomap");
      return { bands, priomap, ...strays };
    },
    fromWire: (values) => values,
    parse: unspoken("struct"),
  },
);
