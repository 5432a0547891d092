// A guest's macvtap on a network card: no bridge, and this host cannot reach the guest by that card. Needs CONFIG_MACVTAP.
import { Host } from "linkwright";

const host = await Host.open({ namespace: "new" });
await host.addLink("eno1", "veth", { peer: { name: "wire" }, up: true }); // in place of a card

await host.addLink("guest0", "macvtap", { link: "eno1", mode: "bridge", up: true });
const queues = await host.openMacvtap("guest0", { vnetHdr: true });
const { address } = await host.link("guest0");
console.log(
  `qemu-system-x86_64 -netdev tap,id=n0,fd=${queues.descriptors[0].fd} -device virtio-net-pci,netdev=n0,mac=${address}`,
);
await host.close();
