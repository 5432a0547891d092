import { InputError, quoted, under } from "../base/errors.js";
import { checkObject } from "../base/input.js";
import type { Host } from "../host/host.js";
import { type Call, part } from "./call.js";
import { CniError } from "./error.js";
import { type Option, valueOf } from "./options.js";

/**
 * How fast a container may receive (`ingress`) and send (`egress`), in the words of the reference plugin `bandwidth`: bits per second,
 * and bits that pass at once after a pause. 0 and undefined: without a limit.
 */
export interface Bandwidth {
  readonly ingressRate?: number | undefined;
  readonly ingressBurst?: number | undefined;
  readonly egressRate?: number | undefined;
  readonly egressBurst?: number | undefined;
}

const KEYS = ["ingressRate", "ingressBurst", "egressRate", "egressBurst"] as const;
const NUMBER = { type: "integer", minimum: 0 };

function bandwidthIn(value: unknown): Bandwidth {
  checkObject(value);
  const given = KEYS.map((key) => {
    const number = valueOf(value as Record<string, unknown>, key) ?? 0;
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0)
      throw new InputError(`${quoted(number)} is no number of bits`, key);
    return [key, number] as const;
  });
  return Object.fromEntries(given);
}

/** A bandwidth that the configuration gives. */
export function bandwidth(says: string): Option<Bandwidth | undefined> {
  const properties = Object.fromEntries(KEYS.map((key) => [key, NUMBER]));
  return { unless: undefined, says, schema: { type: "object", properties }, read: bandwidthIn };
}

/** The bandwidth that the runtime wants (capability `bandwidth`), else the configuration's. Throws InputError. */
export function bandwidthFor({ configuration }: Call, given: Bandwidth = {}): Bandwidth {
  const asked = valueOf(part(configuration, "runtimeConfig"), "bandwidth");
  return asked === undefined ? given : under("runtimeConfig.bandwidth", () => bandwidthIn(asked));
}

/** The two directions, by the words for what passes a port of a bridge, which are the other way round. */
function directions({ ingressRate = 0, ingressBurst = 0, egressRate = 0, egressBurst = 0 }: Bandwidth) {
  return [
    { direction: "egress", rate: ingressRate, burst: ingressBurst },
    { direction: "ingress", rate: egressRate, burst: egressBurst },
  ] as const;
}

/** Limits what passes the port that leads to a container. */
export async function limitBandwidth(host: Host, port: string, wanted: Bandwidth): Promise<void> {
  for (const { direction, rate, burst } of directions(wanted))
    if (rate > 0)
      await host.limitRate(port, { [direction]: rate, burst: burst === 0 ? undefined : Math.ceil(burst / 8) });
}

/** Bits per second that the kernel may round. */
const ROUNDED = 8;

/** Throws CniError unless a port is limited so. */
export async function checkBandwidth(host: Host, port: string, wanted: Bandwidth): Promise<void> {
  if (directions(wanted).every(({ rate }) => rate === 0)) return;
  const has = await host.rateLimit(port);
  for (const { direction, rate } of directions(wanted)) {
    const there = has[direction]?.rate ?? 0;
    if (Math.abs(there - rate) > ROUNDED)
      throw new CniError("notAsAdded", `${port} lets ${there || "any number of"} bits per second through, not ${rate}`);
  }
}
