import { builtin } from "../../base/builtin.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { addressNumber, addressText, subnetText } from "../../networks/subnet.js";
import { type Call, part } from "../call.js";
import { CniError } from "../error.js";
import { valueOf } from "../options.js";
import type { ResultAddress, ResultDns } from "../result.js";
import type { Ipam } from "./ipam.js";
import { isIn, type Range, type RangeSet, rangeSetsOf } from "./ranges.js";
import { isHeldBy, type Reservations, withReservations } from "./reservations.js";
import { askedAddresses, routesIn } from "./words.js";

/** Where the reference plugin keeps them. */
const FOLDER = "/var/lib/cni/networks";

function folderOf({ configuration, network }: Call): string {
  const folder = valueOf(part(configuration, "ipam"), "dataDir") ?? FOLDER;
  if (typeof folder !== "string" || !folder.startsWith("/"))
    throw new InputError(`${quoted(folder)} is no absolute path`, "ipam.dataDir");
  return builtin("node:path").join(folder, network);
}

/** What a file such as /etc/resolv.conf says. */
function dnsIn(path: unknown): ResultDns | undefined {
  if (path === undefined || path === "") return undefined;
  if (typeof path !== "string") throw new InputError(`${quoted(path)} is no path`, "ipam.resolvConf");
  const lines = builtin("node:fs").readFileSync(path, "utf8").split("\n");
  const words = lines.map((line) => line.trim().split(/\s+/)).filter(([word = ""]) => !/^[#;]/.test(word));
  const behind = (word: string): string[] => words.filter(([first]) => first === word).flatMap((line) => line.slice(1));
  const [domain] = behind("domain").slice(-1);
  const all = { nameservers: behind("nameserver"), domain, search: behind("search"), options: behind("options") };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value.length > 0));
}

/** Every address of a set once: from behind the last that was given out, so that one that was let go of rests for a while. */
function* inTurn(set: RangeSet, last: string | undefined): Generator<[number: bigint, range: Range]> {
  const start = last === undefined ? -1 : set.findIndex((range) => isIn(range, last));
  const from = start < 0 ? set[0]!.first : addressNumber(last!) + 1n;
  const place = Math.max(start, 0);
  const rest = [...set.slice(place + 1), ...set.slice(0, place)];
  const own = set[place]!;
  const pieces: [Range, bigint, bigint][] = [
    [own, from, own.last],
    ...rest.map((range): [Range, bigint, bigint] => [range, range.first, range.last]),
    [own, own.first, from - 1n],
  ];
  for (const [range, first, end] of pieces)
    for (let number = first; number <= end; number++) if (number !== range.gateway) yield [number, range];
}

const textOf = (set: RangeSet): string => set.map(({ subnet }) => subnetText(subnet)).join(", ");

function given(address: string, { subnet, gateway }: Range): ResultAddress {
  return { address: `${address}/${subnet.length}`, gateway: addressText(subnet.family, gateway) };
}

function takeAsked(
  reservations: Reservations,
  call: Call,
  set: RangeSet,
  place: number,
  address: string,
): ResultAddress {
  const range = set.find((each) => isIn(each, address))!;
  if (addressNumber(address) === range.gateway)
    throw new CniError("invalidConfiguration", `${address} is the gateway of ${textOf(set)}`);
  if (!reservations.reserve(address, call, place)) throw new CniError("refused", `${address} is somebody else's`);
  return given(address, range);
}

function* free(reservations: Reservations, set: RangeSet, place: number): Generator<[address: string, range: Range]> {
  for (const [number, range] of inTurn(set, reservations.last(place))) {
    const address = addressText(range.subnet.family, number);
    if (!reservations.has(address)) yield [address, range];
  }
}

function takeFree(reservations: Reservations, call: Call, set: RangeSet, place: number): ResultAddress {
  for (const [address, range] of free(reservations, set, place))
    if (reservations.reserve(address, call, place)) return given(address, range);
  throw new CniError("refused", `${textOf(set)} has no free address`);
}

/** An address of each set, those that are asked for first. */
function takeEach(reservations: Reservations, call: Call, sets: readonly RangeSet[]): ResultAddress[] {
  const { byArguments, byConfiguration, byRuntime } = askedAddresses(call);
  const asked = new Set(
    [...byArguments, ...byConfiguration, ...byRuntime].map((each) => {
      const [address = ""] = each.split("/");
      return addressText(address.includes(":") ? "inet6" : "inet", addressNumber(address));
    }),
  );
  const had = reservations.of(call).find((address) => sets.flat().some((range) => isIn(range, address)));
  if (had !== undefined && asked.size === 0)
    throw new CniError("refused", `${call.container} has ${had} already as ${call.ifname}`);
  const taken = sets.map((set, place) => {
    const wish = [...asked].find((address) => set.some((range) => isIn(range, address)));
    if (wish === undefined) return takeFree(reservations, call, set, place);
    asked.delete(wish);
    return takeAsked(reservations, call, set, place, wish);
  });
  if (asked.size > 0)
    throw new CniError("invalidConfiguration", `no range of the network has ${[...asked].join(", ")}`);
  return taken;
}

function release(reservations: Reservations, call: Call): void {
  for (const address of reservations.of(call)) reservations.release(address);
}

/** Addresses of ranges, kept in files: those of the reference plugin `host-local`, which may work on them at the same time. */
export const hostLocal: Ipam = {
  plan(call) {
    const ipam = part(call.configuration, "ipam");
    under("ipam", () => routesIn(ipam));
    folderOf(call);
    rangeSetsOf(call);
    askedAddresses(call);
  },
  async add(call) {
    const ipam = part(call.configuration, "ipam");
    const sets = rangeSetsOf(call);
    const [routes, dns] = [routesIn(ipam), dnsIn(valueOf(ipam, "resolvConf"))];
    const ips = await withReservations(folderOf(call), (reservations) => {
      const before = new Set(reservations.of(call));
      try {
        return takeEach(reservations, call, sets);
      } catch (error) {
        for (const address of reservations.of(call)) if (!before.has(address)) reservations.release(address);
        throw error;
      }
    });
    return { ips, routes, dns };
  },
  async del(call) {
    await withReservations(folderOf(call), (reservations) => release(reservations, call));
  },
  async check(call) {
    await withReservations(folderOf(call), (reservations) => {
      if (reservations.of(call).length === 0)
        throw new CniError("notAsAdded", `no address is reserved for ${call.container} as ${call.ifname}`);
    });
  },
  async status(call) {
    const sets = rangeSetsOf(call);
    await withReservations(folderOf(call), (reservations) => {
      for (const [place, set] of sets.entries()) {
        if (free(reservations, set, place).next().done === true)
          throw new CniError("notAvailable", `${textOf(set)} has no free address`);
      }
    });
  },
  async gc(call) {
    const valid = call.valid ?? [];
    await withReservations(folderOf(call), (reservations) => {
      for (const [address, holder] of reservations.all())
        if (!valid.some((attached) => isHeldBy(holder, attached))) reservations.release(address);
    });
  },
};
