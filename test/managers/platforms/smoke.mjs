// What a package shows on a machine of another architecture: each step is done and read back. The words choose steps.
import { Host } from "linkwright";

const steps = {
  async links(host) {
    await host.addBridge("br0", { ageingTime: 20_000, up: true });
    const { descriptors } = await host.openTap("tap0", { vnetHdr: true, queues: 2 });
    const { kind } = await host.link("tap0");
    return [kind, descriptors.length, (await host.link("br0")).linkInfo.data.ageingTime];
  },
  async ports(host) {
    await host.attach("tap0", "br0", { isolated: true });
    return [(await host.link("tap0")).linkInfo.slaveData.isolated];
  },
  async refusal(host) {
    const { code, syscall } = await host.addBridge("br0").catch((error) => error);
    return [code, syscall];
  },
  async addresses(host) {
    await host.addAddress("br0", "192.0.2.1/24");
    return (await host.addresses({ link: "br0", family: "inet" })).map(({ address }) => address);
  },
  async routes(host) {
    await host.routes.add("198.51.100.0/24", { gateway: "192.0.2.9" });
    return (await host.routes.list()).map(({ destination }) => destination).filter((each) => each.startsWith("198."));
  },
  async forwarding(host) {
    await host.fdb.add("tap0", "02:00:00:00:00:07");
    const entries = await host.fdb.list({ link: "tap0" });
    return entries.filter(({ address, vlan }) => address.endsWith(":07") && vlan === undefined).length;
  },
  async watch(host) {
    const watch = host.watch(["link"]);
    await watch.ready;
    await host.addTap("tap1");
    for await (const { after } of watch) if (after?.name === "tap1") return [after.kind];
    return [];
  },
  async removal(host) {
    await host.removeAll(["tap0", "tap1", "br0"]);
    return (await host.links()).map(({ name }) => name).filter((name) => /^(br|tap)/.test(name));
  },
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const host = await Host.open({ namespace: "new" });
for (const name of chosen) console.log(`${name} ${JSON.stringify(await steps[name](host))}`);
await host.close();
console.log(`done on ${process.arch}`);
