import { expect, test } from "vitest";
import { Host, NetlinkError } from "../../../src/index.js";
import type { Change, WatchEvent } from "../../../src/watch/events.js";
import type { Mirror, MirrorOptions } from "../../../src/watch/mirror.js";
import { changedProperties } from "../../../src/watch/compare.js";
import type { Subject, Watched } from "../../../src/watch/subject.js";
import { subjects } from "../../../src/watch/subjects.js";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../../src/netlink/message.js";
import { another, drift } from "./watching.js";

type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"];
const BRIDGES = ["br0", "br1", "br2"];

interface Scene {
  /** Whoever changes the namespace: of its requests the mirror's host knows nothing. */
  readonly other: Host;
  readonly elsewhere: Host;
  /** A namespace to move links to, and the one to bring them back to. */
  readonly there: string;
  readonly back: string;
  readonly random: Random;
}

const one = (random: Random, of: readonly string[]): string => of[random(of.length)]!;
const mac = (random: Random): string => `52:54:00:00:00:0${random(8)}`;

/** Creates a bridge that has an index of the caller's choice. */
async function createAt(other: Host, name: string, index: number, random: Random): Promise<void> {
  const attributes = { name, linkInfo: { kind: "bridge" } } as never;
  await other.request("RTM_NEWLINK", { flags: NLM_F_CREATE | NLM_F_EXCL, header: { index }, attributes });
  if (random(2) === 0) await other.setLink(index, { up: true });
}

/** What may happen. What the kernel refuses has not happened. */
const deeds: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  async create({ other, random }) {
    await other.addTap(one(random, NAMES));
  },
  async createAtIndex({ other, random }) {
    await createAt(other, one(random, [...NAMES, ...BRIDGES]), 1000 + random(4), random);
  },
  async createPair({ other, random }) {
    const [name, peer] = [one(random, NAMES), one(random, NAMES)];
    if (name !== peer) await other.addVeth(name, { up: true, peer: { name: peer, up: random(2) === 0 } });
  },
  async createBridge({ other, random }) {
    await other.addBridge(one(random, BRIDGES), { up: true });
  },
  async remove({ other, random }) {
    await other.remove(one(random, [...NAMES, ...NAMES, ...BRIDGES]));
  },
  async recreate({ other, random }) {
    const { name, index } = await other.link(one(random, [...NAMES, ...BRIDGES]));
    await other.remove(name);
    await createAt(other, name, index, random);
  },
  async rename({ other, random }) {
    await other.setLink(one(random, NAMES), { name: one(random, NAMES) });
  },
  async swapNames({ other, random }) {
    const [first, second] = await Promise.all([other.link(one(random, NAMES)), other.link(one(random, NAMES))]);
    await other.setLink(first, { name: "between" });
    await other.setLink(second, { name: first.name });
    await other.setLink(first, { name: second.name });
  },
  async switch({ other, random }) {
    await other.setLink(one(random, [...NAMES, ...BRIDGES]), { up: random(3) > 0 });
  },
  async mtu({ other, random }) {
    await other.setLink(one(random, NAMES), { mtu: 1280 + random(100) });
  },
  async address({ other, random }) {
    await other.setLink(one(random, NAMES), { address: mac(random) });
  },
  async attach({ other, random }) {
    await other.attach(one(random, NAMES), one(random, BRIDGES), { move: true });
  },
  async attachWithOptions({ other, random }) {
    await other.attach(one(random, NAMES), one(random, BRIDGES), { move: true, cost: 1 + random(9), isolated: true });
  },
  async detach({ other, random }) {
    await other.detach(one(random, NAMES));
  },
  async port({ other, random }) {
    // The same goes for a port's options.
    const { name, up } = await other.link(one(random, NAMES));
    if (up) await other.setPort(name, { priority: random(60), learning: random(2) === 0 });
  },
  async altnames({ other, random }) {
    // Those of a link that is down change without an event.
    const { name, up } = await other.link(one(random, NAMES));
    if (up) await other.setLink(name, { altnames: [`alt${random(3)}`, `alt${3 + random(3)}`] });
  },
  async leaveAndReturn({ other, elsewhere, there, back, random }) {
    const name = one(random, NAMES);
    await other.setLink(name, { namespace: there });
    if (random(2) === 0) await elsewhere.setLink(name, { name: one(random, NAMES) }).catch(ignore);
    for (const link of await elsewhere.links())
      if (link.name !== "lo" && random(2) === 0)
        await elsewhere.setLink(link, { namespace: back, up: true }).catch(ignore);
  },
  async addAddress({ other, random }) {
    const net = random(4);
    await other.addAddress(
      one(random, [...NAMES, ...BRIDGES]),
      random(2) === 0 ? `10.0.${net}.${1 + random(3)}/24` : `fd00:${net}::${1 + random(3)}/64`,
    );
  },
  async removeAddress({ other, random }) {
    const all = await other.addresses();
    if (all.length === 0) return;
    const { index, address } = all[random(all.length)]!;
    await other.removeAddress(index, address);
  },
  async addRoute({ other, random }) {
    await other.routes.add(`10.${100 + random(5)}.0.0/16`, { link: one(random, NAMES), metric: random(2) });
  },
  async addRouteBeyond({ other, random }) {
    await other.routes.add(`fd0${random(9)}::/64`, { gateway: `fd00:${random(4)}::9` });
  },
  async replaceRoute({ other, random }) {
    await other.routes.replace(`10.${100 + random(5)}.0.0/16`, { link: one(random, NAMES) });
  },
  async removeRoute({ other, random }) {
    await other.routes.remove(`10.${100 + random(5)}.0.0/16`);
  },
  async addEntry({ other, random }) {
    await other.fdb.add(one(random, NAMES), mac(random), {});
  },
  async removeEntry({ other, random }) {
    await other.fdb.remove(one(random, NAMES), mac(random));
  },
  async addNeighbour({ other, random }) {
    await other.neighbours.replace(one(random, NAMES), `10.0.0.${random(4)}`, { lladdr: mac(random) });
  },
  async vlans({ other, random }) {
    await other.setPort(one(random, NAMES), { vlans: [{ id: 1 + random(4), untagged: true }] });
  },
  async filtering({ other, random }) {
    const { name, up } = await other.link(one(random, BRIDGES));
    if (up) await other.setBridge(name, { vlanFiltering: random(2) === 0 });
  },
};

