import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { addNamespace, putAside, putBack, removeNamespace } from "./names.js";
import { openvswitch, type OpenVswitch } from "../../openvswitch/open-vswitch.js";
import { askService, nobodyAt } from "../../serve/messages/ask.js";
import type { KeptLeaseSettings, LeaseQuestion } from "../../serve/messages/questions.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";

type Arguments = readonly unknown[];

/** One call of the library's, as data: it can be printed, kept on disk, and done. */
export interface Operation {
  readonly call: keyof typeof calls;
  readonly with: Arguments;
  /** The namespace that it is about, by its name; undefined for the host's own. */
  readonly namespace?: string;
  /** It is no failure when the kernel refuses it: what it puts back may not be possible any more. */
  readonly optional?: true;
}

type Settings = Readonly<Record<string, unknown>>;

/** Options in which other links are named, with their indexes. `link` and `master` the library takes by name. */
async function indexed(host: Host, settings: Settings = {}): Promise<Settings> {
  const named = Object.entries(settings).filter(
    ([name, value]) => REFERENCES.has(name) && typeof value === "string" && name !== "link" && name !== "master",
  );
  if (named.length === 0) return settings;
  const links = await Promise.all(named.map(([, value]) => host.link(value as string)));
  return { ...settings, ...Object.fromEntries(named.map(([name], place) => [name, links[place]!.index])) };
}

async function tellService(host: Host, service: string, question: LeaseQuestion): Promise<void> {
  const answer = await askService(host, service, question);
  if (answer === undefined) throw nobodyAt(service);
  await answer.close();
}

/** Does something in Open vSwitch, whose database is at a socket. */
function inSwitch<A extends Arguments>(work: (open: OpenVswitch, ...given: A) => Promise<unknown>) {
  return async (_: Host, socket: string, ...given: A): Promise<void> => {
    await using open = await openvswitch({ socket });
    await work(open, ...given);
  };
}

