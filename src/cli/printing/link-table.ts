import type { Host } from "../../host/host.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkNames } from "./link-text.js";
import { PLAIN, type Style } from "../io.js";
import { type Address } from "../../rtnetlink/address/address-requests.js";
import { bytesOf } from "../../netlink/codecs/bytes.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import { hasIpAddress } from "./link-type.js";
import { type Column, table } from "./layout.js";
import { kindText, stateOf } from "../../wiring/link-text.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";

/** The links that one refers to: what is below or above it, and those among its options. */
function indexesIn({ master, link, linkNetnsid, linkInfo }: Link): (number | undefined)[] {
  const options = Object.entries({ ...linkInfo?.data, ...linkInfo?.slaveData } as Record<string, unknown>);
  const referred = options.filter(([name, value]) => REFERENCES.has(name) && typeof value === "number");
  return [master, linkNetnsid === undefined ? link : 0, ...referred.map(([, index]) => index as number)];
}

/** The names of the links that these refer to; what is not among them is asked for. */
export async function namesAround(host: Host, links: readonly Link[]): Promise<LinkNames> {
  const known = new Map(links.map(({ index, name }) => [index, name]));
  const missing = links.flatMap(indexesIn).filter((index) => index !== undefined && !known.has(index));
  return new Map([...known, ...(await namesOf(host, missing))]);
}

/** The names of links by their indexes; one that is gone has none. */
export async function namesOf(host: Host, indexes: Iterable<number | undefined>): Promise<LinkNames> {
  const names = new Map<number, string>();
  const wanted = [...new Set(indexes)].filter((index) => index !== undefined && index > 0);
  const found = await Promise.allSettled(wanted.map((index) => host.link(index!)));
  for (const each of found) if (each.status === "fulfilled") names.set(each.value.index, each.value.name);
  return names;
}

/** A link's state in the colour that it has. */
export function paintState(text: string, link: Link, style: Style): string {
  const state = stateOf(link);
  if (state === "up") return style.green(text);
  return state === "down" ? style.red(text) : style.yellow(text);
}

export const NAME: Column<Link> = {
  title: "NAME",
  value: ({ name }) => name,
  paint: (text, _link, style) => style.cyan(text),
};

export const STATE: Column<Link> = { title: "STATE", value: stateOf, paint: paintState };

export const MTU: Column<Link> = { title: "MTU", value: ({ mtu = "-" }) => String(mtu), right: true };

export const ADDRESS: Column<Link> = { title: "ADDRESS", value: (link) => addressText(link) };

/** The column of masters' names. */
export function masterColumn(names: LinkNames): Column<Link> {
  return {
    title: "MASTER",
    value: ({ master }) => (master === undefined ? "-" : (names.get(master) ?? String(master))),
  };
}

/** The column of the links below, by their names. */
export function linkColumn(names: LinkNames): Column<Link> {
  return { title: "LINK", value: (link) => linkBelow(link, names) };
}

function linkBelow({ link, linkNetnsid }: Link, names: LinkNames): string {
  if (link === undefined || link === 0) return "-";
  return linkNetnsid === undefined ? (names.get(link) ?? String(link)) : `${link}@${linkNetnsid}`;
}

type Addressed = Pick<Link, "address" | "type">;

/** A link's own address, in the spelling of its type: tunnels over IP have IP addresses. */
export function addressText({ address = "-", type }: Addressed): string {
  if (!hasIpAddress(type) || address === "-") return address;
  const bytes = address.split(":").map((byte) => parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join(".");
  return bytes.length === 16 ? (internetAddress.read(bytesOf(Uint8Array.from(bytes)), 0, 16, {}) ?? address) : address;
}

/** The same link with its addresses so spelled. */
export function withAddressText<T extends Addressed & Pick<Link, "broadcast">>(link: T): T {
  const { address, broadcast, type } = link;
  if (!hasIpAddress(type)) return link;
  return {
    ...link,
    ...(address === undefined ? {} : { address: addressText({ address, type }) }),
    ...(broadcast === undefined ? {} : { broadcast: addressText({ address: broadcast, type }) }),
  };
}

/** A link, or a further address of the one above. */
interface Line {
  readonly link: Link | undefined;
  readonly ip: string;
}

const ROOM = 80;

/** Links at a glance: what they are, how they are, whose, and their addresses. Where MACs find no room, they are left out. */
export function linkTable(
  links: readonly Link[],
  names: LinkNames,
  addresses: readonly Pick<Address, "index" | "address">[],
  style: Style,
): string {
  const lines = links.flatMap((link): Line[] => {
    const own = addresses.filter(({ index }) => index === link.index).map(({ address }) => address);
    const [first = "-", ...others] = own;
    return [{ link, ip: first }, ...others.map((ip) => ({ link: undefined, ip }))];
  });
  const of = ({ value, paint, ...column }: Column<Link>): Column<Line> => ({
    ...column,
    value: ({ link }) => (link === undefined ? "" : value(link)),
    ...(paint && {
      paint: (text: string, { link }: Line, colours: Style) => (link === undefined ? text : paint(text, link, colours)),
    }),
  });
  const columns = [NAME, { title: "KIND", value: kindText }, STATE, masterColumn(names)].map(of);
  const macs = of({ title: "MAC", value: addressText });
  const ips: Column<Line> = { title: "ADDRESSES", value: ({ ip }) => ip };
  const whole = table([...columns, macs, ips], lines, PLAIN);
  const fits = whole.split("\n").every((line) => line.length <= ROOM);
  return table(fits ? [...columns, macs, ips] : [...columns, ips], lines, style);
}