const ignore = (): void => undefined;

/** Does something; gives its name where the kernel agreed. */
async function happen(scene: Scene): Promise<string | undefined> {
  const names = Object.keys(deeds);
  const name = names[scene.random(names.length)]!;
  try {
    await deeds[name]!(scene);
    return name;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return undefined;
  }
}

/** What docs/watching.md says nobody is told of, and no rereading finds. */
const UNTOLD = new Set([
  "promiscuity",
  "linkInfo.slaveData.rootId",
  "linkInfo.slaveData.bridgeId",
  "tsoMaxSize",
  "tsoMaxSegs",
]);
/** The same of a TAP that is made and let go without ever being up. */
const UNTOLD_OF_TAPS = new Set([...UNTOLD, "carrier", "carrierChanges", "carrierDownCount", "linkInfo.data.persist"]);

/** An address of IPv6 is told when nobody else has it: when it is no longer tentative. */
const isTold = (entry: Watched[Subject]): boolean =>
  !("flags" in entry && Array.isArray(entry.flags) && entry.flags.includes("tentative"));

/** What differs, but for that. */
function unexpected(mirror: Mirror, differences: readonly string[]): string[] {
  return differences.filter((difference) => {
    const [change, name, ...properties] = difference.split(" ");
    const link = change === "changed" ? mirror.link(name!) : undefined;
    const allowed = link?.kind === "tun" && !link.up ? UNTOLD_OF_TAPS : UNTOLD;
    return link === undefined || properties.some((each) => !allowed.has(each));
  });
}

/** What events say stands there, which each must follow from. */
class Told {
  readonly #tables = new Map<Subject, Map<string | number, Watched[Subject]>>();
  readonly faults: string[] = [];

  take(event: WatchEvent): void {
    if (event.subject === "overrun") return;
    const { subject, change, before, after } = event as Change;
    const table = this.table(subject);
    const key = (subjects[subject].keyOf as (entry: unknown) => string | number)(after ?? before);
    const was = (subjects[subject].keyOf as (entry: unknown) => string | number)(before ?? after);
    const known = table.get(was);
    const silent = new Set(subjects[subject].silent);
    if ((known === undefined) !== (before === undefined))
      this.faults.push(`${change} ${subject} ${key}: ${known ? "there" : "not there"}`);
    else if (known !== undefined && changedProperties(known, before!, silent).length > 0)
      this.faults.push(
        `${change} ${subject} ${key}: ${changedProperties(known, before!, silent).join()} came without an event`,
      );
    table.delete(was);
    if (after !== undefined) table.set(key, after);
  }

