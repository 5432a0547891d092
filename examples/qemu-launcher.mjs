// Starts QEMU on a bridge, with a TAP whose descriptor it inherits: no privilege, no script, and nothing is left when it ends.
//   node qemu-launcher.mjs br0 -m 1G disk.qcow2
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Host, NetlinkError } from "linkwright";

const [bridge = "br0", ...words] = process.argv.slice(2);
const host = await Host.open();
try {
  const guest = await host.tapForQemu({ bridge, port: { isolated: true } });
  const qemu = spawn("qemu-system-x86_64", [...guest.arguments, ...words], {
    stdio: ["inherit", "inherit", "inherit", ...guest.stdio],
  });
  await once(qemu, "spawn");
  await guest.close(); // QEMU has descriptors of its own: the TAP goes with the last of them
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => qemu.kill(signal));
  console.error(`${guest.tap.name} (${guest.mac}) is on ${bridge}`);
  [process.exitCode] = await once(qemu, "exit");
} catch (error) {
  if (!(error instanceof NetlinkError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await host.close();
}
