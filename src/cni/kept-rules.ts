import { NetlinkError } from "../kernel/error.js";
import type { Committer } from "../netfilter/messages/batch.js";
import { guardAdditions, guardReplacement, type IndexedPort, TABLE as GUARD } from "../networks/anti-spoofing.js";
import { allAttachments } from "./attachment.js";
import { hasRulesIn, putUp, TABLES } from "./firewall-rules.js";
import type { Ground } from "./operations.js";

/** The tables that attachments have something in. */
const ALL = [...TABLES, GUARD] as const;

/** Has ports be guarded that are no more, in the table that there is, or in a new one, which is the owner's where there is one. */
async function guardAgain(
  { host }: Ground,
  ports: readonly IndexedPort[],
  owner: Committer | undefined,
): Promise<void> {
  const committer = owner ?? host.netfilter;
  await committer.commit(ports.flatMap((port) => guardAdditions(GUARD, port))).catch((error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "ENOENT") throw error;
    return committer.commit(guardReplacement(GUARD, ports, false, owner && ["owner", "persist"]));
  });
}

/**
 * What writes again the rules of containers whose tables others have flushed, and says whether any were missing. `isGuardAnew`: whoever
 * else guards ports has just written that table. As long as all tables are there, what it costs does not grow with the containers.
 */
export function keptRules(ground: Ground): (isGuardAnew: boolean, owner?: Committer) => Promise<boolean> {
  const { host, folder } = ground;
  let seen: readonly (typeof ALL)[number][] = ALL;
  return async (isGuardAnew, owner) => {
    const chains = await host.netfilter.baseChains();
    const isThere = ({ family, table }: (typeof ALL)[number]): boolean =>
      chains.some((chain) => chain.family === family && chain.table === table);
    const missing = seen.filter((table) => !isThere(table) || (table === GUARD && isGuardAnew));
    seen = ALL.filter(isThere);
    if (missing.length === 0) return false;
    const ours = TABLES.filter((table) => missing.includes(table));
    const isGuardMissing = missing.includes(GUARD);
    const lost = allAttachments(folder).filter(
      (each) => each.complete && (hasRulesIn(each, ours) || (isGuardMissing && each.guard !== undefined)),
    );
    const guards = isGuardMissing ? lost.flatMap(({ guard }) => guard ?? []) : [];
    if (guards.length > 0) await guardAgain(ground, guards, owner);
    for (const each of lost) await putUp(host, each, ours);
    return lost.length > 0;
  };
}
