import { existsSync } from "node:fs";
import type { Host } from "../../host/host.js";
import { isPortKind } from "../../host/ports/port.js";
import type { Switch } from "../../host/ports/switch.js";
import { NetlinkError } from "../../kernel/error.js";
import type { OpenVswitch } from "../../openvswitch/open-vswitch.js";
import type { ShownBridge } from "../../openvswitch/show.js";
import { OvsdbError } from "../../ovsdb/error.js";
import type { LinkExcerpt } from "../../rtnetlink/link/link-excerpt.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

/** Open vSwitch, where its database is: what it has to do with a word of the command line is looked for there. */
async function openVswitch(): Promise<OpenVswitch | undefined> {
  const { defaultSocket, openvswitch } = await import("../../openvswitch/open-vswitch.js");
  return existsSync(defaultSocket()) ? openvswitch() : undefined;
}

/** Open vSwitch of this machine; undefined where there is none, or its database does not answer this user. */
export async function openVswitchHere(): Promise<OpenVswitch | undefined> {
  try {
    return await openVswitch();
  } catch (error) {
    if (error instanceof OvsdbError) return undefined;
    throw error;
  }
}

/** The bridges of Open vSwitch as they are; none where its database does not answer. */
export async function shownSwitches(): Promise<readonly ShownBridge[]> {
  try {
    await using open = await openVswitch();
    return (await open?.show()) ?? [];
  } catch (error) {
    if (error instanceof OvsdbError) return [];
    throw error;
  }
}

/** What is read of a link to know what it is and whose. */
const OWNER = { only: ["name", "kind", "master", "linkInfo"] } as const;

/** A link, if there is one. */
async function linkIfThere(
  host: Host,
  link: LinkReference,
): Promise<LinkExcerpt<(typeof OWNER.only)[number]> | undefined> {
  try {
    return await host.link(link, OWNER);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** What a word means where something with ports is wanted. A link of Linux that has ports comes first. */
async function meant(
  host: Host,
  ovs: () => Promise<OpenVswitch | undefined>,
  to: LinkReference,
): Promise<LinkReference | Switch> {
  const link = await linkIfThere(host, to);
  if (isPortKind(link?.kind)) return to;
  const name = link?.name ?? to;
  const open = typeof name === "string" ? await ovs() : undefined;
  const bridge = (await open?.show())?.find((each) => each.name === name);
  return bridge === undefined ? to : open!.bridge(bridge.name);
}

/** Does something with what has ports: a link, or a bridge of Open vSwitch, whose database is let go of afterwards. */
export async function withSwitch<T>(
  host: Host,
  to: LinkReference | undefined,
  work: (to: LinkReference | Switch | undefined) => Promise<T>,
): Promise<T> {
  let open: OpenVswitch | undefined;
  try {
    return await work(to === undefined ? to : await meant(host, async () => (open = await openVswitch()), to));
  } finally {
    open?.close();
  }
}

/** The same with the bridge of Open vSwitch that a link is a port of; undefined for what Linux knows to be a port, or nobody does. */
export async function withSwitchOf<T>(
  host: Host,
  port: LinkReference,
  work: (from: Switch | undefined) => Promise<T>,
): Promise<T> {
  const link = await linkIfThere(host, port);
  const isLinux = link?.master !== undefined && isPortKind(link.linkInfo?.slaveKind);
  const open = link === undefined || isLinux ? undefined : await openVswitch();
  try {
    const bridges = await open?.show();
    const bridge = bridges?.find(({ ports }) => ports.some(({ name }) => name === link!.name));
    return await work(bridge && open?.bridge(bridge.name));
  } finally {
    open?.close();
  }
}
