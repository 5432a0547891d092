import { expect, test } from "vitest";
import { Host, type LinkKind, NetlinkError } from "../../../src/index.js";
import { describeTable } from "../../../src/netlink/codecs/description.js";
import { linkKinds, portKinds } from "../../../src/rtnetlink/link/kinds/index.js";
import { plainLink } from "../../../src/rtnetlink/link/link-attributes.js";

type Values = Readonly<Record<string, unknown>>;
type Table = Parameters<typeof describeTable>[0];

/** What a kind is not created without. */
const NEEDED: Partial<Record<LinkKind, Values>> = {
  vlan: { link: "below0", id: 1 },
  macvlan: { link: "below0" },
  macvtap: { link: "below0" },
  ipvlan: { link: "below0" },
  ipvtap: { link: "below0" },
  macsec: { link: "below0" },
  vxlan: { id: 1 },
  geneve: { id: 1, remote: "192.0.2.1" },
};

/** The defaults of a table that differ from what is reported; what is not reported is not compared. */
function differing(table: Table, reported: Values): Values {
  const said = describeTable(table).attributes.filter((attribute) => attribute.default !== undefined);
  expect(said.length).toBeGreaterThan(0);
  const wrong = said.filter((attribute) => {
    const value = reported[attribute.property];
    return value !== undefined && value !== attribute.default;
  });
  return Object.fromEntries(wrong.map((attribute) => [attribute.property, reported[attribute.property]]));
}

async function withLower(work: (host: Host) => Promise<void>): Promise<void> {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("below0", { peer: "above0" });
  await work(host);
}

const kinds = Object.entries(linkKinds).filter(
  ([, table]) =>
    table !== undefined && describeTable(table).attributes.some((attribute) => attribute.default !== undefined),
) as [LinkKind, Table][];

test.for(kinds)("a new %s has what its table says that nobody sets", ([kind, table], { skip }) =>
  withLower(async (host) => {
    try {
      if (kind === "netkit") await host.addNetkit("new0", { peer: "new1" });
      else await host.addLink("new0", kind, (NEEDED[kind] ?? {}) as never);
    } catch (error) {
      if (error instanceof NetlinkError) skip(error.kernelMessage === "Unknown device type", error.message);
      throw error;
    }
    const { linkInfo } = await host.link("new0");
    // Timers hold whole ticks of the kernel's clock, a hundredth of a second each.
    const { mcastStartupQueryIntvl, ...rest } = differing(table, (linkInfo?.data ?? {}) as Values);
    if (mcastStartupQueryIntvl !== undefined)
      expect(Math.abs(Number(mcastStartupQueryIntvl) - 31_250)).toBeLessThan(11);
    expect(rest).toEqual({});
  }),
);

test.for(["bridge", "bond"] as const)("a new port of a %s has what its table says that nobody sets", (kind, { skip }) =>
  withLower(async (host) => {
    try {
      await host.addLink("master0", kind);
    } catch (error) {
      if (error instanceof NetlinkError) skip(error.kernelMessage === "Unknown device type", error.message);
      throw error;
    }
    await host.attach("below0", "master0");
    const { linkInfo } = await host.link("below0");
    expect(differing(portKinds[kind], (linkInfo?.slaveData ?? {}) as Values)).toEqual({});
  }),
);

test("a new Ethernet link has what the table of all links says that nobody sets", () =>
  withLower(async (host) => {
    expect(differing(plainLink, (await host.link("below0")) as unknown as Values)).toEqual({});
  }));
