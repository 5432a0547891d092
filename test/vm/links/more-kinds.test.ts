import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type LinkKind, NetlinkError } from "../../../src/index.js";

let host: Host;
let ports: number[];

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true, address: "02:00:00:00:00:01" });
  await host.addVeth("eth1", { peer: { name: "far1", up: true }, up: true });
  ports = [(await host.link("eth0")).index, (await host.link("eth1")).index];
});

afterAll(async () => {
  await host.close();
});

/** A kind, what it is created with, and what is reported of it then. */
interface Case {
  readonly kind: LinkKind;
  readonly settings: () => object;
  readonly reported: () => object;
}

const cases: readonly Case[] = [
  {
    kind: "bareudp",
    settings: () => ({ port: 6635, ethertype: "mpls", srcportMin: 0xe000 }),
    reported: () => ({ port: 6635, ethertype: "mpls", srcportMin: 0xe000 }),
  },
  {
    kind: "macsec",
    settings: () => ({ link: "eth0", sciPort: 7, encrypt: true, cipherSuite: "gcmAes256", icvLen: 16 }),
    reported: () => ({
      ...{ sci: "0200000000010007", encrypt: true, cipherSuite: "gcmAes256", icvLen: 16 },
      ...{ protect: true, validation: "strict" },
    }),
  },
  { kind: "xfrm", settings: () => ({ link: "eth0", ifId: 7 }), reported: () => ({ link: ports[0], ifId: 7 }) },
  { kind: "vxcan", settings: () => ({ peer: { name: "can1" } }), reported: () => ({}) },
  {
    kind: "gtp",
    settings: () => ({ createSockets: true, pdpHashsize: 512, role: "sgsn" }),
    reported: () => ({ pdpHashsize: 512, role: "sgsn" }),
  },
  {
    kind: "hsr",
    settings: () => ({ port1: ports[0], port2: ports[1], multicastSpec: 5, version: 1 }),
    reported: () => ({
      ...{ port1: ports[0], port2: ports[1], supervisionAddr: "01:15:4e:00:01:05", protocol: "hsr" },
    }),
  },
];

test.for(cases.map((each) => [each.kind, each] as const))(
  "%s: it is created, and what is reported of it has names",
  async ([, { kind, settings, reported }], { skip }) => {
    try {
      await host.addLink("x0", kind, settings());
    } catch (error) {
      if (error instanceof NetlinkError) skip(error.kernelMessage === "Unknown device type", error.message);
      throw error;
    }
    try {
      const { linkInfo } = await host.link("x0");
      expect(linkInfo).toMatchObject({ kind });
      expect(linkInfo?.data ?? {}).toMatchObject(reported());
      expect(linkInfo?.data ?? {}).not.toHaveProperty("unknown");
      if (kind === "vxcan") expect((await host.link("can1")).kind).toBe("vxcan");
    } finally {
      await host.remove("x0");
    }
  },
);
