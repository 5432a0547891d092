import { type ListedBaseChain, droppingElsewhere, listBaseChains } from "../netfilter/chains/base-chains.js";
import type { ChainReference, Changes, TableReference } from "../netfilter/messages/change.js";
import {
  type ConnectionFilter,
  forgetConnections,
  listConnections,
  type TrackedConnection,
} from "../netfilter/conntrack/connections.js";
import { listRules, listTables, readRuleset, type Ruleset, type RulesetFilter } from "../netfilter/listing.js";
import { type Netfilter, netfilter } from "../netfilter/netfilter.js";
import { checked, type Known, callback, list, number, object, optional } from "./work/arguments.js";
import { NetlinkError } from "../kernel/error.js";
import { filesBelow } from "../kernel/files.js";
import { openMulticast } from "../kernel/multicast.js";
import type { Thread } from "../kernel/thread.js";
import { NFNLGRP_NFTRACE, readTrace, type TraceStep } from "../netfilter/trace.js";

/** NETLINK_NETFILTER (linux/netlink.h). */
const NETLINK_NETFILTER = 12;
/** The multicast group of the ruleset's changes (linux/netfilter/nfnetlink.h). */
const NFNLGRP_NFTABLES = 7;

/** The ruleset of nftables, and the connections that are tracked. */
export interface NetfilterTables {
  /** Tables with all that is in them, of one moment, whoever wrote them. */
  ruleset(filter?: RulesetFilter): Promise<Ruleset>;
  /**
   * Makes all of the changes, or none; with the `generation` of a ruleset, only if nobody has changed it since: else ERESTART.
   * A refusal's subject says which table, chain, set or rule, and its attribute which expression.
   */
  commit(changes: Changes, generation?: number): Promise<void>;
  /**
   * Makes the changes that `make` says for the ruleset as it is, all or none. It is called anew, with another ruleset, where others
   * change it between.
   */
  transact(make: (ruleset: Ruleset) => Changes | Promise<Changes>, filter?: RulesetFilter): Promise<void>;
  /**
   * Tells of each step of packets that a rule traces (nft.trace()), whoever wrote it, until it is closed. Steps that come quicker than
   * they are read are lost.
   */
  traces(tell: (step: TraceStep) => void): Promise<Traces>;
  /** Tells whenever somebody has changed the ruleset, once for all that came together, until it is closed. */
  changes(tell: () => void): Promise<Traces>;
  /** The tables, without what is in them. */
  tables(): Promise<Ruleset["tables"]>;
  /** The rules of one chain; none where there is no such chain. */
  rulesOf(chain: ChainReference): Promise<Ruleset["rules"]>;
  /** The chains that see packets, by priority: of all tables, or of those of a family. */
  baseChains(filter?: Pick<RulesetFilter, "family">): Promise<ListedBaseChain[]>;
  /**
   * The base chains at forward and input that drop what their own rules do not accept, and that are in none of one's `own` tables:
   * no accept elsewhere helps against them. Chains of iptables-legacy are not among them.
   */
  droppingElsewhere(own?: readonly TableReference[]): Promise<ListedBaseChain[]>;
  /**
   * The tables of iptables-legacy, such as "filter", that this namespace has: what is in them nftables does not say. Rejects with
   * EACCES where this user may not look.
   */
  legacyTables(): Promise<LegacyTables>;
  /** The connections that are tracked and have all of the filter. */
  connections(filter?: ConnectionFilter): Promise<TrackedConnection[]>;
  /**
   * Forgets connections one by one, and gives those that it did: their next packet is looked at by the rules of then. A filter that
   * asks for nothing is refused.
   */
  forgetConnections(filter: ConnectionFilter): Promise<TrackedConnection[]>;
}

/** The tables of iptables-legacy, by family. */
export type LegacyTables = Readonly<Record<"ip" | "ip6", readonly string[]>>;

/** The files are the thread's own namespace's; they are not there unless the kernel has iptables-legacy. */
async function listLegacyTables(thread: Thread): Promise<LegacyTables> {
  const files = filesBelow(thread, "/proc/thread-self/net/");
  async function tablesOf(family: "ip" | "ip6"): Promise<string[]> {
    try {
      return (await files.read(`${family}_tables_names`)).toString().split("\n").filter(Boolean);
    } catch (error) {
      if (error instanceof NetlinkError && error.code === "ENOENT") return [];
      throw error;
    }
  }
  const [ip, ip6] = await Promise.all([tablesOf("ip"), tablesOf("ip6")]);
  return { ip, ip6 };
}

/** What listens to traces, or to changes. */
export interface Traces extends AsyncDisposable {
  close(): Promise<void>;
}

/** Hands over what a group tells, all that is there at once. */
async function listen(thread: Thread, group: number, tell: (received: readonly Buffer[]) => void): Promise<Traces> {
  const socket = await openMulticast(thread, { family: NETLINK_NETFILTER, groups: [group] });
  socket.onReadable(() => {
    const received: Buffer[] = [];
    socket.read((buffer, start, length) => received.push(buffer.subarray(start, start + length)));
    tell(received);
  });
  const close = (): Promise<void> => socket.close();
  return { close, [Symbol.asyncDispose]: close };
}

const RULESET: Known<RulesetFilter> = { family: true, table: true };
const FAMILY: Known<Pick<RulesetFilter, "family">> = { family: true };
const CHAIN: Known<ChainReference> = { family: true, table: true, chain: true };
const CONNECTIONS: Known<ConnectionFilter> = {
  family: true,
  protocol: true,
  port: true,
  address: true,
  mark: true,
  markMask: true,
  zone: true,
};

/** The netfilter of the namespace in which a thread lives, over a socket that is opened when it is first wanted. */
export function netfilterOf(thread: Thread): NetfilterTables {
  let opening: Promise<Netfilter> | undefined;

  function opened(): Promise<Netfilter> {
    return (opening ??= thread.openSocket(NETLINK_NETFILTER).then(netfilter, (error: unknown) => {
      opening = undefined;
      throw error;
    }));
  }

  return checked<NetfilterTables>(
    {
      ruleset: async (filter) => readRuleset(await opened(), filter),
      commit: async (changes, generation) => (await opened()).commit(changes, generation),
      async transact(make, filter) {
        const there = await opened();
        await there.transact(async () => make(await readRuleset(there, filter)));
      },
      traces: (tell) =>
        listen(thread, NFNLGRP_NFTRACE, (received) => {
          for (const step of received.flatMap(readTrace)) tell(step);
        }),
      changes: (tell) => listen(thread, NFNLGRP_NFTABLES, () => tell()),
      tables: async () => listTables(await opened()),
      rulesOf: async (chain) => listRules(await opened(), chain),
      baseChains: async (filter) => listBaseChains(await opened(), filter),
      droppingElsewhere: async (own) => droppingElsewhere(await opened(), own),
      legacyTables: async () => listLegacyTables(thread),
      connections: async (filter) => listConnections(await opened(), filter),
      forgetConnections: async (filter) => forgetConnections(await opened(), filter),
    },
    {
      ruleset: [optional(object("filter", RULESET))],
      commit: [list("changes"), optional(number("generation"))],
      traces: [callback("tell")],
      changes: [callback("tell")],
      rulesOf: [object("chain", CHAIN)],
      baseChains: [optional(object("filter", FAMILY))],
      transact: [callback("make"), optional(object("filter", RULESET))],
      droppingElsewhere: [optional(list("own"))],
      connections: [optional(object("filter", CONNECTIONS))],
      forgetConnections: [object("filter", CONNECTIONS)],
    },
  );
}
