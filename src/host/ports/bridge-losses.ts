import type { Connection } from "../../netlink/connection.js";
import { getLinkSummary, type LinkSummary } from "../../rtnetlink/link/link-summary.js";
import { STACKED } from "../../rtnetlink/link/upper-links.js";
import { refuse } from "../hints/own-refusals.js";
import { type AddBack, inTurn, lossesOf } from "../links/losses.js";
import { addressesToLose } from "../links/lost-addresses.js";
import { ifThere, linksAbove } from "../work/links-above.js";
import { LEAST_IPV6_MTU } from "../links/goes-down.js";
import { hasOwnMac } from "./bridge-mac.js";

/** Looks at what a bridge loses when it gets another MAC, as a port joins or leaves it: the kernel drops its neighbours then. */
export async function lastingOfBridge(connection: Connection, index: number): Promise<AddBack> {
  return (await hasOwnMac(connection, index)) ? inTurn([]) : lossesOf(connection, { index }, "neighbours");
}

/** What a bridge loses when a port joins: what puts it back, and what refuses that the port joins where it cannot be. */
export interface BridgeLosses {
  readonly addBack: AddBack;
  check(): Promise<void>;
}

/** An IPv6 address that somebody gave a link, or one that is on it. */
async function anyLastingAddress(connection: Connection, link: number): Promise<string | undefined> {
  const above = await linksAbove(connection, [link], STACKED);
  for (const index of [link, ...above.map((each) => each.index)]) {
    const [first] = (await ifThere(addressesToLose(connection, index))) ?? [];
    if (first !== undefined) return first.address;
  }
  return undefined;
}

/** The same of a port with its MTU: a bridge that was given none has the smallest of its ports', and below 1280 there is no IPv6. */
export async function lossesToPort(
  connection: Connection,
  bridge: LinkSummary,
  port: { readonly name: string; readonly mtu: number },
): Promise<BridgeLosses> {
  const { index, name } = bridge;
  if (port.mtu >= LEAST_IPV6_MTU || bridge.mtu < LEAST_IPV6_MTU)
    return { addBack: await lastingOfBridge(connection, index), check: () => Promise.resolve() };
  const address = await anyLastingAddress(connection, index);
  return {
    addBack: await lossesOf(connection, bridge),
    async check() {
      if (address === undefined || (await getLinkSummary(connection, index)).mtu >= LEAST_IPV6_MTU) return;
      const hint = `IPv6 needs ${LEAST_IPV6_MTU}: give the port that, or the bridge an MTU of its own`;
      throw refuse("EINVAL", port.name, `${name} would have its MTU of ${port.mtu}, and lose ${address}`, hint);
    },
  };
}
