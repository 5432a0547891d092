import { InputError } from "../../base/errors.js";
import { openvswitch } from "../../openvswitch/index.js";
import { OvsdbError } from "../../ovsdb/error.js";
import type { Call } from "../call.js";
import { bringUp, checkConfigured } from "../container.js";
import { CniError } from "../error.js";
import { linkName, optional, type OptionValues, path, readOptions, required, trunk, whole } from "../options.js";
import { portMappingsOf } from "../port-mappings.js";
import {
  addressesFor,
  checkMac,
  checkUnbounded,
  differs,
  dnsOf,
  endSettings,
  face,
  insideOf,
  macFor,
  toldOf,
} from "./interface.js";
import type { Plugin } from "./plugin.js";

/** Under the names of the plugin `ovs` of k8snetworkplumbingwg. */
const options = {
  bridge: required(linkName("", "the bridge of Open vSwitch, which must be there")),
  vlan: optional(whole("the VLAN of what containers send without a tag", 0, 4094)),
  trunk: trunk("VLANs that containers may send and receive with their tags: { id } or { minID, maxID }"),
  mtu: whole("MTU of both ends, 0 for the usual one", 0, 65535),
  socket_file: path("the socket of the database, that of Debian unless given"),
};

function optionsOf({ configuration }: Call): OptionValues<typeof options> {
  return readOptions(options, configuration);
}

/** What a port of the switch says of itself, in the words of that plugin. */
function idsOf({ container, ifname, netns }: Call): Record<string, string> {
  return { contID: container, contIface: ifname, contNetns: netns, owner: "linkwright-ovs" };
}

/** A container's interface is one end of a veth, whose other end is a port of a bridge of Open vSwitch. */
export const ovs: Plugin = {
  options,
  plan(call) {
    optionsOf(call);
    macFor(call);
    checkUnbounded(call);
    if (portMappingsOf(call).length > 0)
      throw new InputError("no port of this machine leads into the switch", "runtimeConfig.portMappings");
    return { masquerade: false, ports: [] };
  },
  async ready(_, call) {
    const { bridge, socket_file: socket } = optionsOf(call);
    try {
      await using open = await openvswitch({ socket });
      await open.bridge(bridge).show();
    } catch (error) {
      throw error instanceof OvsdbError ? new CniError("notAvailable", error.message) : error;
    }
  },
  async add({ host, container: entering, namespace, call, ipam, attachment, keep }) {
    const given = optionsOf(call);
    const { ifname: name, netns } = call;
    const mtu = given.mtu === 0 ? undefined : given.mtu;
    const { link: port } = attachment;
    const peer = { name, address: macFor(call), mtu, namespace };
    const { link: index } = await host.addVeth(port, { peer, mtu, ...endSettings(call), up: true });
    const container = await entering;
    const inside = { index: index!, name };
    const { address } = await container.link(inside);
    const externalIds = { ...idsOf(call), "attached-mac": address ?? "" };
    const { vlan: tag, trunk: trunks } = given;
    await using open = await openvswitch({ socket: given.socket_file });
    await open.bridge(given.bridge).join(port, { tag, trunks, externalIds });
    const addressed = await addressesFor(ipam, call);
    const { routes } = addressed;
    const ips = addressed.ips?.map(({ address: each, gateway }) => ({ address: each, gateway, interface: 1 }));
    keep({ addresses: (ips ?? []).map(({ address: each }) => each) });
    await bringUp(container, inside, { ips, routes });
    return {
      interfaces: [face(await host.link(port)), face(await container.link(inside), netns)],
      ips,
      routes,
      dns: dnsOf(call, addressed),
    };
  },
  async check({ host, container, call, previous }) {
    const given = optionsOf(call);
    const inside = await insideOf(container, call, previous);
    const outside = (await host.links({ kind: "veth" })).find(
      ({ index, link }) => index === inside.link && link === inside.index,
    );
    await using open = await openvswitch({ socket: given.socket_file });
    const port = (await open.bridge(given.bridge).ports()).find(({ name }) => name === outside?.name);
    if (outside === undefined || port === undefined)
      throw differs(`no port of ${given.bridge} leads to ${call.ifname} of the container`);
    checkMac(outside, previous);
    if ((port.tag ?? undefined) !== given.vlan)
      throw differs(`${port.name} has the VLAN ${port.tag ?? "of none"}, not ${given.vlan ?? "of none"}`);
    await checkConfigured(container, call.ifname, toldOf(call, previous));
  },
  async leave(_, call, link) {
    const given = optionsOf(call);
    await using open = await openvswitch({ socket: given.socket_file });
    await open
      .bridge(given.bridge)
      .leave(link, { ifExists: true })
      .catch((error: unknown) => {
        if (!(error instanceof OvsdbError) || error.code !== "ENODEV") throw error;
      });
  },
};
