import { NetlinkError } from "../../kernel/error.js";
import type { Creation } from "../../rtnetlink/bridge/fdb-requests.js";
import type { FdbWords } from "../../rtnetlink/bridge/fdb.js";
import { inBridge, type FdbLink } from "./fdb-table.js";

/** Why the kernel refuses an entry of a bridge's table, where the errno tells (net/bridge/br_fdb.c). */
function bridgeHint(code: string, { name, bridge, kind }: FdbLink, { vlan, state }: FdbWords): string | undefined {
  if (bridge === undefined && kind !== "bridge") return `${name} is no port of a bridge`;
  if (code === "EINVAL" && vlan !== undefined) return `VLAN ${vlan} is none of ${name}'s`;
  if (code === "EPERM" && state === "dynamic")
    return `${name} does not learn in its spanning tree state: only static and permanent entries go there`;
  return undefined;
}

/** The same for a device's own table (drivers/net/vxlan/vxlan_core.c, net/core/rtnetlink.c). */
function deviceHint(code: string, { name, kind }: FdbLink, words: FdbWords, how?: Creation): string | undefined {
  if (kind === "vxlan") {
    if (code === "EINVAL" && words.dst === undefined && words.nhId === undefined) return "a VXLAN's entry needs dst";
    if (code === "EAFNOSUPPORT") return "dst is of another family than the addresses of the tunnel";
    if (code === "EOPNOTSUPP" && how === "replace") return "far ends of such a MAC are appended and removed one by one";
    return undefined;
  }
  if (code === "EINVAL" && words.vlan !== undefined) return `the table of ${name} knows no VLANs`;
  if (code === "EINVAL" && words.state !== undefined && words.state !== "permanent")
    return `the table of ${name} has permanent entries only`;
  return code === "EOPNOTSUPP" ? `${name} has no forwarding table of its own` : undefined;
}

function hintFor({ code }: NetlinkError, place: FdbLink, words: FdbWords, how?: Creation): string | undefined {
  if (code === "EEXIST") return "the table has this entry already; replace changes it";
  if (code === "ENOENT") return "the table has no such entry";
  return inBridge(place) ? bridgeHint(code, place, words) : deviceHint(code, place, words, how);
}

/** Awaits a request about an entry; what it rejects with gets a hint where the cause is known. */
export async function explainEntry<T>(
  request: Promise<T>,
  place: FdbLink,
  words: FdbWords,
  how?: Creation,
): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const hint =
      error instanceof NetlinkError && error.hint === undefined ? hintFor(error, place, words, how) : undefined;
    throw hint === undefined ? error : (error as NetlinkError).with({ hint });
  }
}
