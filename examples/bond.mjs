// A bond of two links under a bridge: the link in use loses its wire, and the other takes over. Needs a kernel with CONFIG_BONDING.
import { Host } from "linkwright";

const host = await Host.open({ namespace: "new" });
// Two wires: eno1 and eno2 are this host's ends, the others a switch's.
for (const name of ["eno1", "eno2"]) {
  await host.addLink(name, "veth", { peer: { name: `${name}-wire` } });
  await host.setLink(`${name}-wire`, { up: true });
}

await host.addBond("bond0", { mode: "active-backup", miimon: 20, ports: ["eno1", "eno2"], up: true });
await host.addBridge("br0", { up: true });
await host.attach("bond0", "br0");
await host.waitFor("bond0", "carrier", { timeout: 5000 });
const { activePort: before } = await host.bondState("bond0");
const other = before === "eno1" ? "eno2" : "eno1";

await host.setLink(`${before}-wire`, { up: false });
await host.waitFor(other, "active", { timeout: 5000 });
const { activePort: after } = await host.bondState("bond0");
console.log(`${before} lost its wire: ${after} is in use`);
await host.close();
