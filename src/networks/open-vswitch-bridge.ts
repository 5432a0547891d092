import { InputError } from "../base/errors.js";
import type { Switch } from "../host/ports/switch.js";
import type { OpenVswitch, OpenVswitchBridge } from "../openvswitch/open-vswitch.js";
import type { SwitchPortSettings } from "../openvswitch/switch-port.js";

/** What ports of guests are given there. */
const PORT_OPTIONS = ["vlans", "isolated"] as const;

/** A bridge of the Open vSwitch that answers at its socket. */
export interface OpenVSwitchBridge extends Switch<SwitchPortSettings> {
  /** Rejects with InputError where it is not. */
  check(): Promise<void>;
  /** Takes a port out, whoever put it there. */
  release(port: string): Promise<void>;
}

/** A bridge of Open vSwitch that is asked by a connection of its own each time: guests stay for longer than who started them asks. */
export function openVSwitchBridge(name: string): OpenVSwitchBridge {
  async function asked<T>(work: (open: OpenVswitch, bridge: OpenVswitchBridge) => Promise<T>): Promise<T> {
    const { openvswitch } = await import("../openvswitch/open-vswitch.js");
    const open = await openvswitch();
    try {
      return await work(open, open.bridge(name));
    } finally {
      open.close();
    }
  }
  const leave = (port: string): Promise<void> => asked((_, bridge) => bridge.leave(port));
  return {
    name,
    portOptions: PORT_OPTIONS,
    async join(port, settings, { journal, ...wait }) {
      await asked((_, bridge) => bridge.join(port, settings, wait));
      journal.add({
        done: `${port} was made a port of ${name}`,
        undo: `take ${port} out of ${name}`,
        call: () => leave(port),
        calls: { openvswitch: name, leave: port },
      });
    },
    leave,
    release: leave,
    check: () =>
      asked(async (open) => {
        const bridges = (await open.show()).map((each) => each.name);
        if (!bridges.includes(name))
          throw new InputError(`Open vSwitch has no bridge ${name}: it has ${bridges.join(", ") || "none"}`, "bridge");
      }),
  };
}
