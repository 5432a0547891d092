import { InputError, quoted } from "../../base/errors.js";
import type { AddressEntry, RouteEntry } from "../../topology/declaration/declaration.js";
import type { Draft } from "./draft.js";
import type { Entry } from "./entry.js";

type From = Entry | readonly Entry[];

/** An address with its prefix length; `length` where it has none itself. */
export function withLength(address: string, length?: number): string {
  if (address.includes("/")) return address;
  if (length !== undefined) return `${address}/${length}`;
  if (address.includes(":")) return `${address}/64`;
  const first = Number(address.split(".")[0]);
  if (!/^\d+(\.\d+){3}$/.test(address)) throw new InputError(`${quoted(address)} is no address`);
  return `${address}/${first < 128 ? 8 : first < 192 ? 16 : 24}`;
}

/** The last address of an IPv4 address's network, given with its prefix length. */
export function lastOf(whole: string): string {
  const [address = "", length = ""] = whole.split("/");
  const bytes = address.split(".").map((byte, place) => {
    const bits = Math.min(8, Math.max(0, Number(length) - 8 * place));
    return Number(byte) | (0xff >> bits);
  });
  return bytes.join(".");
}

/** An address of a link. All these programs give IPv4's its network's broadcast address, which the kernel alone does not. */
export function addAddress(
  draft: Draft,
  from: From,
  link: string,
  address: string,
  settings: Omit<AddressEntry, "address"> = {},
): void {
  const length = Number(address.split("/")[1]);
  const isPlain = !address.includes(":") && length <= 30 && settings.peer === undefined && link !== "lo";
  const broadcast = isPlain && !("broadcast" in settings) ? { broadcast: "+" } : {};
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const all = { ...broadcast, ...Object.fromEntries(given) };
  draft.add(from, ["links", link, "addresses"], Object.keys(all).length === 0 ? address : { address, ...all });
}

/** "default" of the family of a gateway. */
export function defaultFor(gateway: string): Pick<RouteEntry, "destination" | "family"> {
  return gateway.includes(":") ? { destination: "default", family: "inet6" } : { destination: "default" };
}

/** A destination; all of IPv4 and of IPv6 are "default". */
export function destinationOf(network: string): Pick<RouteEntry, "destination" | "family"> {
  if (network === "0.0.0.0/0" || network === "0/0") return { destination: "default" };
  if (network === "::/0") return { destination: "default", family: "inet6" };
  return { destination: network };
}

export function addRoute(draft: Draft, from: From, route: RouteEntry): void {
  const given = Object.entries(route).filter(([, value]) => value !== undefined);
  draft.add(from, ["routes"], Object.fromEntries(given));
}

/** A setting that a link has for itself. */
export function setSysctl(
  draft: Draft,
  from: From,
  family: "ipv4" | "ipv6",
  link: string,
  name: string,
  value: number,
): void {
  draft.set(from, ["sysctls", `net/${family}/conf/${link}/${name}`], value);
}