// What the arguments are is checked by the library's methods.
const calls = {
  addLink: async (host: Host, name: string, kind: never, settings: Settings) =>
    host.addLink(name, kind, await indexed(host, settings)),
  addPair: (host: Host, kind: string, name: string, settings: never) =>
    kind === "netkit"
      ? host.addNetkit(name, settings)
      : kind === "veth"
        ? host.addVeth(name, settings)
        : host.addLink(name, "vxcan", settings),
  addTap: async (host: Host, name: string, options: never) => {
    const tap = await host.addTap(name, options);
    await tap.close();
  },
  openTap: async (host: Host, name: string, options: never) => {
    const tap = await host.openTap(name, options);
    await tap.close();
  },
  setLink: (host: Host, name: string, settings: never) => host.setLink(name, settings),
  setKind: async (host: Host, name: string, kind: never, settings: Settings) =>
    host.setKind(name, kind, await indexed(host, settings)),
  rename: (host: Host, index: number, name: string) => host.setLink(index, { name }),
  remove: (host: Host, name: string) => host.remove(name),
  removeAll: (host: Host, names: readonly string[]) => host.removeAll(names),
  attach: async (host: Host, port: string, master: string, options: Settings) =>
    host.attach(port, master, await indexed(host, options)),
  detach: (host: Host, port: string) => host.detach(port),
  setPort: async (host: Host, port: string, options: Settings) => host.setPort(port, await indexed(host, options)),
  "bridgeVlans.set": (host: Host, bridge: string, vlans: never) => host.bridgeVlans.set(bridge, vlans),
  "virtualFunctions.set": (host: Host, link: string, index: number, settings: never) =>
    host.virtualFunctions.set(link, index, settings),
  "virtualFunctions.setCount": (host: Host, link: string, count: number) => host.virtualFunctions.setCount(link, count),
  limitRate: (host: Host, port: string, limits: never) => host.limitRate(port, limits),
  addAddress: (host: Host, link: string, address: string, settings: never) => host.addAddress(link, address, settings),
  replaceAddress: (host: Host, link: string, address: string, settings: never) =>
    host.replaceAddress(link, address, settings),
  removeAddress: (host: Host, link: string, address: string, settings: never) =>
    host.removeAddress(link, address, settings),
  "nexthops.replace": (host: Host, id: number, settings: never) => host.nexthops.replace(id, settings),
  "nexthops.remove": (host: Host, id: number) => host.nexthops.remove(id),
  "routes.add": (host: Host, destination: string, settings: never) => host.routes.add(destination, settings),
  "routes.replace": (host: Host, destination: string, settings: never) => host.routes.replace(destination, settings),
  "routes.remove": (host: Host, destination: string, settings: never) => host.routes.remove(destination, settings),
  "rules.add": (host: Host, settings: never) => host.rules.add(settings),
  "rules.remove": (host: Host, settings: never) => host.rules.remove(settings),
  "neighbours.replace": (host: Host, link: string, address: string, settings: never) =>
    host.neighbours.replace(link, address, settings),
  "neighbours.remove": (host: Host, link: string, address: string, table: never) =>
    host.neighbours.remove(link, address, table),
  "fdb.replace": (host: Host, link: string, address: string, settings: never) =>
    host.fdb.replace(link, address, settings),
  "fdb.append": (host: Host, link: string, address: string, settings: never) =>
    host.fdb.append(link, address, settings),
  "fdb.remove": (host: Host, link: string, address: string, key: never) => host.fdb.remove(link, address, key),
  setSysctl: (host: Host, name: string, value: string) => host.setSysctl(name, value),
  "leases.keep": (host: Host, link: string, service: string, settings: KeptLeaseSettings) =>
    tellService(host, service, { method: "keepLease", link, ...settings }),
  "leases.leave": (host: Host, link: string, service: string) =>
    tellService(host, service, { method: "leaveLease", link }),
  "openvswitch.addBridge": inSwitch((open, name: string, settings: never) => open.addBridge(name, settings)),
  "openvswitch.setBridge": inSwitch((open, name: string, settings: never) => open.setBridge(name, settings)),
  "openvswitch.removeBridge": inSwitch((open, name: string) => open.removeBridge(name, { ifExists: true })),
  "openvswitch.join": inSwitch((open, bridge: string, port: string, settings: never) =>
    open.bridge(bridge).join(port, settings),
  ),
  "openvswitch.leave": inSwitch((open, bridge: string, port: string) =>
    open.bridge(bridge).leave(port, { ifExists: true }),
  ),
  "namespaces.add": (_: Host, name: string) => addNamespace(name),
  "namespaces.remove": (_: Host, name: string) => removeNamespace(name),
  "namespaces.putAside": (_: Host, name: string) => putAside(name),
  "namespaces.putBack": (_: Host, name: string) => putBack(name),
} satisfies Record<string, (host: Host, ...given: never[]) => Promise<unknown>>;

/** One call, with its arguments. */
export function call(name: Operation["call"], ...given: Arguments): Operation {
  return { call: name, with: given };
}

/** Whether an operation is one of Open vSwitch's, and no request of the kernel's. */
export function isOfSwitch({ call: name }: Operation): boolean {
  return name.startsWith("openvswitch.");
}

/** Does what an operation says. */
export async function perform(host: Host, { call: name, with: given }: Operation): Promise<void> {
  if (!Object.hasOwn(calls, name)) throw new InputError(`there is no such call: ${name}`);
  await (calls[name] as (host: Host, ...given: Arguments) => Promise<unknown>)(host, ...given);
}

function spelled(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spelled).join(", ")}]`;
  const parts = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${name}: ${spelled(each)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/** An operation as the library is called: `attach("tap0", "br0", { isolated: true })`. */
export function describeOperation({ call: name, with: given, namespace }: Operation): string {
  return `${namespace === undefined ? "" : `${namespace}: `}${name}(${given
    .filter((each) => each !== undefined)
    .map(spelled)
    .join(", ")})`;
}
