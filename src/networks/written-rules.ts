import { InputError } from "../base/errors.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Committer } from "../netfilter/messages/batch.js";
import type { TableReference } from "../netfilter/messages/change.js";
import { guardReplacement, type IndexedPort, portsIn, TABLE as PORTS_TABLE } from "./anti-spoofing.js";
import { hasBridge } from "./bridge.js";
import type { ResolvedNetwork } from "./definition.js";
import { hasRules, replacement, TABLE } from "./firewall.js";
import { adopt, foreignDrops } from "./foreign-chains.js";
import type { GuestTaps } from "./guest-taps.js";

/** How often the rules are written anew where others change them meanwhile. */
const TRIES = 10;
/** What the kernel says of a change that another came before. */
const OVERTAKEN: readonly string[] = ["ENOENT", "ERESTART", "EAGAIN"];

/** The rules of all networks that are up, and of the ports of their guests, as the kernel has them. */
export interface WrittenRules {
  /** Whether nobody has taken anything of them. */
  areWhole(): Promise<boolean>;
  /** Writes them anew, at once; by an owner, the tables are that socket's. Rejects with InputError where a bridge is gone. */
  write(owner?: Committer): Promise<void>;
  /** Writes again what is missing, and says whether anything was. */
  mend(owner?: Committer): Promise<boolean>;
}

export function writtenRules(
  host: Host,
  rules: Pick<Host, "netfilter">,
  guests: GuestTaps,
  plansUp: () => Promise<ResolvedNetwork[]>,
): WrittenRules {
  /** Which of these tables there are: one question, for what is missing is to be written again at once. */
  async function there(wanted: readonly TableReference[]): Promise<TableReference[]> {
    const tables = await host.netfilter.tables();
    return wanted.filter(({ family, table }) => tables.some((each) => each.family === family && each.name === table));
  }

  /** The ports of guests that are guarded, and those that others have had guarded as long as their links are there. */
  async function guardedAnyhow(): Promise<IndexedPort[]> {
    const own = await guests.guarded();
    const known = new Set(own.map(({ index }) => index));
    const others = ((await portsIn(host, PORTS_TABLE)) ?? []).filter(({ index }) => !known.has(index));
    if (others.length === 0) return own;
    const there = new Set((await host.links({ only: ["name"] })).map(({ index }) => index));
    return [...own, ...others.filter(({ index }) => there.has(index))];
  }

  async function areTablesThere(): Promise<boolean> {
    const wanted = [
      ...((await plansUp()).some(hasRules) ? [TABLE] : []),
      ...((await guests.list()).some(({ antiSpoof }) => antiSpoof) ? [PORTS_TABLE] : []),
    ];
    return (await there(wanted)).length === wanted.length;
  }

  async function areAdopted(): Promise<boolean> {
    const plans = (await plansUp()).filter(({ firewall }) => firewall === "adopt");
    const drops = await Promise.all(plans.map((plan) => foreignDrops(host, plan)));
    return drops.every(({ length }) => length === 0);
  }

  async function write(owner?: Committer): Promise<void> {
    const plans = await plansUp();
    for (const plan of plans)
      if (!(await hasBridge(host, plan)))
        throw new InputError(
          `the bridge ${plan.bridge} of the network ${plan.name} is gone: stop and start it`,
          "name",
        );
    const flags = owner === undefined ? undefined : (["owner", "persist"] as const);
    for (let attempt = 1; ; attempt++)
      try {
        // What is guarded from here on by others, and not known here, is not written over.
        const { tables, generation } = await host.netfilter.ruleset(TABLE);
        const ports = await guardedAnyhow();
        const changes = [
          ...replacement(plans, tables.length > 0, flags),
          ...guardReplacement(PORTS_TABLE, ports, (await there([PORTS_TABLE])).length > 0, flags),
        ];
        await (owner ?? rules.netfilter).commit(changes, generation);
        break;
      } catch (error) {
        // Another program changed it just now.
        const isOvertaken = error instanceof NetlinkError && OVERTAKEN.includes(error.code);
        if (attempt === TRIES || !isOvertaken) throw error;
      }
    for (const plan of plans) await adopt(host, plan);
  }

  return {
    areWhole: async () => (await areTablesThere()) && (await areAdopted()),
    write,
    async mend(owner) {
      const areThere = await areTablesThere();
      if (!areThere) await write(owner);
      const adopted: boolean[] = [];
      for (const plan of await plansUp()) adopted.push(await adopt(host, plan));
      return !areThere || adopted.includes(true);
    },
  };
}
