import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { aliasOf } from "../attachment.js";
import type { Call } from "../call.js";
import { bringUp, checkConfigured } from "../container.js";
import { flag, linkName, type OptionTable, type OptionValues, readOptions } from "../options.js";
import { portMappingsOf } from "../port-mappings.js";
import {
  addressesFor,
  checkUnbounded,
  differs,
  dnsOf,
  face,
  insideOf,
  linkNamed,
  macFor,
  toldOf,
} from "./interface.js";
import type { Making, Plugin } from "./plugin.js";

/** What the interface is made with, whatever its kind. */
interface Wanted {
  readonly name: string;
  readonly address: string | undefined;
}

/** Where it is made, and from where. */
type Places = Pick<Making, "host" | "namespace"> & { readonly container: Host };

/** A kind of interface that is made in the container, and has nothing else on this machine. */
interface Kind<T extends OptionTable> {
  readonly options: T;
  /** Makes it, down. Rejects with InputError for what cannot be meant. */
  make(places: Places, given: OptionValues<T>, wanted: Wanted): Promise<unknown>;
  /** Makes it a port of what it is to be a port of. */
  join?(container: Host, given: OptionValues<T>, name: string): Promise<unknown>;
  /** What of it is otherwise than it was made; undefined when nothing is. */
  changed(link: Link, given: OptionValues<T>): string | undefined;
}

/** Under the names of the reference plugins: the link that the interface stands on. */
export const masterOptions = {
  master: linkName("", "the link that it stands on; that of the default route unless given"),
  linkInContainer: flag("master is a link of the container"),
};

/** The link that the interface stands on. Throws InputError where none is given and there is no default route. */
export async function masterFor(
  { host, container }: Pick<Places, "host" | "container">,
  { master, linkInContainer }: OptionValues<typeof masterOptions>,
): Promise<{ readonly where: Host; readonly master: Link }> {
  const where = linkInContainer ? container : host;
  if (master !== "") {
    const link = await linkNamed(where, master);
    if (link === undefined)
      throw new InputError(
        `there is no ${master} ${linkInContainer ? "in the container" : "on this machine"}`,
        "master",
      );
    return { where, master: link };
  }
  const routes = await where.routes.list({ family: "inet" });
  const ways = routes.filter(({ destination, link }) => destination === "default" && link !== undefined);
  const [best] = ways.sort((one, other) => (one.metric ?? 0) - (other.metric ?? 0));
  if (best?.link === undefined)
    throw new InputError("there is no default route that says which link is meant", "master");
  return { where, master: await where.link(best.link) };
}

/** The MTU that the interface is to have: the one that is wanted, 0 for its master's. Throws InputError for more than that has. */
export function mtuOver({ name, mtu: most = 0 }: Link, wanted: number): number {
  if (wanted > most) throw new InputError(`${wanted} is more than that of ${name}, ${most}`, "mtu");
  return wanted === 0 ? most : wanted;
}

/** The plugin that makes such an interface. */
export function insidePlugin<T extends OptionTable>({ options, make, join, changed }: Kind<T>): Plugin {
  const optionsOf = ({ configuration }: Call): OptionValues<T> => readOptions(options, configuration);
  return {
    options,
    inside: true,
    plan(call) {
      optionsOf(call);
      macFor(call);
      checkUnbounded(call);
      if (portMappingsOf(call).length > 0)
        throw new InputError("no port of this machine can lead to such an interface", "runtimeConfig.portMappings");
      return { masquerade: false, ports: [] };
    },
    async add({ host, container: entering, namespace, call, ipam, attachment, keep }) {
      const { ifname: name, netns, network } = call;
      const { link: made } = attachment;
      const given = optionsOf(call);
      const container = await entering;
      // At each moment it is known whose it is: by the name that it is made with, then by what it says of itself.
      await make({ host, container, namespace }, given, { name: made, address: macFor(call) });
      await container.setLink(made, { name, alias: aliasOf(network, call) });
      const { index } = await container.link(name, { only: ["name"] });
      await join?.(container, given, name);
      const addressed = await addressesFor(ipam, call);
      const { routes } = addressed;
      const ips = addressed.ips?.map(({ address, gateway }) => ({ address, gateway, interface: 0 }));
      keep({ addresses: (ips ?? []).map(({ address }) => address) });
      await bringUp(container, { index, name }, { ips, routes });
      return {
        interfaces: [face(await container.link(name), netns)],
        ips,
        routes,
        dns: dnsOf(call, addressed),
      };
    },
    async check({ container, call, previous }) {
      const link = await insideOf(container, call, previous);
      const change = changed(link, optionsOf(call));
      if (change !== undefined) throw differs(`${call.ifname} ${change}`);
      await checkConfigured(container, call.ifname, toldOf(call, previous));
    },
  };
}
