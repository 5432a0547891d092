import { internetAddress } from "../../netlink/codecs/internet.js";
import { type Address, type AddressSettings, broadcastOf } from "../../rtnetlink/address/address-requests.js";
import { parsePrefix } from "../../rtnetlink/protocol/network.js";
import type { AddressEntry, ReadLink } from "../declaration/declaration.js";
import { addressFields } from "../declaration/fields.js";
import { call, type Operation } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { difference, type Difference, type Step, step } from "./step.js";
import { except } from "../../base/except.js";
import { isAsWanted } from "../declaration/value.js";

/** Flags that say what the kernel found out, or that hold for a while. */
const KERNELS: readonly string[] = [
  ...["secondary", "dadfailed", "deprecated", "tentative", "permanent", "stablePrivacy", "optimistic", "temporary"],
];
/** Who adds addresses by itself: the kernel for the loopback, for routers that advertise, and for links (IFAPROT_*). */
const KERNEL_MADE: readonly (number | undefined)[] = [1, 2, 3];

function spelled({ address, length }: { readonly address: string; readonly length: number }): string {
  const read = internetAddress.parse(address);
  return `${read}/${length}`;
}

/** What an address is known by on its link: IPv6's by itself, IPv4's with its prefix and peer. */
function keyOf(text: string, peer?: string): string {
  const { address, length, bytes } = parsePrefix(text);
  if (bytes.length === 16) return bytes.join(".");
  const far = peer === undefined || peer === address ? "" : peer;
  return `${spelled({ address, length })} ${far}`;
}

/** Whether the kernel, or a router through it, made the address. */
export function isKernelMade({ proto, address, flags }: Address): boolean {
  if (proto !== undefined && proto !== 0) return KERNEL_MADE.includes(proto);
  // Linux before 5.18 does not say who.
  return address.startsWith("fe80:") || flags.includes("temporary");
}

/** An address as it can be given again. */
export function addressSettings(found: Address): AddressSettings {
  const { peer, broadcast, label, scope, validLifetime, preferredLifetime, rtPriority, proto, family } = found;
  const flags = found.flags.filter((flag) => !KERNELS.includes(flag) && !(family === "inet" && flag === "nodad"));
  const lasting = validLifetime === "forever" && preferredLifetime === "forever";
  return {
    ...(peer === undefined ? {} : { peer }),
    ...(family === "inet6" || broadcast === undefined ? {} : { broadcast }),
    ...(family === "inet6" || label === undefined ? {} : { label }),
    ...(family === "inet6" || scope === "global" ? {} : { scope }),
    ...(flags.length === 0 ? {} : { flags }),
    ...(lasting ? {} : { validLifetime, preferredLifetime }),
    ...(rtPriority === undefined || rtPriority === 0 ? {} : { rtPriority }),
    ...(proto === undefined || proto === 0 ? {} : { proto }),
  };
}

/** Lifetimes run: one that is left is as good as it was given. */
function isLeft(wanted: AddressSettings["validLifetime"], found: AddressSettings["validLifetime"]): boolean {
  if (wanted === "forever" || found === "forever") return wanted === found;
  return found! <= Math.ceil(wanted! / 1000) * 1000;
}

