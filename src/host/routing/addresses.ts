import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import { allAddressFlags, GIVABLE_FLAGS, type Lifetime, scope as scopeCodec } from "../../rtnetlink/address/address.js";
import {
  type Address,
  type AddressSettings,
  addAddress as requestAddress,
  addressContent,
  broadcastOf,
  listAddresses,
  removeAddress as requestRemoval,
  replaceAddress as requestReplacement,
} from "../../rtnetlink/address/address-requests.js";
import { unless } from "../../netlink/recording.js";
import { parsePrefix } from "../../rtnetlink/protocol/network.js";
import { describeLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { addSecondariesBack } from "../links/lost-addresses.js";
import { addWaysBack, waysOver } from "../links/lost-routes.js";
import { givenNames, sameOnWire } from "../links/verify.js";
import { withJournal } from "../work/journal.js";

export { listAddresses } from "../../rtnetlink/address/address-requests.js";

type Flags = NonNullable<AddressSettings["flags"]>;

/** The flags of what only IPv6 does with an address. */
const OF_IPV6: readonly string[] = ["homeaddress", "managetempaddr"];
/** Flags that are not kept: one holds for a while only, the other holds of every IPv4 address, which is never looked for. */
const UNKEPT: readonly string[] = ["optimistic", "nodad"];

function isKept(flag: string, { family }: Address): boolean {
  return !UNKEPT.includes(flag) || (flag === "nodad" && family === "inet6");
}

const GIVEN: readonly string[] = GIVABLE_FLAGS;

/** Whether the kernel sets a flag itself: it says what it found out, what it was told by a lifetime, or how it made the address. */
function isComputed(flag: string): boolean {
  return allAddressFlags.choices?.includes(flag) === true && !GIVEN.includes(flag);
}

/** Flags that somebody gives an address. */
function givable(flags: Flags): Flags {
  return flags.filter((flag) => !isComputed(flag));
}

/** Throws InputError for a flag that only the kernel sets, or only IPv6 knows, unless the address has it anyway. */
function checkFlags(
  text: string,
  { flags = [], validLifetime, preferredLifetime }: AddressSettings,
  present?: Address,
): void {
  const holds = (flag: string): boolean => {
    if (flag === "permanent") return (validLifetime ?? present?.validLifetime ?? "forever") === "forever";
    if (flag === "deprecated") return (preferredLifetime ?? present?.preferredLifetime) === 0;
    return present?.flags.some((each) => each === flag) ?? false;
  };
  const stray = flags.find((flag) => isComputed(flag) && !holds(flag));
  if (stray !== undefined) throw new InputError(`only the kernel sets ${stray}`, "flags");
  const strange = parsePrefix(text).bytes.length === 4 && flags.find((flag) => OF_IPV6.includes(flag) && !holds(flag));
  if (strange) throw new InputError(`only an IPv6 address can be given ${strange}`, "flags");
}

function sameAddress(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return sameOnWire(internetAddress, one, other);
}

function isSamePrefix(one: readonly number[], other: readonly number[], length: number): boolean {
  return one.every((byte, place) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, length - place * 8))) & 0xff;
    return ((byte ^ other[place]!) & mask) === 0;
  });
}

/** The address that the kernel takes for the same: IPv4's has the same prefix, too (net/ipv4/devinet.c, net/ipv6/addrconf.c). */
function presentAmong(listed: readonly Address[], text: string, peer: string | undefined): Address | undefined {
  const { address, bytes, length } = parsePrefix(text);
  const network = parsePrefix(peer ?? address).bytes;
  return listed.find((each) => {
    const own = parsePrefix(each.address);
    if (own.bytes.length !== bytes.length || !isSamePrefix(own.bytes, bytes, bytes.length * 8)) return false;
    if (bytes.length !== 4) return true;
    return own.length === length && isSamePrefix(parsePrefix(each.peer ?? own.address).bytes, network, length);
  });
}

/** Whether a lifetime that runs was to run for ever, or one that is for ever was to run. */
function endsOtherwise(wanted: Lifetime | undefined, present: Lifetime): boolean {
  return wanted !== undefined && (wanted === "forever") !== (present === "forever");
}

