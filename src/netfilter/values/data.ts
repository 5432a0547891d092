import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { raw, text } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { nest } from "../../netlink/codecs/nests.js";
import { be32, sbe32 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";

/** What becomes of a packet (NF_*, linux/netfilter.h; NFT_*, enum nft_verdicts). */
export const verdictCode = words(sbe32, {
  drop: 0,
  accept: 1,
  stolen: 2,
  queue: 3,
  repeat: 4,
  continue: -1,
  break: -2,
  jump: -3,
  goto: -4,
  return: -5,
});

/** A verdict (NFTA_VERDICT_*). */
export const verdictAttributes = attributes("NFTA_VERDICT", () => ({
  code: [1, verdictCode, "what becomes of the packet"],
  chain: [2, text(255), "the chain to go on in"],
  chainId: [3, be32, "that chain by its id in this batch"],
}));

/** What becomes of a packet. */
export type Verdict = "accept" | "drop" | "continue" | "return" | { readonly jump: string } | { readonly goto: string };

/** A verdict's attributes. Throws InputError. */
export function verdictData(verdict: Verdict): Data {
  if (typeof verdict === "string") return { verdict: { code: verdict } };
  checkObject(verdict);
  const [[code, chain] = [], ...more] = Object.entries<string>(verdict);
  if ((code !== "jump" && code !== "goto") || typeof chain !== "string" || more.length > 0)
    throw new InputError(`${quoted(verdict)} is no verdict such as "accept" or {"jump":"CHAIN"}`);
  return { verdict: { code, chain } };
}

/** The verdict that a map has for a key, or undefined for one that is none of these. */
export function verdictOf({ code, chain }: NonNullable<Data["verdict"]>): Verdict | undefined {
  if (code === "jump" && chain !== undefined) return { jump: chain };
  if (code === "goto" && chain !== undefined) return { goto: chain };
  return code === "accept" || code === "drop" || code === "continue" || code === "return" ? code : undefined;
}

/** The contents of a register (NFTA_DATA_*): bytes, or a verdict. */
export const dataAttributes = attributes("NFTA_DATA", () => ({
  value: [1, raw, "bytes, in the byte order that the packet or the kernel has them in"],
  verdict: [2, nest(verdictAttributes), "a verdict"],
}));

export const data = nest(dataAttributes);

export type Data = Values<typeof dataAttributes>;

/**
 * A register: 0 holds the verdict, 1 to 4 hold 16 bytes each, and 8 to 23 (NFT_REG32_00 to NFT_REG32_15) are the same 64 bytes
 * in pieces of 4.
 */
export const register = be32;
