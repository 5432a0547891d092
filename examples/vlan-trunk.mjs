// A bridge that knows VLANs: a trunk, and a port for each of two guests. Needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING.
import { Host, formatVlans } from "linkwright";

const host = await Host.open({ namespace: "new" }); // { name: "blue" }, or nothing for this process's own
await host.addBridge("br0", { vlanFiltering: true, vlanDefaultPvid: 0, up: true });
for (const name of ["trunk0", "web0", "db0"]) await host.addTap(name, { bridge: "br0" });

await host.bridgeVlans.set("trunk0", [{ id: 10 }, { id: 20, to: 29 }]);
await host.bridgeVlans.set("web0", [{ id: 10, pvid: true, untagged: true }]);
await host.bridgeVlans.set("db0", [{ id: 20, pvid: true, untagged: true }]);

for (const name of ["trunk0", "web0", "db0"])
  console.log(`${name}: ${formatVlans(await host.bridgeVlans.list({ link: name }))}`);
await host.close();
