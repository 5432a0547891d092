// A host's wiring as code: planned, applied as one, read back, changed, and taken back.
import { Host } from "linkwright";
import { apply, defineHost, describePlan, plan } from "linkwright/topology";

const wiring = (mtu) =>
  defineHost({
    links: {
      br0: { kind: "bridge", forwardDelay: 2000, mtu, up: true, addresses: ["10.0.0.1/24"] },
      tap0: { kind: "tun", owner: 0, master: "br0", asPort: { isolated: true } },
    },
    routes: [{ destination: "10.8.0.0/16", gateway: "10.0.0.7" }],
  });

const host = await Host.open({ namespace: "new" });
console.log(describePlan(await plan(host, wiring(1500))));
await apply(host, wiring(1500));
console.log((await plan(host, wiring(1500))).steps.length, "steps are left");

await apply(host, wiring(1400));
console.log("br0 has an MTU of", (await host.link("br0")).mtu);
await apply(host, defineHost({ links: { tap0: { absent: true }, br0: { absent: true } } }));
console.log("links:", (await host.links()).map(({ name }) => name).join(" "));
await host.close();
