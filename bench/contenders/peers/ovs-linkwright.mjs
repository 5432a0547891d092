import { serve, taps } from "./program.mjs";

/** Open vSwitch by linkwright; the argument is its database's remote. */
const { openvswitch } = await import("../../../dist/openvswitch/index.js");
const ovs = await openvswitch({ remote: process.argv[2] });
await serve({
  add: async (from, to) =>
    void (await ovs.addPorts(
      "br0",
      taps(from, to).map((name) => ({ name })),
    )),
  delete: (number) => ovs.removePort(`t${number}`),
  list: async () => ({ count: (await ovs.bridge("br0").ports()).filter(({ name }) => name !== "br0").length }),
});
ovs.close();
