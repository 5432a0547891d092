import type { Call } from "../call.js";
import { readOptions } from "../options.js";
import { onBridge } from "./bridge.js";
import { options } from "./bridge-options.js";
import { onNetwork } from "./own-network.js";
import type { Plugin } from "./plugin.js";

/** What a configuration means. Whatever else of it cannot be meant has not been added. */
function pluginFor({ configuration }: Call): Plugin {
  const { network } = readOptions({ network: options.network }, configuration);
  return network === undefined ? onBridge : onNetwork;
}

/** A container's interface is one end of a veth, whose other end is a port of a bridge, or of one of linkwright's own networks. */
export const bridge: Plugin = {
  options,
  plan: (call) => pluginFor(call).plan(call),
  ready: async (where, call) => pluginFor(call).ready?.(where, call),
  add: async (making) => pluginFor(making.call).add(making),
  check: async (checking) => pluginFor(checking.call).check(checking),
  forget: async (where, call, link) => pluginFor(call).forget?.(where, call, link),
};
