import { InputError, under } from "../../base/errors.js";
import { planOf } from "../../networks/definition.js";
import { networks } from "../../networks/networks.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { addressNumber } from "../../networks/subnet.js";
import { bandwidthFor, checkBandwidth, limitBandwidth } from "../bandwidth.js";
import type { Call } from "../call.js";
import { bringUp, checkConfigured } from "../container.js";
import { CniError } from "../error.js";
import { askedAddresses } from "../ipam/words.js";
import { type OptionValues, readOptions } from "../options.js";
import { portMappingsOf } from "../port-mappings.js";
import type { Result } from "../result.js";
import { options } from "./bridge-options.js";
import { checkMac, differs, dnsOf, endSettings, face, hasIpam, insideOf, macFor, toldOf } from "./interface.js";
import type { Checking, Making, Plugin, Where } from "./plugin.js";

type Options = OptionValues<typeof options>;

/** What holds of a port whatever bridge it is of. */
const OF_PORTS: readonly (keyof Options)[] = ["network", "mtu", "rate", "antiSpoof", "hairpinMode", "portIsolation"];

/** The one address of IPv4 that is asked for, whoever asks; undefined where nobody does. Throws InputError for another, or for more. */
function askedAddress(call: Call): string | undefined {
  const { byArguments, byConfiguration, byRuntime } = askedAddresses(call);
  const [first, ...more] = new Set(
    [...byRuntime, ...byConfiguration, ...byArguments].map((each) => each.split("/")[0]!),
  );
  if (first?.includes(":") === true || more.length > 0)
    throw new InputError(`${[first, ...more].join(", ")}: of a network, one address of IPv4 can be asked for`, "ips");
  if (first !== undefined) under("ips", () => addressNumber(first));
  return first;
}

/** Throws InputError for what the network says itself: its bridge, its addresses, where they lead. */
function optionsOf(call: Call): Options & { readonly network: string } {
  const given = readOptions(options, call.configuration);
  const usual = readOptions(options, {});
  if (hasIpam(call)) throw new InputError("the network has addresses of its own: leave ipam out", "ipam");
  const stray = (Object.keys(given) as (keyof Options)[]).find(
    (key) => !OF_PORTS.includes(key) && given[key] !== usual[key],
  );
  if (stray !== undefined) throw new InputError(`the network ${given.network} says that itself`, stray);
  if (portMappingsOf(call).length > 0)
    throw new InputError(
      "the network has forwards of its own: linkwright network forward add",
      "runtimeConfig.portMappings",
    );
  askedAddress(call);
  return { ...given, network: given.network! };
}

/** The bridge of a network that is up. Rejects with CniError where it is not, and with InputError where containers cannot be on it. */
async function bridgeOf({ host, networks: folders }: Where, name: string): Promise<Link> {
  const { definition, active } = await networks(host, folders).info(name);
  const { bridge, switch: kind } = planOf(definition);
  if (kind !== undefined) throw new InputError(`${bridge} is Open vSwitch's: linkwright-ovs attaches there`, "network");
  if (bridge === "") throw new InputError(`${name} has no bridge: its guests are on network cards`, "network");
  if (!active) throw new CniError("notAvailable", `the network ${name} is not up: linkwright network start ${name}`);
  return host.link(bridge);
}

async function add(making: Making): Promise<Result> {
  const { host, networks: folders, namespace, call, attachment, keep } = making;
  const { ifname, netns } = call;
  const { link: port } = attachment;
  const { network: name, ...given } = optionsOf(call);
  const own = networks(host, folders);
  const bridge = await bridgeOf(making, name);
  const mtu = given.mtu === 0 ? bridge.mtu : given.mtu;
  const peer = { name: ifname, address: macFor(call), mtu, namespace };
  const { link: peerIndex } = await host.addVeth(port, { peer, mtu, ...endSettings(call) });
  const container = await making.container;
  const inside = { index: peerIndex!, name: ifname };
  const { address: mac = "" } = await container.link(inside);
  const address = askedAddress(call);
  const { addresses } = await own.attach(name, port, { mac, address, antiSpoof: given.antiSpoof ? true : undefined });
  const { hairpinMode: mode, portIsolation: isolated } = given;
  if (mode || isolated) await host.attach(port, bridge, { mode: mode || undefined, isolated: isolated || undefined });
  await limitBandwidth(host, port, bandwidthFor(call, given.rate));
  keep({ addresses: addresses.map(({ address }) => address) });
  const ips = addresses.map((each) => ({ ...each, interface: 2 }));
  const routes = addresses
    .filter(({ gateway }) => gateway !== undefined)
    .map(({ address, gateway }) => ({ dst: address.includes(":") ? "::/0" : "0.0.0.0/0", gw: gateway }));
  await bringUp(container, inside, { ips, routes });
  const interfaces = [face(bridge), face(await host.link(port)), face(await container.link(ifname), netns)];
  return { interfaces, ips, routes, dns: dnsOf(call, {}) };
}

async function check({ host, networks: folders, container, call, previous }: Checking): Promise<void> {
  const { network: name, rate } = optionsOf(call);
  const inside = await insideOf(container, call, previous);
  const { ports } = await networks(host, folders).info(name);
  const port = (await host.links({ kind: "veth" })).find(
    ({ index, link }) => index === inside.link && link === inside.index,
  );
  if (port === undefined || !ports.includes(port.name))
    throw differs(`no port of the network ${name} leads to ${call.ifname} of the container`);
  checkMac(port, previous);
  await checkBandwidth(host, port.name, bandwidthFor(call, rate));
  await checkConfigured(container, call.ifname, toldOf(call, previous));
}

/** A container's interface is one end of a veth, whose other end is a port of a network, which keeps an address for it as for its guests. */
export const onNetwork: Plugin = {
  options,
  plan(call) {
    optionsOf(call);
    macFor(call);
    return { masquerade: false, ports: [] };
  },
  async ready(where, call) {
    await bridgeOf(where, optionsOf(call).network);
  },
  add,
  check,
  forget: ({ host, networks: folders }, call, link) =>
    networks(host, folders).release(readOptions({ network: options.network }, call.configuration).network!, link),
};
