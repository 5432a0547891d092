import { Worker, isMainThread } from "node:worker_threads";
import { once } from "node:events";
import { Host } from "../../../dist/index.js";

/** Does a little of everything that the addon can do; what is left of it at the end is for a leak checker to find. */
async function exercise() {
  const host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0", { up: true });
  const taps = [];
  for (let index = 0; index < 10; index++) taps.push(await host.openTap(`tap${index}`, { queues: 2 }));
  await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
  await host.addTap("kept", { bridge });
  await Promise.all([host.links(), host.link("tap3"), host.addresses(), ...taps.map((tap) => tap.status())]);
  await sendFrame(taps);
  await passDescriptor(host, taps[0]);
  await host.addAddress("br0", "10.0.0.1/24");
  await host.setSysctl("net.ipv4.ip_forward", await host.sysctl("net.ipv4.ip_forward"));
  const refused = [
    host.link("absent"),
    host.addBridge("br0"),
    host.sysctl("net.absent"),
    host.connectSocket("/absent"),
    host.openMacvtap("br0"),
    host.virtualFunctions.count("br0"),
    host.virtualFunctions.setCount("br0", 1),
    host.virtualFunctions.devices("br0"),
    Host.open({ namespace: "/absent" }),
  ];
  await Promise.allSettled(refused);
  await host.removeAll(taps.slice(5));
  await taps[0].close();
  await host.close();
}

async function sendFrame(taps) {
  const [from, to] = taps.map((tap) => tap.frames());
  from.write(Buffer.from(`${"ff".repeat(6)}02000000000188b5${"00".repeat(46)}`, "hex"));
  await once(to, "data");
  from.destroy();
  to.destroy();
}

async function passDescriptor(host, tap) {
  const [left, right] = host.socketPair();
  await host.sendDescriptors(left, [tap.descriptors[0]]);
  await host.receiveDescriptors(right);
}

for (let round = 0; round < 5; round++) await exercise();
if (isMainThread) await once(new Worker(new URL(import.meta.url)), "exit");
await (await Host.open({ namespace: "new" })).openTap();
