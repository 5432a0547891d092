import { InputError, quoted } from "../../base/errors.js";
import type { TableFamily } from "../messages/nfnetlink.js";

/** Where base chains see packets. */
export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting" | "ingress" | "egress";

const INTERNET: readonly Hook[] = ["prerouting", "input", "forward", "output", "postrouting"];
const NETDEV: readonly Hook[] = ["ingress", "egress"];

/** NF_INET_*, NF_BR_*, NF_ARP_* and NF_NETDEV_* in the order of their numbers. */
const hooks: Readonly<Record<TableFamily, readonly Hook[]>> = {
  ip: INTERNET,
  ip6: INTERNET,
  inet: [...INTERNET, "ingress"],
  bridge: INTERNET,
  arp: ["input", "output", "forward"],
  netdev: NETDEV,
};

/** The number of a hook in a family. Throws InputError. */
export function hookNumber(family: TableFamily, hook: Hook): number {
  const number = hooks[family].indexOf(hook);
  if (number < 0) throw new InputError(`${quoted(hook)} is none of ${hooks[family].join(", ")}`, "hook");
  return number;
}

/** The hook with a number in a family, if it is known. */
export function hookName(family: TableFamily, number: number): Hook | undefined {
  return hooks[family][number];
}

/** Places at a hook that have a name (NF_IP_PRI_*, linux/netfilter_ipv4.h). */
const priorities = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 } as const;
/** The same in the family bridge (NF_BR_PRI_*, linux/netfilter_bridge.h). */
const bridgePriorities = { dstnat: -300, filter: -200, out: 100, srcnat: 300 } as const;

/** Where a chain stands among those of its hook: a number, or a name with an offset. */
export type Priority = number | keyof typeof priorities | keyof typeof bridgePriorities;

/** The number of a priority in a family. Throws InputError. */
export function priorityNumber(family: TableFamily, priority: Priority): number {
  if (typeof priority === "number") return priority;
  const table: Readonly<Record<string, number>> = family === "bridge" ? bridgePriorities : priorities;
  const number = Object.hasOwn(table, priority) ? table[priority] : undefined;
  if (number === undefined)
    throw new InputError(
      `${quoted(priority)} is neither a number nor one of ${Object.keys(table).join(", ")}`,
      "priority",
    );
  return number;
}
