import { NetlinkError } from "../../kernel/error.js";

const ONE_ACTIVE = "active-backup, balance-tlb and balance-alb";
const PROBED = "balance-rr, active-backup, balance-xor and broadcast";

/** The modes in which an option has a meaning (drivers/net/bonding/bond_options.c). */
const MODES: Record<string, string> = {
  activePort: ONE_ACTIVE,
  actorPortPrio: "802.3ad",
  adActorSysPrio: "802.3ad",
  adActorSystem: "802.3ad",
  adUserPortKey: "802.3ad",
  arpInterval: PROBED,
  arpIpTarget: PROBED,
  arpValidate: PROBED,
  broadcastNeigh: "802.3ad",
  coupledControl: "802.3ad",
  lacpActive: "802.3ad",
  lacpRate: "802.3ad",
  lacpStrict: "802.3ad",
  missedMax: PROBED,
  nsIp6Target: PROBED,
  packetsPerPort: "balance-rr",
  primary: ONE_ACTIVE,
  prio: ONE_ACTIVE,
  tlbDynamicLb: "balance-tlb and balance-alb",
};

/** What to do, by a piece of the words that the bonding driver refuses with. */
const CURES: readonly (readonly [words: string, cure: string])[] = [
  ["bond device has slaves", "detach its ports first"],
  ["the bond is up", "take it down first"],
  ["enslaved while up", "take it down first, as attach does"],
];

/** What to do about a refusal of the bonding driver. */
export function bondHint({ code, kernelMessage = "", attribute }: NetlinkError): string | undefined {
  const option = attribute?.split(".").at(-1) ?? "";
  const modes = MODES[option];
  if (modes !== undefined && kernelMessage.includes("not supported in mode")) return `only in ${modes}`;
  if (code === "EINVAL" && option === "activePort")
    return "it must be a port of this bond that is up and has a carrier";
  return CURES.find(([words]) => kernelMessage.includes(words))?.[1];
}

/** What a bond refuses a port with; the driver says only in the kernel's log that it is for the port's MAC. */
export function withJoinHint(error: unknown): unknown {
  if (!(error instanceof NetlinkError) || error.code !== "EOPNOTSUPP" || error.hint !== undefined) return error;
  return error.with({
    hint: "its MAC cannot be changed: it can be a port in mode active-backup with failOverMac active",
  });
}
