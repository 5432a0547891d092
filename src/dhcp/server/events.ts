import type { Lease } from "../leases/lease.js";

/** What a server tells of. */
export type DhcpServerEvent =
  | { readonly event: "lease"; readonly lease: Lease; readonly renewed: boolean }
  | { readonly event: "release"; readonly lease: Lease }
  /** A client was refused the address that it asked for (DHCPNAK). */
  | { readonly event: "nak"; readonly mac: string; readonly address: string; readonly reason: string }
  /** A client found somebody else at the address that it was given. */
  | { readonly event: "decline"; readonly mac: string; readonly address: string }
  /** Somebody uses an address that is another's, or nobody's: seen by ARP. */
  | { readonly event: "conflict"; readonly mac: string; readonly address: string }
  /** There is no address for a client: none is free, or its port has as many as it may. */
  | { readonly event: "noAddress"; readonly mac: string; readonly port: string | undefined }
  /** A second server answers on this segment. `address` is its server identifier, `mac` what its frames come from, if one was seen. */
  | { readonly event: "otherServer"; readonly address: string; readonly mac: string | undefined }
  /** A message that says it is from another MAC than the frame's. */
  | { readonly event: "spoof"; readonly mac: string; readonly chaddr: string }
  /** Leases could not be written: nobody gets one until they can. */
  | { readonly event: "storageFailure"; readonly error: unknown };