/** `isRenewed`: a client renews it, whose lifetime it has. */
function differencesOf(wanted: AddressEntry, found: Address, isRenewed: boolean): Difference[] {
  const { address } = wanted;
  const settings = except(wanted, "address", "absent");
  const differences: Difference[] = [];
  for (const [property, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const has = found[property as keyof Address];
    const [codec] = addressFields[property]!;
    const holds =
      property === "validLifetime" || property === "preferredLifetime"
        ? isRenewed || isLeft(value as AddressSettings["validLifetime"], has as AddressSettings["validLifetime"])
        : property === "flags"
          ? (value as readonly string[]).every(
              (flag) => KERNELS.includes(flag) || (found.flags as readonly string[]).includes(flag),
            )
          : property === "broadcast"
            ? broadcastOf(address, wanted) === has
            : property === "peer"
              ? true
              : property === "rtPriority" || property === "proto"
                ? value === (has ?? 0)
                : isAsWanted(codec, value, has);
    if (!holds) differences.push(difference(property, codec, value, has));
  }
  if (parsePrefix(found.address).length !== parsePrefix(address).length)
    differences.push({ property: "address", wanted: address, found: found.address });
  return differences;
}

/**
 * What a link is to have of addresses, of those that it has and of new ones: the kernel takes IPv4's away with the first one of
 * their network, and IPv6's when the link goes down.
 */
export function lastingAddresses(name: string, { addresses }: ReadLink, picture: Picture): AddressEntry[] {
  const index = picture.links.get(name)?.index;
  const said = new Map((addresses?.entries ?? []).map((entry) => [keyOf(entry.address, entry.peer), entry]));
  const found = index === undefined ? [] : captureAddresses(index, picture);
  const unsaid = addresses?.only === true ? [] : found.filter(({ address, peer }) => !said.has(keyOf(address, peer)));
  return [...unsaid, ...said.values()].filter(({ absent }) => absent !== true);
}

/** Puts addresses there that are not. */
export function puttingBack(name: string, entries: readonly AddressEntry[]): Operation[] {
  return entries.map((entry) => call("replaceAddress", name, entry.address, except(entry, "address", "absent")));
}

function isOfNetwork({ address }: AddressEntry, removed: Address): boolean {
  const [own, other] = [parsePrefix(address), parsePrefix(removed.address)];
  const bits = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return own.length === other.length && bits(own.bytes).slice(0, own.length) === bits(other.bytes).slice(0, own.length);
}

/** What goes with the first IPv4 address of a network, and is to stay. */
function goingAlong(name: string, found: Address, wanted: ReadLink, picture: Picture): Operation[] {
  if (found.family === "inet6" || found.flags.includes("secondary")) return [];
  return puttingBack(
    name,
    lastingAddresses(name, wanted, picture).filter((each) => isOfNetwork(each, found)),
  );
}

/**
 * Gives an address back. IPv4's first one of a network is its primary, with which the others go: what has been there since goes
 * before it comes, and those that were there come after it, in their order.
 */
function givingBack(name: string, found: Address, wanted: ReadLink, picture: Picture): Operation[] {
  const { peer } = found;
  if (found.family === "inet6") return [call("replaceAddress", name, found.address, addressSettings(found))];
  const isNear = (each: AddressEntry): boolean => !each.address.includes(":") && isOfNetwork(each, found);
  const since = lastingAddresses(name, wanted, picture).filter(isNear);
  const before = captureAddresses(found.index, picture).filter(isNear);
  const isKernels = !before.some((each) => keyOf(each.address, each.peer) === keyOf(found.address, peer));
  return [
    ...since.reverse().map((each) => call("removeAddress", name, each.address, peerOf(each))),
    ...(isKernels ? [call("replaceAddress", name, found.address, addressSettings(found))] : []),
    ...puttingBack(name, before),
  ];
}

function peerOf({ peer }: { readonly peer?: string | undefined }): AddressSettings {
  return peer === undefined ? {} : { peer };
}

function removal(
  link: string,
  found: Address,
  reason: string,
  along: Operation[],
  back: Operation[],
  order: number,
): Step {
  return step("withdraw", {
    order,
    action: "remove",
    subject: "address",
    name: `${found.address} on ${link}`,
    reason,
    do: [call("removeAddress", link, found.address, peerOf(found)), ...along],
    undo: back,
  });
}

/** What goes with the addresses of a link, and how it is put there again. */
interface Lost {
  /** All of it, as it was. */
  back(name: string): Operation[];
  /** Routes that are to stay. */
  stay(name: string): Operation[];
  /** Neighbours that are to stay. */
  acquainted(name: string): Operation[];
}

/** The addresses of links. */
export function compareAddresses(
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
  { back, stay, acquainted }: Lost,
): Step[] {
  return Object.entries(links).flatMap(([name, wanted]) => {
    const { addresses } = wanted;
    if (addresses === undefined) return [];
    const index = picture.links.get(name)?.index;
    const found = addressesOf(index, picture);
    const byKey = new Map(found.map((each) => [keyOf(each.address, each.peer), each]));
    const steps: Step[] = [];
    const meant = new Set<string>();
    const leaving: (readonly [Address, string])[] = [];
    for (const [place, entry] of addresses.entries.entries()) {
      const { address, absent, ...settings } = entry;
      const key = keyOf(address, entry.peer);
      const present = byKey.get(key);
      meant.add(key);
      const about = { subject: "address", name: `${address} on ${name}` } as const;
      if (absent === true) {
        if (present !== undefined) leaving.push([present, "it is not to be there"]);
      } else if (present === undefined)
        steps.push(
          step("addresses", {
            ...about,
            // IPv4's first address of a network is its primary one.
            order: place,
            action: "add",
            reason: `${name} has no such address`,
            do: [call("addAddress", name, address, settings)],
            undo: [call("removeAddress", name, address, peerOf(entry))],
          }),
        );
      else {
        const differences = differencesOf(entry, present, wanted.dhcp === true);
        if (differences.length > 0)
          steps.push(
            step("addresses", {
              ...about,
              order: place,
              action: "change",
              reason: `${differences.map(({ property }) => property).join(", ")} differ`,
              differences,
              do: [call("replaceAddress", name, address, settings)],
              undo: [call("replaceAddress", name, present.address, addressSettings(present)), ...back(name)],
            }),
          );
      }
    }
    if (addresses.only)
      for (const each of found)
        if (!meant.has(keyOf(each.address, each.peer)) && !isKernelMade(each))
          leaving.push([each, `only other addresses are declared for ${name}`]);
    // The last first: the kernel takes secondary addresses away with their primary.
    const isLeft = lastingAddresses(name, wanted, picture).some(({ address }) => !address.includes(":"));
    for (const [place, [each, reason]] of leaving.reverse().entries()) {
      const along = goingAlong(name, each, wanted, picture);
      const former = [...givingBack(name, each, wanted, picture), ...back(name)];
      const again = [...(along.length === 0 ? [] : [...along, ...stay(name)]), ...(isLeft ? [] : acquainted(name))];
      steps.push(removal(name, each, reason, again, former, place));
    }
    return steps;
  });
}

const byLink = new WeakMap<Picture["addresses"], Map<number, Address[]>>();

/** The addresses of a link, in the kernel's order. */
function addressesOf(index: number | undefined, { addresses }: Picture): readonly Address[] {
  let known = byLink.get(addresses);
  if (known === undefined) {
    known = new Map();
    for (const each of addresses) {
      const own = known.get(each.index);
      if (own === undefined) known.set(each.index, [each]);
      else own.push(each);
    }
    byLink.set(addresses, known);
  }
  return known.get(index ?? 0) ?? [];
}

/** The addresses of a link as they can be declared. */
export function captureAddresses(index: number, picture: Picture): AddressEntry[] {
  const own = addressesOf(index, picture).filter((each) => !isKernelMade(each));
  return own.map((each) => ({ address: each.address, ...addressSettings(each) }));
}
