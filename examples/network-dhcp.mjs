// A network for guests behind NAT, whose leases this program gives: its rules, addresses and settings are gone again at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "linkwright";
import { networks, serveNetwork } from "linkwright/networks";

const host = await Host.open({ namespace: "new" });
// Of this process's own namespace: networks(host), with definitions and leases in /var/lib/linkwright/networks.
const folder = mkdtempSync(join(tmpdir(), "networks-"));
const folders = { state: join(folder, "state"), run: join(folder, "run") };
const guests = networks(host, folders);

await guests.define({
  name: "lab",
  mode: "nat",
  subnet: "192.168.77.0/24",
  antiSpoof: true,
  forwards: [{ protocol: "tcp", port: 8022, to: "192.168.77.10", toPort: 22 }],
  dhcp: { reservations: [{ mac: "52:54:00:00:00:07", address: "192.168.77.10", name: "web" }] },
});
await guests.start("lab");
const service = await serveNetwork(host, "lab", folders);

// The address is known before the guest is started: spawn("qemu-system-x86_64", [...tap.arguments, …], { stdio: […, ...tap.stdio] })
const tap = await guests.tapForQemu("lab", { mac: "52:54:00:00:00:07" });
console.log(`${tap.mac} on ${tap.tap.name} will be ${tap.address}`);
await tap.close();

await service.close();
await guests.stop("lab");
console.log("links:", (await host.links()).map(({ name }) => name).join(" "));
await host.close();
rmSync(folder, { recursive: true });
