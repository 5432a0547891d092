import { required, whole } from "../options.js";
import { insidePlugin, masterFor, masterOptions, mtuOver } from "./inside.js";

/** Under the names of the reference plugin `vlan`. */
const options = {
  ...masterOptions,
  vlanId: required(whole("the VLAN's id", 0, 4094)),
  mtu: whole("MTU, 0 for that of the link below", 0, 65535),
};

/** A container's interface is a VLAN of a link. */
export const vlan = insidePlugin({
  options,
  async make(making, given, { name, address }) {
    const { where, master } = await masterFor(making, given);
    const mtu = mtuOver(master, given.mtu);
    const namespace = given.linkInContainer ? undefined : making.namespace;
    await where.addVlan(name, { link: master, id: given.vlanId, mtu, address, namespace });
  },
  changed({ kind, linkInfo }, { vlanId }) {
    if (kind !== "vlan") return "is no VLAN any more";
    const { id } = (linkInfo?.data ?? {}) as { id?: number };
    return id === vlanId ? undefined : `has the VLAN ${id}, not ${vlanId}`;
  },
});
