import { accountsOf } from "../../../src/qemu/accounts.js";
import { compilePolicy } from "../../../src/qemu/compile.js";
import { encodePlan } from "../../../src/qemu/plan.js";
import { checkPolicy } from "../../../src/qemu/policy.js";

const policies = [
  [{ bridge: "br0" }],
  [{ match: { tap: "vnet*", users: [0, 1000], groups: [0] }, bridge: "br0", port: { isolated: true }, mtu: 1400 }],
  [{ match: { startedAs: "qemu-*-b?0", bridge: "b*" }, bridge: "default-route", vlans: [{ id: 10, to: 20 }] }],
  [{ match: { bridge: "br*" }, bridge: "br1", port: { isolated: true, cost: 5 }, rate: { ingress: 1e6, egress: 1e6 } }],
  [{ bridge: "default-route", vlans: [{ id: 3 }], up: false }],
  [{ bridge: "br1", antiSpoof: { mac: "52:54:00:00:00:07", addresses: ["10.0.0.7"] } }],
  [
    { match: { tap: "v*t*2", programs: ["ifdown"] }, refuse: "because" },
    { bridge: "br1", mac: "keep", mtu: "keep" },
  ],
];

/** Plans that a fuzzer of the plan's reader starts from. */
export function seeds(): Buffer[] {
  return policies.map((rules) => {
    const policy = Buffer.from(JSON.stringify({ rules }));
    return encodePlan(compilePolicy(checkPolicy({ rules }), accountsOf("", "")), policy);
  });
}
