import { expect, test } from "vitest";
import { advertiseRouter, type RouterAdvertisement } from "../../../src/dhcp/index.js";
import { place, plug } from "../scene/guests.js";

const HOUR = 3_600_000;
const prefix = { prefix: "fd00:77::/64", onLink: true, autonomous: true, validLifetime: HOUR, preferredLifetime: HOUR };
const advertisement: RouterAdvertisement = { routerLifetime: 1_800_000, options: { mtu: 1400, prefixes: [prefix] } };

test("a guest gets address, router and MTU by advertisement, also one that comes later; and no router any more at the end", async () => {
  await using here = await place();
  await here.host.addBridge("br0", { up: true });
  // The advertiser is there before the bridge has an address that it may use: the first port brings it up.
  const router = await advertiseRouter(here.host, "br0", { advertisement });
  for (const port of ["port0", "port1"]) {
    await using guest = await place();
    await using events = guest.host.watch(["address", "route"]);
    await events.ready;
    await guest.host.setSysctl("net.ipv6.conf.default.accept_ra", 2);
    await plug(here.host, port, "br0", guest);
    const wanted = { address: false, route: false };
    for await (const event of events) {
      if (event.subject === "address" && event.after?.address.startsWith("fd00:77:")) wanted.address = true;
      if (event.subject === "route" && event.after?.destination === "default") wanted.route = true;
      if (wanted.address && wanted.route) break;
    }
    expect(await guest.host.sysctl("net.ipv6.conf.eth0.mtu")).toBe("1400");
    const [route] = await guest.host.routes.list({ family: "inet6", protocol: "ra" });
    expect(route).toMatchObject({ destination: "default" });
    if (port === "port0") continue;
    await router.close();
    await expect.poll(() => guest.host.routes.list({ family: "inet6", protocol: "ra" })).toEqual([]);
  }
});

test("an advertisement that cannot be meant is refused before a socket is opened", async () => {
  await using here = await place();
  const wrong = { routerLifetime: 0, options: { prefixes: [{ ...prefix, prefix: "fd00::" }] } };
  await expect(advertiseRouter(here.host, "none", { advertisement: wrong })).rejects.toThrow("is not an IPv6 prefix");
});
