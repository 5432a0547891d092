export { advertiseRouter, type RouterService, type RouterServiceSettings } from "./links/advertise-router.js";
export type { ClientLease } from "./client/client-lease.js";
export type { DhcpClientEvent, DhcpClientState, LossReason } from "./client/events.js";
export type { DhcpClientSettings } from "./client/settings.js";
export { type DhcpClientProgram, type ForeignLease, foreignLeases, leaseLeft } from "./links/foreign-lease.js";
export { keepLease, type KeptLease, type KeptLeaseSettings } from "./links/keep-lease.js";
export type { Lease } from "./leases/lease.js";
export type { DhcpServerEvent } from "./server/events.js";
export type { AddressRange, BootSettings, ClientPort, DhcpServerSettings, Reservation } from "./server/settings.js";
export { type CurrentLease, type DhcpService, type DhcpServiceSettings, serveDhcp } from "./links/serve-dhcp.js";
export type { DhcpOptionName, DhcpOptions } from "./wire/dhcp-options.js";
export type { Dhcpv6Options } from "./wire/dhcpv6-message.js";
export type {
  DnsSearchList,
  PrefixInformation,
  RecursiveDnsServers,
  RouterAdvertisement,
} from "./wire/router-advertisement.js";
