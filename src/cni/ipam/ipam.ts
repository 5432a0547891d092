import { InputError, quoted } from "../../base/errors.js";
import { type Call, part } from "../call.js";
import type { Result } from "../result.js";
import { delegated } from "./delegated.js";
import { hostLocal } from "./host-local.js";
import { fixed } from "./static.js";

/** Who gives out addresses. */
export interface Ipam {
  /** Throws InputError for a configuration that cannot be meant. */
  plan(call: Call): void;
  /** Addresses, routes and DNS for an attachment. */
  add(call: Call): Promise<Result>;
  /** Takes its addresses back, if it has any. */
  del(call: Call): Promise<void>;
  /** Rejects unless it still has the addresses that it was given. */
  check(call: Call): Promise<void>;
  /** Rejects unless it can give one more its addresses. */
  status(call: Call): Promise<void>;
  /** Takes back what none of the attachments has that are still valid. */
  gc(call: Call): Promise<void>;
}

const own: Readonly<Record<string, Ipam>> = { "host-local": hostLocal, static: fixed };

/** The IPAM of a configuration: one of linkwright's own, or another plugin; undefined where it has none. Throws InputError. */
export function ipamOf({ configuration }: Call): Ipam | undefined {
  const { type } = part(configuration, "ipam");
  if (type === undefined || type === null || type === "") return undefined;
  if (typeof type !== "string" || type.includes("/"))
    throw new InputError(`${quoted(type)} is no plugin's name`, "ipam.type");
  return Object.hasOwn(own, type) ? own[type] : delegated(type);
}