  table(subject: Subject): Map<string | number, Watched[Subject]> {
    const found = this.#tables.get(subject);
    if (found !== undefined) return found;
    const made = new Map<string | number, Watched[Subject]>();
    this.#tables.set(subject, made);
    return made;
  }
}

const ROUNDS = Number(process.env.LINKWRIGHT_MIRROR_ROUNDS ?? 6);
const EACH = 40;
const SEED = Number(process.env.LINKWRIGHT_MIRROR_SEED ?? 1);

const said = (lately: readonly string[]): string => `LINKWRIGHT_MIRROR_SEED=${SEED}: ${lately.join(" ")}`;

const SUBJECTS = ["link", "address", "route", "neighbour", "fdb", "vlan"] as const;

test.for<[string, MirrorOptions]>([
  ["with room", { receiveBuffer: 8 << 20 }],
  ["that is overrun", { receiveBuffer: 2048 }],
])(
  "a mirror %s equals a fresh dump whatever others do, and each event follows from those before",
  async ([, options]) => {
    const random = randomFrom(SEED);
    await using host = await Host.open({ namespace: "new" });
    await using other = await another(host);
    await using elsewhere = await Host.open({ namespace: "new" });
    await using there = await elsewhere.namespaceDescriptor();
    await using back = await host.namespaceDescriptor();
    const scene = { other, elsewhere, there: `/proc/self/fd/${there.fd}`, back: `/proc/self/fd/${back.fd}`, random };
    await other.setLink("lo", { up: true });
    for (const name of BRIDGES) await other.addBridge(name, { up: true });
    for (let i = 0; i < 20; i++) await happen(scene);
    const hasVlans = await host.bridgeVlans.list().then(
      () => true,
      () => false,
    );
    await using mirror = await host.mirror({
      ...options,
      addresses: true,
      routes: true,
      neighbours: true,
      fdb: true,
      vlans: hasVlans,
    });
    const known = (): { readonly [S in (typeof SUBJECTS)[number]]: readonly Watched[S][] } => ({
      link: mirror.links(),
      address: mirror.addresses(),
      route: mirror.routes(),
      neighbour: mirror.neighbours(),
      fdb: mirror.fdb(),
      vlan: hasVlans ? mirror.vlans() : [],
    });
    const told = new Told();
    for (const subject of SUBJECTS)
      for (const entry of known()[subject])
        told.table(subject).set((subjects[subject].keyOf as (entry: unknown) => string | number)(entry), entry);
    mirror.on("changed", (event) => {
      told.take(event);
    });
    const ends: unknown[] = [];
    mirror.on("ended", (reason) => ends.push(reason));
    let overruns = 0;
    mirror.on("overrun", () => overruns++);
    for (let round = 0; round < ROUNDS; round++) {
      const lately: string[] = [];
      for (let i = 0; i < EACH; i++) {
        const name = await happen(scene);
        if (name !== undefined) lately.push(name);
      }
      for (const subject of SUBJECTS.filter((each) => each !== "vlan" || hasVlans)) {
        // What the kernel does by itself, such as searching for duplicate addresses, may come between the two.
        const differences = async (): Promise<string[]> => {
          await mirror.settled();
          expect(ends).toEqual([]);
          return unexpected(mirror, await drift(host, subject, known()[subject], isTold));
        };
        await expect.poll(differences, { message: said(lately), timeout: 2000 }).toEqual([]);
      }
      await mirror.settled();
      expect(told.faults, said(lately)).toEqual([]);
      for (const subject of SUBJECTS) expect(told.table(subject).size, subject).toBe(known()[subject].length);
      for (const link of mirror.links()) {
        for (const name of [link.name, ...(link.altnames ?? [])]) expect(mirror.link(name)).toBe(link);
        if (link.master !== undefined) expect(mirror.links({ master: link.master })).toContain(link);
        expect(mirror.links({ address: link.address! })).toContain(link);
      }
    }
    if (options.receiveBuffer! < 4096) expect(overruns).toBeGreaterThan(0);
  },
);
