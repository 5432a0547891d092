import type { ClientLease } from "./client-lease.js";

/** States of RFC 2131, figure 5; in "probing" the client has a lease, and asks by ARP whether somebody else has the address. */
export type DhcpClientState =
  "init" | "selecting" | "requesting" | "rebooting" | "probing" | "bound" | "renewing" | "rebinding" | "stopped";

/** Why an address may not be used any more; "replaced": the server gave another instead. */
export type LossReason = "nak" | "expired" | "conflict" | "released" | "replaced";

/** What a client tells of. */
export type DhcpClientEvent =
  /** There is a lease, or there is more time; `renewed`: of the address that there was. */
  | { readonly event: "lease"; readonly lease: ClientLease; readonly renewed: boolean }
  /** The address may not be used any more. */
  | {
      readonly event: "lost";
      readonly lease: ClientLease;
      readonly reason: LossReason;
    }
  /** Somebody else has the address. */
  | { readonly event: "conflict"; readonly address: string; readonly mac: string }
  /** A second server has made an offer. */
  | { readonly event: "otherServer"; readonly address: string }
  /** Nobody answers; it is tried again. */
  | { readonly event: "noAnswer"; readonly state: DhcpClientState };
