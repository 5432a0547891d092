import type { RateLimitOptions } from "../../host/traffic/rate-limit.js";
import type { RateLimit } from "../../host/traffic/rate-limit.js";
import type { ReadLink } from "../declaration/declaration.js";
import { call } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { type Difference, type Step, step } from "./step.js";

const DIRECTIONS = ["ingress", "egress"] as const;

/** The limits that a port has, as they can be given again. */
export function formerRate(found: RateLimit): RateLimitOptions {
  return { ingress: found.ingress?.rate ?? "unlimited", egress: found.egress?.rate ?? "unlimited" };
}

/** Rates count whole bytes. */
function sameRate(wanted: number | "unlimited", found: number | "unlimited"): boolean {
  if (wanted === "unlimited" || found === "unlimited") return wanted === found;
  return Math.round(wanted / 8) === Math.round(found / 8);
}

function rateDifferences({ burst, ...wanted }: RateLimitOptions, found: RateLimit): Difference[] {
  return DIRECTIONS.flatMap((property) => {
    const rate = wanted[property];
    const has = found[property];
    if (rate === undefined) return [];
    const differences: Difference[] = [];
    if (!sameRate(rate, has?.rate ?? "unlimited"))
      differences.push({ property, wanted: rate, found: has?.rate ?? "unlimited", unit: "bit/s" });
    // A burst is counted in ticks of 64 ns.
    else if (burst !== undefined && has !== undefined && Math.abs(has.burst - burst) > burst / 100 + 64)
      differences.push({ property: "burst", wanted: burst, found: has.burst, unit: "bytes" });
    return differences;
  });
}

/** Limits of ports. */
export function compareRates(links: Readonly<Record<string, ReadLink>>, picture: Picture): Step[] {
  return Object.entries(links).flatMap(([name, { rate }]) => {
    if (rate === undefined) return [];
    const found = picture.rates.get(name) ?? {};
    const differences = rateDifferences(rate, found);
    if (differences.length === 0) return [];
    return [
      step("rates", {
        action: "change",
        subject: "rate",
        name,
        reason: `the limit of ${differences.map(({ property }) => property).join(", ")} is another`,
        differences,
        do: [call("limitRate", name, rate)],
        undo: [call("limitRate", name, formerRate(found))],
      }),
    ];
  });
}

/** The kernel separates the parts of a value by tabs. */
function normal(value: string): string {
  return value.trim().split(/\s+/).join(" ");
}

/** Settings of the namespace. */
export function compareSysctls(sysctls: Readonly<Record<string, string>>, picture: Picture): Step[] {
  return Object.entries(sysctls).flatMap(([name, wanted]) => {
    const found = picture.sysctls.get(name);
    if (found !== undefined && normal(found) === normal(wanted)) return [];
    return [
      step("sysctls", {
        action: "change",
        subject: "sysctl",
        name,
        reason: found === undefined ? "its link is new" : `it is ${found}`,
        differences: [{ property: name, wanted, found }],
        do: [call("setSysctl", name, wanted)],
        undo: found === undefined ? [] : [call("setSysctl", name, found)],
      }),
    ];
  });
}