/** What of an address is not as it is given. Lifetimes run: of these, whether they end. */
function differing(text: string, settings: AddressSettings, present: Address): string[] {
  const { address: own, length } = parsePrefix(text);
  const { peer, broadcast, label, scope, flags, rtPriority, proto } = settings;
  const lacking = flags && givable(flags).some((flag) => isKept(flag, present) && !present.flags.includes(flag));
  const excess = flags && givable(present.flags).some((flag) => isKept(flag, present) && !flags.includes(flag));
  const presentPeer = present.peer ?? parsePrefix(present.address).address;
  const differences: Record<string, boolean> = {
    address: parsePrefix(present.address).length !== length,
    peer: peer !== undefined && !sameAddress(peer, presentPeer) && !(own === peer && present.peer === undefined),
    broadcast: broadcast !== undefined && !sameAddress(broadcastOf(text, settings), present.broadcast),
    label: label !== undefined && label !== present.label,
    scope: scope !== undefined && !sameOnWire(scopeCodec, scope, present.scope),
    flags: lacking === true || excess === true,
    rtPriority: rtPriority !== undefined && rtPriority !== (present.rtPriority ?? 0),
    proto: proto !== undefined && proto !== (present.proto ?? 0),
    validLifetime: endsOtherwise(settings.validLifetime, present.validLifetime),
    preferredLifetime: endsOtherwise(settings.preferredLifetime, present.preferredLifetime),
  };
  return Object.keys(differences).filter((name) => differences[name]);
}

/** Throws EOPNOTSUPP for what the kernel took without a word and did not heed. */
async function checkTaken(connection: Connection, index: number, text: string, settings: AddressSettings) {
  const present = presentAmong(await listAddresses(connection, { link: index }), text, settings.peer);
  const [attribute] = present === undefined ? ["address"] : differing(text, settings, present);
  if (attribute === undefined) return;
  throw new NetlinkError({
    errno: errnoNumber("EOPNOTSUPP"),
    syscall: "RTM_NEWADDR",
    subject: text,
    attribute,
    kernelMessage: "the kernel took no notice of it",
  });
}

/** Throws InputError for an IPv4 address that is to be preferred for a time and valid for ever: the kernel keeps no such time. */
function checkLifetimes(
  text: string,
  { validLifetime = "forever", preferredLifetime = "forever" }: AddressSettings,
): void {
  if (validLifetime !== "forever" || preferredLifetime === "forever" || parsePrefix(text).bytes.length !== 4) return;
  throw new InputError("an IPv4 address that is valid for ever is preferred for ever", "preferredLifetime");
}

/** Adds an address; EEXIST when the link has it already. */
export async function addAddress(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: AddressSettings,
): Promise<void> {
  const { flags } = settings;
  const given = flags === undefined ? settings : { ...settings, flags: givable(flags) };
  checkFlags(address, settings);
  checkLifetimes(address, given);
  if (givenNames(given).length === 0) return requestAddress(connection, link, address, given);
  const index = await indexOf(connection, link);
  await withJournal(connection, async (journal) => {
    await requestAddress(connection, index, address, given);
    journal.add({
      done: `${describeLink(link)} was given ${address}`,
      undo: `remove ${address} from ${describeLink(link)}`,
      requests: (to) => requestRemoval(to, index, address, given),
    });
    await checkTaken(connection, index, address, given);
  });
}

/**
 * Removes an address that has all that is given; EADDRNOTAVAIL when there is none. The kernel looks at less of it: not even at an
 * IPv6 address's peer (net/ipv4/devinet.c, net/ipv6/addrconf.c).
 */
export async function removeAddress(
  connection: Connection,
  link: LinkReference,
  text: string,
  settings: AddressSettings,
): Promise<void> {
  if (givenNames(settings).length === 0) return requestRemoval(connection, link, text, settings);
  addressContent(text, settings);
  const index = await indexOf(connection, link);
  const present = presentAmong(await listAddresses(connection, { link: index }), text, settings.peer);
  if (present !== undefined) {
    const { peer = present.peer, flags } = settings;
    const wanted = { ...settings, peer, flags: flags && [...flags, ...present.flags] };
    const [attribute] = differing(text, wanted, present);
    if (attribute !== undefined)
      throw new NetlinkError({
        errno: errnoNumber("EADDRNOTAVAIL"),
        syscall: "RTM_DELADDR",
        subject: text,
        attribute,
        kernelMessage: "the address that is there has another",
      });
  }
  await requestRemoval(connection, index, text, settings);
}

