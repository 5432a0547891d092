import { InputError, under } from "../../base/errors.js";
import { checkKnown } from "../../base/input.js";
import { hardwareAddress } from "../../netlink/codecs/internet.js";
import { type DhcpOptionName, dhcpOptions } from "../wire/dhcp-options.js";
import type { ClientLease } from "./client-lease.js";

/** Who a client says that it is, and what it asks for. */
export interface DhcpClientSettings {
  /** What the server is to know the client by, with colons, type included. Undefined: that of the lease held, or else the MAC. */
  readonly clientId?: string | undefined;
  readonly hostname?: string | undefined;
  readonly vendorClass?: string | undefined;
  /** A lease that is to go on: it is confirmed (INIT-REBOOT) rather than another asked for. */
  readonly lease?: ClientLease | undefined;
  /** The options that the server is asked for. Undefined: those that a host needs. */
  readonly request?: readonly DhcpOptionName[] | undefined;
  /** The lease time that the client would like, in milliseconds. */
  readonly leaseTime?: number | undefined;
  /** Whether a lease in two messages is welcome (RFC 4039). Undefined: yes. */
  readonly rapidCommit?: boolean | undefined;
  /** For how long others may object, by ARP, to a new address before it is used, in milliseconds. Undefined: 200; 0: not asked. */
  readonly conflictDetection?: number | undefined;
}

/** Classless routes before routers (RFC 3442). */
const REQUEST: readonly DhcpOptionName[] = [
  "subnetMask",
  "classlessStaticRoutes",
  "routers",
  "domainNameServers",
  "hostName",
  "domainName",
  "domainSearch",
  "interfaceMtu",
  "broadcastAddress",
  "ntpServers",
  "leaseTime",
  "serverIdentifier",
  "renewalTime",
  "rebindingTime",
];

/** The settings as the client works with them. */
export interface ClientPlan {
  readonly clientId: string | undefined;
  readonly hostname: string | undefined;
  readonly vendorClass: string | undefined;
  readonly request: readonly number[];
  readonly leaseTime: number | undefined;
  readonly rapidCommit: boolean;
  readonly conflictDetection: number;
}

const KNOWN = [
  "clientId",
  "hostname",
  "vendorClass",
  "lease",
  "request",
  "leaseTime",
  "rapidCommit",
  "conflictDetection",
];

/** Checks settings; throws InputError, which names what is wrong. */
export function planOf(settings: DhcpClientSettings): ClientPlan {
  checkKnown(settings, KNOWN, "");
  const { lease, request = REQUEST, conflictDetection = 200, vendorClass, leaseTime } = settings;
  const clientId = settings.clientId ?? lease?.clientId;
  const hostname = settings.hostname ?? lease?.hostname;
  if (clientId !== undefined) under("clientId", () => hardwareAddress.parse(clientId));
  under("", () => dhcpOptions.payloads({ hostName: hostname, vendorClass, leaseTime }));
  for (const [place, name] of request.entries())
    if (!Object.hasOwn(dhcpOptions.entries, name)) throw new InputError(`no option ${name}`, `request.${place}`);
  if (!(conflictDetection >= 0)) throw new InputError(`${conflictDetection} is not a duration`, "conflictDetection");
  return {
    clientId,
    hostname,
    vendorClass,
    request: request.map((name) => dhcpOptions.code(name)),
    leaseTime,
    rapidCommit: settings.rapidCommit ?? true,
    conflictDetection,
  };
}
