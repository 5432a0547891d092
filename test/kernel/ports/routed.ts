import { Host } from "../../../src/index.js";

/** A namespace with a pair of links that are up; "v0" has 10.0.0.1/24 and fd00::1/64. */
export async function routed(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.addr_gen_mode", 1);
  await host.setLink("lo", { up: true });
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "10.0.0.1/24");
  await host.addAddress("v0", "fd00::1/64", { flags: ["nodad"] });
  return host;
}
