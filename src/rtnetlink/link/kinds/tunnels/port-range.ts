import type { Codec } from "../../../../netlink/codecs/codec.js";
import { InputError } from "../../../../base/errors.js";
import { be16 } from "../../../../netlink/codecs/numbers.js";
import { struct } from "../../../../netlink/codecs/struct.js";

/** The first and the last of some UDP ports. */
export interface PortRange {
  low: number;
  high: number;
}

/** UDP source ports (struct ifla_vxlan_port_range, struct ifla_geneve_port_range, linux/if_link.h). */
export const sourcePorts = struct("ifla_vxlan_port_range", { low: be16, high: be16 });

/** The same, as "32768-61000" on a command line. */
export const portRange: Codec<PortRange> = {
  ...sourcePorts,
  words: "LOW-HIGH",
  parse(word) {
    const [, low, high] = /^(\d+)-(\d+)$/.exec(word) ?? [];
    if (low === undefined || high === undefined)
      throw new InputError(`${JSON.stringify(word)} is not a range of ports such as 32768-61000`);
    return { low: be16.parse(low), high: be16.parse(high) };
  },
  format: ({ low, high }) => `${low}-${high}`,
};
