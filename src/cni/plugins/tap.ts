import { InputError } from "../../base/errors.js";
import { optional, flag, linkName, refused, whole } from "../options.js";
import { insidePlugin } from "./inside.js";

/** Under the names of the reference plugin `tap`. */
const options = {
  multiQueue: flag("it can be opened once for each queue"),
  owner: optional(whole("the user who may open it without privilege, by number", 0, 0xfffffffe)),
  group: optional(whole("the group that may open it without privilege, by number", 0, 0xfffffffe)),
  mtu: whole("MTU, 0 for the usual one", 0, 65535),
  bridge: linkName("", "a bridge of the container that it is a port of"),
  selinuxContext: refused("it is not given: a TAP has the context of linkwright serve"),
};

/**
 * A container's interface is a TAP, which a machine in the container opens by its name: with virtio's headers, which vhost and
 * offloads need.
 */
export const tap = insidePlugin({
  options,
  async make({ container }, { multiQueue, owner, group, mtu, bridge }, { name, address }) {
    if (bridge !== "" && (await container.link(bridge).catch(() => undefined))?.kind !== "bridge")
      throw new InputError(`the container has no bridge ${bridge}`, "bridge");
    const settings = { multiQueue, owner, group, vnetHdr: true, address, mtu: mtu === 0 ? undefined : mtu };
    const device = await container.addTap(name, settings);
    await device.close();
  },
  async join(container, { bridge }, name) {
    if (bridge !== "") await container.attach(name, bridge);
  },
  changed({ kind, linkInfo }) {
    const { type } = (linkInfo?.data ?? {}) as { type?: string };
    return kind === "tun" && type === "tap" ? undefined : "is no TAP any more";
  },
});