/** What an address keeps of itself where nothing else is given: the kernel would forget it. */
function kept(present: Address, settings: AddressSettings): AddressSettings {
  const { validLifetime, preferredLifetime } = settings;
  const lifetimes =
    validLifetime === undefined && preferredLifetime === undefined
      ? { validLifetime: present.validLifetime, preferredLifetime: present.preferredLifetime }
      : {};
  return {
    peer: present.peer,
    flags: givable(present.flags),
    rtPriority: present.rtPriority,
    proto: present.proto,
    ...lifetimes,
  };
}

function given(settings: AddressSettings): AddressSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Takes an address away and adds it with what it cannot be given otherwise, and then all that went with it. */
async function makeAnew(
  connection: Connection,
  index: number,
  text: string,
  present: Address,
  whole: AddressSettings,
): Promise<void> {
  const isIPv4 = present.family === "inet";
  const others = isIPv4 ? await listAddresses(connection, { link: index, family: "inet" }) : [];
  const ways = await waysOver(connection, index, parsePrefix(text).address);
  const { peer, broadcast, label, scope, validLifetime, preferredLifetime, rtPriority, proto } = present;
  const lifetimes = { validLifetime, preferredLifetime };
  const before = { peer, rtPriority, proto, ...lifetimes, flags: givable(present.flags) };
  const former = isIPv4 ? { ...before, broadcast, label, scope } : before;
  const restore = async (to: Connection): Promise<void> => {
    await addSecondariesBack(
      to,
      index,
      others.filter((each) => each.address !== present.address),
    );
    await addWaysBack(to, index, ways);
  };
  await withJournal(connection, async (journal) => {
    await requestRemoval(connection, index, present.address, { peer });
    journal.add({
      done: `${present.address} was removed from link ${index}`,
      undo: `give link ${index} ${present.address} back, and what went with it`,
      async requests(to) {
        await requestRemoval(unless(to, ["EADDRNOTAVAIL"]), index, text, whole);
        await requestAddress(to, index, present.address, former);
        await restore(to);
      },
    });
    await requestAddress(connection, index, text, whole);
    await checkTaken(connection, index, text, whole);
    await restore(connection);
  });
}

/** What the kernel changes of an address that is there; the rest takes another in its place. */
const LIFETIMES = ["validLifetime", "preferredLifetime"];
const CHANGED_IN_PLACE = {
  inet: [...LIFETIMES, "rtPriority", "proto"],
  inet6: [...LIFETIMES, "peer", "flags", "rtPriority", "proto"],
};

/**
 * Adds an address, or changes what is given of one that is there. The kernel does not change an IPv4 address's peer,
 * broadcast, label, scope and flags, nor an IPv6 address's prefix length: where one of these is another, the address is taken
 * away and added anew, with the other addresses and the routes that went with it; it is then the last of its network.
 */
export async function replaceAddress(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: AddressSettings,
): Promise<void> {
  addressContent(address, settings);
  const index = await indexOf(connection, link);
  const present = presentAmong(await listAddresses(connection, { link: index }), address, settings.peer);
  if (present === undefined) return addAddress(connection, index, address, settings);
  checkFlags(address, settings, present);
  const { flags = present.flags, ...rest } = given(settings);
  const wanted = { ...kept(present, settings), ...rest, flags: givable(flags) };
  checkLifetimes(address, wanted);
  const different = differing(address, wanted, present);
  const lasting = different.filter((name) => !CHANGED_IN_PLACE[present.family].includes(name));
  if (lasting.length === 0) {
    await requestReplacement(connection, index, address, wanted);
    return checkTaken(connection, index, address, wanted);
  }
  const { broadcast, label, scope } = present;
  const whole = present.family === "inet" ? { broadcast, label, scope, ...wanted } : wanted;
  await makeAnew(connection, index, address, present, whole);
}
