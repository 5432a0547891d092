import type { Connection } from "../../netlink/connection.js";
import { checkWritable } from "../../netlink/codecs/attributes.js";
import { under } from "../../base/errors.js";
import { RTM_NEWVLAN, vlanGlobalOptions, type VlanGlobalValues } from "./bridge-vlan.js";
import { dumpVlans } from "./bridge-vlan-requests.js";
import { AF_BRIDGE } from "../protocol/families.js";
import { describeLink, type LinkReference } from "../link/link-requests.js";
import { checkRange, type VlanRange } from "./vlan-ranges.js";

/** Options of a VLAN, or of a range of them, in the whole bridge. Durations are milliseconds. */
export type VlanGlobalOptions = VlanRange & Omit<VlanGlobalValues, "id" | "range">;

/** The same as the kernel reports them. */
export type VlanGlobalStatus = VlanGlobalOptions & {
  /** Index of the bridge. */
  readonly index: number;
};

/** The options of the VLANs of a bridge, or of all bridges; like neighbours as a range. */
export async function listVlanGlobals(connection: Connection, bridge?: LinkReference): Promise<VlanGlobalStatus[]> {
  const replies = await dumpVlans(connection, bridge, ["global"]);
  return replies.flatMap(({ header, attributes }) =>
    (attributes.globalOptions ?? []).map(({ id = 0, range, ...options }) => ({
      index: header.ifindex,
      id,
      ...(range === undefined ? {} : { to: range }),
      ...options,
    })),
  );
}

/** Throws InputError for options that cannot be meant. */
export function checkVlanGlobals(options: readonly VlanGlobalOptions[]): void {
  for (const [place, each] of options.entries())
    under(`options.${place}`, () => {
      checkRange(each);
      checkWritable(vlanGlobalOptions, each);
    });
}

/** Changes options of VLANs that the bridge has. */
export async function changeVlanGlobals(
  connection: Connection,
  bridge: { readonly index: number; readonly name?: string | undefined },
  options: readonly VlanGlobalOptions[],
): Promise<void> {
  if (options.length === 0) return;
  const globalOptions = options.map(({ id, to, ...rest }) => ({ id, range: to === id ? undefined : to, ...rest }));
  const header = { family: AF_BRIDGE, ifindex: bridge.index };
  await connection.request(RTM_NEWVLAN, { header, attributes: { globalOptions } }, { subject: describeLink(bridge) });
}
