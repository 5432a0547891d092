import { attributes } from "../../../netlink/codecs/attributes.js";
import type { Bytes, Writer } from "../../../netlink/codecs/bytes.js";
import { type Codec, mapped, pad, raw, readOnly, unspoken } from "../../../netlink/codecs/codec.js";
import { InputError, under } from "../../../base/errors.js";
import { checkObject } from "../../../base/input.js";
import { be16, be32, s16, s32, u16, u32 as number32, u8 } from "../../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../../netlink/codecs/struct.js";
import { bits } from "../../../netlink/codecs/words.js";
import { actions } from "../actions/action.js";
import { formatU32Handle, parseU32Handle, trafficHandle } from "../traffic-handle.js";
import { filterFlags } from "./matchall.js";
import { nameText } from "../../../netlink/codecs/link-name.js";

/** struct tc_u32_key (linux/pkt_cls.h): 32 bits of the packet, under a mask, at an offset from the network header. */
export const u32Key = struct("tc_u32_key", { mask: be32, val: be32, off: s32, offmask: s32 });

/** struct tc_u32_sel (linux/pkt_cls.h) before its keys. */
export const u32SelectorHead = struct(
  "tc_u32_sel",
  {
    flags: bits(u8, { terminal: 0x1, offset: 0x2, varoffset: 0x4, eat: 0x8 }),
    offshift: u8,
    nkeys: u8,
    offmask: be16,
    off: u16,
    offoff: s16,
    hoff: s16,
    hmask: be32,
  },
  { gaps: { offmask: 1 } },
);

type Head = Omit<StructValues<(typeof u32SelectorHead)["fields"]>, "nkeys">;
type Key = StructValues<(typeof u32Key)["fields"]>;

/** What a u32 filter compares: a packet matches when all keys do. It is `terminal` unless flags are given. */
export type U32Selector = Partial<Head> & { keys: readonly (Pick<Key, "mask" | "val"> & Partial<Key>)[] };

const MOST_KEYS = 128;

const selector: Codec<U32Selector> = {
  type: "struct tc_u32_sel",
  words: "",
  write(writer: Writer, value) {
    checkObject(value);
    const { keys, flags = ["terminal"], ...head } = value;
    if (!Array.isArray(keys) || keys.length > MOST_KEYS)
      throw new InputError(`not a list of at most ${MOST_KEYS} keys`, "keys");
    u32SelectorHead.checkFields(head);
    u32SelectorHead.writePartial(writer, { ...head, flags, nkeys: keys.length });
    for (const [place, key] of (keys as U32Selector["keys"]).entries())
      under(`keys.${place}`, () => {
        u32Key.checkFields(key);
        u32Key.writePartial(writer, key);
      });
  },
  read(bytes: Bytes, offset, length) {
    if (length < u32SelectorHead.size) return undefined;
    const { nkeys, ...head } = u32SelectorHead.readAt(bytes, offset);
    if (length < u32SelectorHead.size + nkeys * u32Key.size) return undefined;
    const keys = Array.from({ length: nkeys }, (_, place) =>
      u32Key.readAt(bytes, offset + u32SelectorHead.size + place * u32Key.size),
    );
    return { ...head, keys };
  },
  parse: unspoken("selector"),
};

/** struct tc_u32_mark (linux/pkt_cls.h): a packet's mark under a mask. */
export const u32Mark = struct("tc_u32_mark", { val: number32, mask: number32, success: readOnly(number32) });

const tableHandle: Codec<string> = mapped<number, string>(number32, {
  type: "handle",
  words: "TABLE:",
  toWire: parseU32Handle,
  fromWire: formatU32Handle,
  parse(word) {
    parseU32Handle(word);
    return word;
  },
});

/** The filter that compares 32 bits at a time (TCA_U32_*, linux/pkt_cls.h). */
export const u32 = attributes("TCA_U32", () => ({
  classid: [1, trafficHandle, "the class that packets go to"],
  hash: [2, tableHandle, "the hash table and bucket that the filter goes into"],
  link: [3, tableHandle, "the hash table that matching packets are looked up in next"],
  divisor: [4, number32, "buckets of a hash table that is made"],
  sel: [5, selector, "what is compared"],
  police: [6, raw, "a rate, in the form before actions"],
  actions: [7, actions, "what is done with packets, in this order", "TCA_U32_ACT"],
  indev: [8, nameText(15), "name of the link that packets must have come in by"],
  pcnt: [9, readOnly(raw), "struct tc_u32_pcnt: how often it and its keys matched"],
  mark: [10, u32Mark, "the mark that packets must have"],
  flags: [11, filterFlags, "whether hardware does it"],
  pad: [12, pad, "padding"],
}));
