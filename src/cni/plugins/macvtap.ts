import { whole, word } from "../options.js";
import { insidePlugin, masterFor, masterOptions, mtuOver } from "./inside.js";

/** Under the names of the reference plugin `macvlan`. */
const options = {
  ...masterOptions,
  mode: word(
    "what passes between those on the same link, bridge unless given",
    "bridge",
    "private",
    "vepa",
    "passthru",
  ),
  mtu: whole("MTU, 0 for that of the link below", 0, 65535),
};

/** A container's interface is a macvtap over a link, which a machine in the container opens as a character device. */
export const macvtap = insidePlugin({
  options,
  async make(making, { mode = "bridge", ...given }, { name, address }) {
    const { where, master } = await masterFor(making, given);
    const mtu = mtuOver(master, given.mtu);
    const namespace = given.linkInContainer ? undefined : making.namespace;
    await where.addMacvtap(name, { link: master, mode, mtu, address, namespace });
  },
  changed({ kind, linkInfo }, { mode: wanted = "bridge" }) {
    if (kind !== "macvtap") return "is no macvtap any more";
    const { mode } = (linkInfo?.data ?? {}) as { mode?: string };
    return mode === wanted ? undefined : `has the mode ${mode}, not ${wanted}`;
  },
});
