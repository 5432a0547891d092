import { InputError, quoted, under } from "../base/errors.js";
import { checkKnown, checkList } from "../base/input.js";
import { Host } from "../host/host.js";
import type { NewKindSettings } from "../host/links/kind-settings.js";
import type { BridgePortSettings } from "../host/ports/port-settings.js";
import type { AddTapOptions } from "../host/taps/tap-options.js";
import { NetlinkError } from "../kernel/error.js";
import { sceneTap, type SceneTap } from "./scene-tap.js";

/** A TAP of a scene, which the test holds open; up, and in a bridge if one is named. */
export type SceneTapSettings = Omit<AddTapOptions, "up" | "mtu">;

/** A host of a scene: a network namespace of its own. Everything in it is up, the loopback link, too. */
export interface SceneHost {
  /** Bridges by their names. */
  readonly bridges?: Readonly<Record<string, NewKindSettings<"bridge">>> | undefined;
  /** TAPs by their names: frames are sent into them and expected of them. */
  readonly taps?: Readonly<Record<string, SceneTapSettings>> | undefined;
  /** Which ends of `links` are ports, and of which bridge. */
  readonly ports?: Readonly<Record<string, string | ({ readonly bridge: string } & BridgePortSettings)>> | undefined;
  /** Addresses such as "10.0.0.1/24" of bridges, TAPs and ends of links. */
  readonly addresses?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Such as "net.ipv4.ip_forward": 1. */
  readonly sysctls?: Readonly<Record<string, string | number>> | undefined;
}

/** Hosts, and what connects them. */
export interface SceneDescription<N extends string = string> {
  readonly hosts: Readonly<Record<N, SceneHost>>;
  /** Pairs of veths: each end a host and the link's name there, as in "left:eth0". */
  readonly links?: readonly (readonly [`${N}:${string}`, `${N}:${string}`])[] | undefined;
}

/** Namespaces that are wired as described, until they are let go of. */
export interface Scene<N extends string = string> {
  readonly hosts: Readonly<Record<N, Host>>;
  /** A TAP by its host and name, as in "left:tap0". Throws InputError when there is none. */
  tap(place: `${N}:${string}`): SceneTap;
  /** Lets go of everything; what was made in the namespaces goes with them. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface LinkEnd {
  readonly host: string;
  readonly name: string;
}

function placeOf(hosts: object, text: unknown): LinkEnd {
  const [, host = "", name = ""] = typeof text === "string" ? (/^([^:]+):([^:]+)$/.exec(text) ?? []) : [];
  if (name === "") throw new InputError(`${quoted(text)} is no place such as "left:eth0"`);
  if (!Object.hasOwn(hosts, host)) throw new InputError(`there is no host ${quoted(host)}`);
  return { host, name };
}

const HOST = ["bridges", "taps", "ports", "addresses", "sysctls"] as const;

/** Throws InputError for what no scene can be made of, before anything is. */
function checkDescription({ hosts, links = [], ...rest }: SceneDescription): [LinkEnd, LinkEnd][] {
  checkKnown(rest, [], "a scene");
  for (const [name, host] of Object.entries(hosts))
    under(`hosts.${name}`, () => {
      if (name.includes(":")) throw new InputError('a host\'s name cannot have ":" in it');
      checkKnown(host, HOST, "a host");
    });
  checkList(links, "links");
  return links.map((ends: readonly string[], place) =>
    under(`links.${place}`, () => {
      checkList(ends);
      if (ends.length !== 2) throw new InputError(`a link has two ends, not ${ends.length}`);
      const [one, other] = ends.map((end) => placeOf(hosts, end));
      return [one!, other!];
    }),
  );
}

async function connectHosts(hosts: Readonly<Record<string, Host>>, [one, other]: [LinkEnd, LinkEnd]): Promise<void> {
  const [here, there] = [hosts[one.host]!, hosts[other.host]!];
  const peer = { name: other.name, up: true, ...(here === there ? {} : { namespace: there }) };
  await here.addVeth(one.name, { peer, up: true });
}

/** An IPv6 address is used at once: nobody else can have it here. */
function addressSettings(address: string): { flags?: ["nodad"] } {
  return address.includes(":") ? { flags: ["nodad"] } : {};
}

async function furnish(
  host: Host,
  { taps = {}, ports = {}, addresses = {}, sysctls = {} }: SceneHost,
): Promise<SceneTap[]> {
  const opened: SceneTap[] = [];
  for (const [name, { bridge, port, ...settings }] of Object.entries(taps)) {
    opened.push(sceneTap(host, await host.openTap(name, { ...settings, exclusive: true })));
    if (bridge !== undefined) await host.attach(name, bridge, port);
    else await host.setLink(name, { up: true });
  }
  for (const [name, given] of Object.entries(ports)) {
    const { bridge, ...port } = typeof given === "string" ? { bridge: given } : given;
    await host.attach(name, bridge, port);
  }
  for (const [name, value] of Object.entries(sysctls)) await host.setSysctl(name, value);
  for (const [name, given] of Object.entries(addresses))
    for (const address of [given].flat()) await host.addAddress(name, address, addressSettings(address));
  return opened;
}

/**
 * Makes namespaces of the calling process's own, wired as described, for a test: hosts with bridges, TAPs and addresses, and veths
 * between them. `await using`, or close(), lets everything go; nothing outside is touched. Rejects with NetlinkError that names what
 * the kernel refused, with everything gone again, and with InputError for a description that cannot be meant. It needs
 * CAP_NET_ADMIN and CAP_SYS_ADMIN: see `obstacle`.
 */
export async function scene<const N extends string>(description: SceneDescription<N>): Promise<Scene<N>> {
  const links = checkDescription(description);
  const described = Object.entries<SceneHost>(description.hosts);
  const hosts: Record<string, Host> = {};
  const taps = new Map<string, SceneTap>();
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(hosts).map((host) => host.close()));
  };
  try {
    for (const [name, { bridges = {} }] of described) {
      const host = (hosts[name] = await Host.open({ namespace: "new" }));
      await host.setLink("lo", { up: true });
      for (const [bridge, settings] of Object.entries(bridges)) await host.addBridge(bridge, { up: true, ...settings });
    }
    for (const ends of links) await connectHosts(hosts, ends);
    for (const [name, settings] of described)
      for (const tap of await furnish(hosts[name]!, settings)) taps.set(`${name}:${tap.name}`, tap);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    hosts: hosts as Record<N, Host>,
    tap(place) {
      const found = taps.get(place);
      if (found !== undefined) return found;
      throw new InputError(
        `there is no TAP ${quoted(place)} in the scene; it has ${[...taps.keys()].join(", ") || "none"}`,
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Why no scene can be made here, to be printed where a test is skipped; undefined where one can. */
export async function obstacle(): Promise<string | undefined> {
  try {
    const host = await Host.open({ namespace: "new" });
    try {
      await (await host.openTap()).close();
    } finally {
      await host.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return `${error.message}; try: unshare --user --map-root-user --net`;
  }
}
