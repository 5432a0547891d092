import { builtin } from "../../base/builtin.js";
import type { Reservation } from "../../dhcp/server/settings.js";
import type { Host } from "../../host/host.js";
import { dhcpOf, type ResolvedNetwork } from "../definition.js";
import { foldersOf, type NetworkFolders } from "../state-files.js";
import { configurationText, type DnsmasqFiles, hostsText } from "./configuration.js";
import { endFormer, superviseDnsmasq, type SupervisorEvent } from "./supervisor.js";

/** A network whose guests a dnsmasq gives their addresses and names. */
export interface DnsmasqService {
  /** Addresses that are one guest's from now on, beside the network's own. */
  keep(reservations: readonly Reservation[]): Promise<void>;
  close(): Promise<void>;
}

/** CAP_SETGID and CAP_SETUID (linux/capability.h). */
const CHANGE_USER = (1n << 6n) | (1n << 7n);

/** Whether dnsmasq can become another user than root, as it does unless it is told otherwise. */
function mayChangeUser(): boolean {
  const status = builtin("node:fs").readFileSync("/proc/self/status", "utf8");
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? "0"}`);
  return (capabilities & CHANGE_USER) === CHANGE_USER;
}

/** The files of a network's dnsmasq. */
export function dnsmasqFiles(folders: NetworkFolders, name: string): DnsmasqFiles {
  const { join } = builtin("node:path");
  const { state, run } = foldersOf(folders);
  const file = (suffix: string): string => join(run, "dnsmasq", `${name}.${suffix}`);
  return {
    configuration: file("conf"),
    hosts: file("hosts"),
    pid: file("pid"),
    leases: join(state, `${name}.dnsmasq-leases`),
  };
}

/** Ends the dnsmasq of a network that nobody serves any more, and forgets what it was told. */
export async function forgetDnsmasq(folders: NetworkFolders, name: string): Promise<void> {
  const { configuration, hosts, pid } = dnsmasqFiles(folders, name);
  const { rm } = builtin("node:fs/promises");
  // Before it ends, so that nobody starts it again.
  await rm(configuration, { force: true });
  await endFormer(configuration, pid);
  for (const each of [hosts, pid]) await rm(each, { force: true });
}

/**
 * Has a dnsmasq give the guests of a network their addresses and names, and runs it for as long as this is open. What it is told is
 * written anew, whatever became of that. Rejects with InputError where there is no dnsmasq, or where it cannot start.
 */
export async function serveDnsmasq(
  host: Host,
  plan: ResolvedNetwork,
  resolvers: readonly string[],
  { report, ...folders }: NetworkFolders & { readonly report: (event: SupervisorEvent) => void },
): Promise<DnsmasqService> {
  const fs = builtin("node:fs/promises");
  const { dirname } = builtin("node:path");
  const files = dnsmasqFiles(folders, plan.name);
  const own = dhcpOf(plan)?.reservations ?? [];
  await forgetDnsmasq(folders, plan.name);
  for (const folder of [files.configuration, files.leases]) await fs.mkdir(dirname(folder), { recursive: true });
  await fs.writeFile(files.hosts, hostsText(own));
  const user = mayChangeUser() ? "" : "user=root\n";
  await fs.writeFile(files.configuration, configurationText(plan, files, resolvers) + user);
  const supervised = await superviseDnsmasq(host, files.configuration, report);
  return {
    async keep(reservations) {
      await fs.writeFile(`${files.hosts}.new`, hostsText([...own, ...reservations]));
      await fs.rename(`${files.hosts}.new`, files.hosts);
      supervised.reread();
    },
    async close() {
      await supervised.close();
      await forgetDnsmasq(folders, plan.name);
    },
  };
}
