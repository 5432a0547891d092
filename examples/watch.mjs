// Says what happens to links and addresses, without polling, until five things have happened.
//   node watch.mjs host            this machine's own network, until it is interrupted
import { Host } from "linkwright";

const isOwn = process.argv[2] === "host";
const host = await Host.open(isOwn ? {} : { namespace: "new" });
const watch = host.watch(["link", "address"]);
await watch.ready;
process.once("SIGINT", () => void host.close());

const work = isOwn ? undefined : somethingToSee();
let seen = 0;
for await (const { subject, change, before, after, properties } of watch) {
  const { name, address } = after ?? before;
  console.log([subject, change, name ?? address, ...(properties ?? [])].join(" "));
  if (!isOwn && ++seen === 5) break;
}
await work;
await host.close();

async function somethingToSee() {
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  await host.addAddress("br0", "192.0.2.1/24");
  await host.setLink("br0", { mtu: 1400 });
}
