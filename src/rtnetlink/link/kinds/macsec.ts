import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { atCreation, type Codec, mapped, pad, unreported } from "../../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../../base/errors.js";
import { be16, be64, flag8, u32, u64, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";

/** A secure channel: a MAC and a port, 16 digits in hexadecimal (IEEE 802.1AE, 9.9). */
const channelIdentifier: Codec<string> = mapped<bigint, string>(be64, {
  type: "sci",
  words: "HEX",
  toWire(value) {
    if (typeof value !== "string" || !/^[0-9a-f]{16}$/i.test(value))
      throw new InputError(`${quoted(value)} is not a channel's 16 digits in hexadecimal`);
    return BigInt(`0x${value}`);
  },
  fromWire: (wire) => wire.toString(16).padStart(16, "0"),
  parse: (word) => word.toLowerCase(),
});

/** MACSEC_CIPHER_ID_* (linux/if_macsec.h). */
export const CIPHERS = {
  gcmAes128: 0x0080c20001000001n,
  gcmAes256: 0x0080c20001000002n,
  gcmAesXpn128: 0x0080c20001000003n,
  gcmAesXpn256: 0x0080c20001000004n,
} as const;
/** MACSEC_DEFAULT_CIPHER_ID: another number of gcmAes128, by which the kernel reports it. */
export const FORMER_GCM_AES_128 = 0x0080020001000001n;

type Cipher = keyof typeof CIPHERS;
const NAMES = Object.keys(CIPHERS) as Cipher[];

/** A cipher suite by its word, or by its number where it has none. */
const cipherSuite: Codec<Cipher | bigint> = mapped<bigint, Cipher | bigint>(u64, {
  type: "u64 of a cipher suite",
  words: "gcm-aes128|gcm-aes256|gcm-aes-xpn128|gcm-aes-xpn256",
  toWire(value) {
    if (typeof value === "bigint") return value;
    if (!NAMES.includes(value)) throw new InputError(`${quoted(value)} is none of ${NAMES.join(", ")}`);
    return CIPHERS[value];
  },
  fromWire: (wire) =>
    wire === FORMER_GCM_AES_128 ? "gcmAes128" : (NAMES.find((name) => CIPHERS[name] === wire) ?? wire),
  parse(word) {
    const name = NAMES.find((each) => each.toLowerCase() === word.replaceAll("-", "").toLowerCase());
    if (name === undefined) throw new InputError(`${quoted(word)} is none of ${NAMES.join(", ")}`);
    return name;
  },
});

/** Options of a macsec: frames signed and encrypted (IFLA_MACSEC_*, linux/if_link.h). */
export const macsec = attributes("IFLA_MACSEC", () => ({
  sci: [1, atCreation(channelIdentifier), "the secure channel that it sends in"],
  sciPort: [
    2,
    unreported(atCreation(be16), "a part of the sci (drivers/net/macsec.c)"),
    "the port in its channel's id, beside the MAC",
    "IFLA_MACSEC_PORT",
  ],
  icvLen: [3, atCreation(u8), "bytes of a frame's check value, 8 to 16"],
  cipherSuite: [4, atCreation(cipherSuite), "how frames are signed and encrypted"],
  window: [5, u32, "frames that one may come late by"],
  encodingSa: [6, u8, "the association that is sent with, 0 to 3"],
  encrypt: [7, flag8, "frames are encrypted"],
  protect: [8, flag8, "frames are signed"],
  incSci: [9, flag8, "the channel's id is in every frame"],
  es: [10, flag8, "it is an end station: the channel follows from the MAC"],
  scb: [11, flag8, "single copy broadcast"],
  replayProtect: [12, flag8, "frames that come too late are dropped"],
  validation: [13, words(u8, { disabled: 0, check: 1, strict: 2 }), "what becomes of frames that are not right"],
  pad: [14, pad, "padding"],
  offload: [15, words(u8, { off: 0, phy: 1, mac: 2 }), "whether hardware does it"],
}));

/** Options of a macsec. */
export type MacsecOptions = Values<typeof macsec>;
