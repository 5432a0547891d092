import type { Expression } from "../expressions/expression.js";

type Match = Extract<Expression, { name: "match" }>["data"];

/** The ports of a bridge by which a packet comes in and goes out. */
interface Ports {
  readonly in: string;
  readonly out: string;
}

const NAME_SIZE = 16;

/** XT_PHYSDEV_OP_* (linux/netfilter/xt_physdev.h). */
const PHYSDEV = { in: 0x01, out: 0x02, bridged: 0x04, isIn: 0x08, isOut: 0x10 } as const;

/** Whether a port's name is one that is asked for, under a mask that lets the end of it be anything. */
function isNamed(name: string | undefined, wanted: Uint8Array, mask: Uint8Array): boolean {
  const bytes = new Uint8Array(NAME_SIZE);
  bytes.set(Buffer.from(name ?? "").subarray(0, NAME_SIZE));
  return bytes.every((byte, place) => ((byte ^ wanted[place]!) & mask[place]!) === 0);
}

/** struct xt_physdev_info (linux/netfilter/xt_physdev.h); net/netfilter/xt_physdev.c: physdev_mt. */
function physdev(info: Uint8Array, ports: Ports | undefined): boolean {
  const [inWanted, inMask, outWanted, outMask] = [0, 1, 2, 3].map((place) =>
    info.subarray(place * NAME_SIZE, (place + 1) * NAME_SIZE),
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const [invert = 0, asked = 0] = info.subarray(4 * NAME_SIZE);
  const holds: Readonly<Record<keyof typeof PHYSDEV, boolean>> = {
    in: isNamed(ports?.in, inWanted, inMask),
    out: isNamed(ports?.out, outWanted, outMask),
    bridged: ports !== undefined,
    isIn: ports !== undefined,
    isOut: ports !== undefined,
  };
  return Object.entries(PHYSDEV).every(
    ([name, bit]) => (asked & bit) === 0 || holds[name as keyof typeof PHYSDEV] === ((invert & bit) === 0),
  );
}

/** XT_CONNTRACK_STATE (linux/netfilter/xt_conntrack.h), and where struct xt_conntrack_mtinfo2 and 3 have their flags. */
const STATE = 0x1;
const MATCH_FLAGS = 146;
/** The first packet of a connection: IP_CT_NEW as XT_CONNTRACK_STATE_BIT has it. */
const NEW = 0x8;

/** Whether the first packet of a connection is in one of the states that are asked for; undefined where more is asked. */
function conntrack(info: Uint8Array): boolean | undefined {
  if (info.length < MATCH_FLAGS + 6) return undefined;
  const [flags, invert, states] = new Uint16Array(Uint8Array.from(info.subarray(MATCH_FLAGS, MATCH_FLAGS + 6)).buffer);
  if (flags !== STATE) return undefined;
  return ((states! & NEW) !== 0) !== ((invert! & STATE) !== 0);
}

/**
 * Whether a match of iptables holds for the first packet of a connection that a bridge forwards between two ports, or that is routed:
 * undefined where that depends on more than is known.
 */
export function matchOf({ name, info = new Uint8Array() }: Match, ports: Ports | undefined): boolean | undefined {
  switch (name) {
    case "comment":
      return true;
    case "physdev":
      return physdev(info, ports);
    case "conntrack":
      return conntrack(info);
    default:
      return undefined;
  }
}
