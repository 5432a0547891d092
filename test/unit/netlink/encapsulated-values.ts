import fc from "fast-check";

const address = fc.integer({ min: 1, max: 0xffff }).map((host) => `fc00:1::${host.toString(16)}`);
const segments = fc.array(address, { minLength: 1, maxLength: 4 });
const modes = fc.constantFrom("inline", "encap", "l2encap", "encapRed", "l2encapRed");

/** Values of what routes wrap packets in, and of their gateways, by the type of their codec. */
export const encapsulatedValues = {
  "struct ipv6_sr_hdr": () => segments,
  "struct seg6_iptunnel_encap": () => fc.record({ mode: modes, segments }),
  "struct ipv6_rpl_sr_hdr": () => segments,
  "u8 of 4 bytes": () => fc.integer({ min: 0, max: 61 }).map((units) => units * 4),
  "half an ipv6": () =>
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
      .map((groups) => groups.map((group) => group.toString(16)).join(":")),
  "mpls labels": () => fc.array(fc.integer({ min: 0, max: 0xfffff }), { minLength: 1, maxLength: 4 }),
  "struct rtvia": () => fc.oneof(fc.ipV4(), address),
};
