import type { Call } from "../call.js";
import type { Result } from "../result.js";

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
