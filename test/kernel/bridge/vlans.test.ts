import { expect, test } from "vitest";
import { Host, type NetlinkError } from "../../../src/index.js";

test("a kernel without bridge VLANs says what it lacks, and attaching with them changes nothing", async (context) => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0");
  const before = await host.link("tap0");
  const refusal = await host.bridgeVlans.list().then(
    () => undefined,
    (error: unknown) => error as NetlinkError,
  );
  if (refusal === undefined) context.skip("this kernel has bridge VLANs");
  expect(refusal!.message).toBe(
    "the kernel refused RTM_GETVLAN: operation not supported (EOPNOTSUPP); " +
      "it needs Linux 5.6 or newer with CONFIG_BRIDGE_VLAN_FILTERING",
  );
  await expect(host.setBridge("br0", { vlanFiltering: true })).rejects.toThrow(/CONFIG_BRIDGE_VLAN_FILTERING$/);
  await expect(host.attach("tap0", "br0", { vlans: [{ id: 10 }] })).rejects.toThrow(
    /^br0: it does not filter by VLAN, .* \(EINVAL\); set vlanFiltering on the bridge first, or ask for it/,
  );
  await expect(host.attach("tap0", "br0", { vlans: [{ id: 10 }], withoutFiltering: true })).rejects.toThrow(
    /^tap0: .*\(EOPNOTSUPP\); it needs Linux 5\.6 or newer with CONFIG_BRIDGE_VLAN_FILTERING$/,
  );
  const after = await host.link("tap0");
  expect([after.master, after.up, after.mtu]).toEqual([before.master, before.up, before.mtu]);
});
