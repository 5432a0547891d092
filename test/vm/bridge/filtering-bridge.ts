import type { Host } from "../../../src/index.js";
import type { Inside } from "../differential/inside.js";

/**
 * A bridge, br0, that filters VLANs and watches multicast, with the ports v0 and v1 in VLANs 1, 10 and 20. It learns
 * nothing. Gives the names of all links by their indices.
 */
export async function filteringBridge(host: Host, programs: Inside): Promise<Map<number, string>> {
  await host.addBridge("br0", { vlanFiltering: true, mcastIgmpVersion: 3, mcastMldVersion: 2, up: true });
  for (const name of ["v0", "v1"]) {
    await host.addVeth(name, { peer: { name: `${name}p`, up: true }, up: true });
    await host.attach(name, "br0", { learning: false });
  }
  const lines = ["v0", "v1"].flatMap((name) => [10, 20].map((vlan) => `vlan add dev ${name} vid ${vlan}`));
  programs.batch("bridge", [...lines, "vlan add dev br0 vid 10 self"]);
  return new Map((await host.links()).map(({ index, name }) => [index, name]));
}
