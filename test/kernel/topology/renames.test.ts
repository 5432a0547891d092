import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import {
  apply,
  ApplyError,
  capture,
  describePlan,
  type HostDeclaration,
  plan,
  report,
  revert,
} from "../../../src/topology/index.js";
import { failing } from "./failing.js";
import { journalFolder, takenBack } from "./journal.js";

const journal = journalFolder();

const MACS = ["02:00:00:00:01:00", "02:00:00:00:02:00"] as const;

/** A host with eth0 and eth1, both in use. */
async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(
    host,
    {
      links: {
        lo: { up: true },
        eth0: { kind: "veth", peer: "far0", address: MACS[0], up: true, addresses: ["10.0.0.1/24", "fd00::1/64"] },
        far0: { up: true, address: "02:00:00:00:01:01" },
        eth1: {
          kind: "veth",
          peer: "far1",
          address: MACS[1],
          up: true,
          addresses: ["10.1.0.1/24"],
          altnames: ["rear"],
        },
        far1: { up: true, address: "02:00:00:00:02:01" },
      },
      nexthops: [{ id: 7, gateway: "10.1.0.7", link: "eth1" }],
      routes: [{ destination: "default", gateway: "10.0.0.254", link: "eth0" }],
      sysctls: { "net/ipv4/conf/eth0/rp_filter": 2, "net/ipv4/conf/eth1/rp_filter": 0 },
    },
    { journal },
  );
  return host;
}

const named: HostDeclaration = {
  links: {
    lan0: { match: { address: MACS[0] }, mtu: 1400, addresses: { only: true, entries: ["10.0.0.2/24"] } },
    wan0: { match: { altname: "rear" } },
    br0: { kind: "bridge", address: "02:00:00:00:09:00", takeOver: "wan0" },
  },
  sysctls: { "net/ipv4/conf/lan0/rp_filter": 1 },
};

const swapped: HostDeclaration = {
  links: {
    eth1: { match: { address: MACS[0] }, mtu: 1300, addresses: ["10.0.0.3/24"] },
    eth0: { match: { address: MACS[1] }, alias: "was eth1" },
  },
  routes: [{ destination: "198.51.100.0/24", gateway: "10.0.0.253", link: "eth1" }],
  sysctls: { "net/ipv4/conf/eth1/rp_filter": 1 },
};

test("a link found by its MAC or an alternative name gets its name, and is declared by it in one go", async () => {
  await using host = await there();
  const [eth0, eth1] = [await host.link("eth0"), await host.link("eth1")];
  await apply(host, named, { journal });
  expect((await host.link("lan0")).index).toBe(eth0.index);
  expect((await host.link("wan0")).index).toBe(eth1.index);
  expect(await host.sysctl("net/ipv4/conf/lan0/rp_filter")).toBe("1");
  expect(await host.sysctl("net/ipv4/conf/br0/rp_filter")).toBe("0");
  expect(describePlan(await plan(host, named))).toBe("nothing to do\n");
});

test("two links swap their names by way of a third one", async () => {
  await using host = await there();
  const [eth0, eth1] = [await host.link("eth0"), await host.link("eth1")];
  const made = await apply(host, swapped, { journal });
  expect(made.steps.slice(0, 3).map(({ phase }) => phase)).toEqual(["rename", "rename", "rename"]);
  expect(await host.link("eth1")).toMatchObject({ index: eth0.index, mtu: 1300 });
  expect(await host.link("eth0")).toMatchObject({ index: eth1.index, alias: "was eth1" });
  expect(await host.sysctl("net/ipv4/conf/eth0/rp_filter")).toBe("0");
  expect(describePlan(await plan(host, swapped))).toBe("nothing to do\n");
});

test.each([
  ["new names", named],
  ["swapped names", swapped],
])(
  "%s are taken back: by the watchdog, by the way back as a declaration, and after a refusal at any change",
  async (_, declared) => {
    await using host = await there();
    const state = await capture(host);
    await apply(host, declared, { journal, confirm: 1, acceptLoss: true });
    await takenBack(host, journal);
    expect(await report(host, { journal })).toEqual([]);
    expect(await capture(host)).toEqual(state);
    const back = await revert(host, declared);
    await apply(host, declared, { journal });
    await apply(host, back, { journal });
    expect(await capture(host)).toEqual(state);
    let refused = 0;
    for (let at = 0; ; at++) {
      const error = await apply(failing(host, at), declared, { journal }).catch((refusal: unknown) => refusal);
      if (!(error instanceof Error)) break;
      refused++;
      expect(error, `change ${at}`).toBeInstanceOf(ApplyError);
      expect(await capture(host), `change ${at}`).toEqual(state);
    }
    expect(refused).toBeGreaterThan(5);
  },
);

test("what no link has, several have, or is another link's name is refused before anything is changed", async () => {
  await using host = await there();
  const refusal = async (links: HostDeclaration["links"]): Promise<string> =>
    String(await plan(host, { links }).catch((error: unknown) => error));
  expect(await refusal({ lan0: { match: { address: "02:00:00:00:07:07" } } })).toContain(
    "links.lan0.match: there is no link with address 02:00:00:00:07:07",
  );
  expect(await refusal({ far0: { match: { address: MACS[0] } } })).toContain("links.far0: there is another link");
  await host.setLink("far1", { address: MACS[0] });
  expect(await refusal({ lan0: { match: { address: MACS[0] } } })).toContain("eth0, far1 have address");
});
