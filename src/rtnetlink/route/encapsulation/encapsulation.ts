import { attributes } from "../../../netlink/codecs/attributes.js";
import { type Codec, copyBytes, text } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { byKind, type KindValues, nest } from "../../../netlink/codecs/nests.js";
import { u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import { locatorEncapsulation } from "./identifier-locator.js";
import { telemetry } from "./in-situ-telemetry.js";
import { localSegment, segmentEncapsulation } from "./segment-routing.js";
import { sourceRoute } from "./source-routing.js";
import { ip6Encapsulation, ipEncapsulation } from "./tunnel-encapsulation.js";

/** How a route's packets are wrapped (LWTUNNEL_ENCAP_*, linux/lwtunnel.h). */
export const encapsulationType = words(u16, {
  none: 0,
  mpls: 1,
  ip: 2,
  ila: 3,
  ip6: 4,
  seg6: 5,
  bpf: 6,
  seg6Local: 7,
  rpl: 8,
  ioam6: 9,
  xfrm: 10,
});

const MOST_LABEL = 0xfffff;
const LAST = 0x100;

function checkLabel(label: number): void {
  if (!Number.isInteger(label) || label < 0 || label > MOST_LABEL)
    throw new InputError(`${String(label)} is not an MPLS label from 0 to ${MOST_LABEL}`);
}

/** A stack of MPLS labels, the outermost first (RFC 3032, 2.1). */
export const mplsLabels: Codec<readonly number[]> = {
  type: "mpls labels",
  words: "N,…",
  write(writer, labels) {
    if (!Array.isArray(labels) || labels.length === 0) throw new InputError("not a list of MPLS labels");
    for (const [place, label] of (labels as number[]).entries()) {
      checkLabel(label);
      const offset = writer.reserve(4);
      writer.view.setUint32(offset, label * 0x1000 + (place === labels.length - 1 ? LAST : 0));
    }
  },
  read({ view }, offset, length) {
    if (length === 0 || length % 4 !== 0) return undefined;
    const labels: number[] = [];
    for (let at = offset; at < offset + length; at += 4) {
      const entry = view.getUint32(at);
      const isLast = at + 4 === offset + length;
      if ((entry & 0xfff) !== (isLast ? LAST : 0)) return undefined;
      labels.push(entry >>> 12);
    }
    return labels;
  },
  parse: (word) =>
    word.split(/[,/]/).map((part) => {
      if (!/^\d+$/.test(part)) throw new InputError(`${JSON.stringify(part)} is not an MPLS label`);
      checkLabel(Number(part));
      return Number(part);
    }),
};

/** Labels that are put before a packet (MPLS_IPTUNNEL_*, linux/mpls_iptunnel.h). */
export const mplsEncapsulation = attributes("MPLS_IPTUNNEL", () => ({
  dst: [1, mplsLabels, "labels, the outermost first"],
  ttl: [2, u8, "time to live of the labels"],
}));

/** A program of BPF (LWT_BPF_PROG_*, linux/lwtunnel.h). */
export const encapsulationProgram = attributes("LWT_BPF_PROG", () => ({
  fd: [1, u32, "its descriptor, when it is given"],
  name: [2, text(255), "what it is called"],
}));

/** Programs that packets meet (LWT_BPF_*, linux/lwtunnel.h). */
export const programEncapsulation = attributes("LWT_BPF", () => ({
  in: [1, nest(encapsulationProgram), "the one for what comes in"],
  out: [2, nest(encapsulationProgram), "the one for what goes out"],
  xmit: [3, nest(encapsulationProgram), "the one for what is sent, which may add a header"],
  xmitHeadroom: [4, u32, "the room that it needs before a packet, up to 256 bytes"],
}));

/** The state of IPsec that packets get (LWT_XFRM_*, linux/lwtunnel.h); the link is an xfrm link that takes it from the route. */
export const ipsecEncapsulation = attributes("LWT_XFRM", () => ({
  ifId: [1, u32, "the id that policies and states have, 1 and above"],
  link: [2, u32, "index of the link below"],
}));

/** The kinds of encapsulation that have a table here; the others are raw. */
export const encapsulations = {
  mpls: mplsEncapsulation,
  ip: ipEncapsulation,
  ila: locatorEncapsulation,
  ip6: ip6Encapsulation,
  seg6: segmentEncapsulation,
  bpf: programEncapsulation,
  seg6Local: localSegment,
  rpl: sourceRoute,
  ioam6: telemetry,
  xfrm: ipsecEncapsulation,
};

const byType = byKind("encapType", encapsulations);

/** The attributes of an encapsulation, by the word in `encapType` beside it; bytes where they have not its form. */
export const encapsulationValues: typeof byType = {
  ...byType,
  read: (bytes, offset, length, siblings) =>
    byType.read(bytes, offset, length, siblings) ?? copyBytes(bytes, offset, length),
};

/** How packets are wrapped: `{ type: "mpls", dst: [100, 200] }`; `raw` for a type without a table. */
export type Encapsulation = { type: NonNullable<ReturnType<typeof encapsulationType.parse>> } & (
  Exclude<KindValues<typeof encapsulations>, Uint8Array> | { raw: Uint8Array }
);

/** Attributes that hold an encapsulation. */
export interface Encapsulated {
  readonly encapType?: Encapsulation["type"] | undefined;
  readonly encap?: KindValues<typeof encapsulations> | undefined;
}

/** The encapsulation as attributes. */
export function encapsulated(encapsulation: Encapsulation | undefined): Encapsulated {
  if (encapsulation === undefined) return {};
  const { type: encapType, ...values } = encapsulation;
  return { encapType, encap: "raw" in values ? values.raw : values };
}

/** The encapsulation in attributes. */
export function encapsulationIn({ encapType, encap }: Encapsulated): Encapsulation | undefined {
  if (encapType === undefined || encap === undefined) return undefined;
  return encap instanceof Uint8Array ? { type: encapType, raw: encap } : { type: encapType, ...encap };
}
