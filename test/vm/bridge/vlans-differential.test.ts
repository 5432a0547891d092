import { writeSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BridgeVlan, compressVlans, type Descriptor, expandVlans, Host } from "../../../src/index.js";
import { frame } from "../../kernel/scene/frames.js";
import { run } from "../../kernel/scene/program.js";
import { plain } from "../differential/comparing.js";

let host: Host;
let namespace: Descriptor;
let path: string;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  namespace = await host.namespaceDescriptor();
  path = `/proc/${process.pid}/fd/${namespace.fd}`;
  await host.addBridge("br0", { vlanFiltering: true, vlanStatsEnabled: true, vlanDefaultPvid: 0, up: true });
  await host.addTap("tap0", { bridge: "br0", port: { vlanTunnel: true } });
});

afterAll(async () => {
  await namespace.close();
  await host.close();
});

async function bridge(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(["nsenter", `--net=${path}`, "bridge", ...words]);
  expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: "" });
  return stdout;
}

interface Shown {
  readonly ifname: string;
  readonly vlans?: readonly {
    vlan: number;
    vlanEnd?: number;
    flags?: readonly string[];
    state?: string;
    mcast_router?: number;
  }[];
  readonly tunnels?: readonly { vlan: number; vlanEnd?: number; tunid: number }[];
}

/** The numbers that bridge has for what is known of multicast routers. */
const ROUTERS = { disabled: 0, tempQuery: 1, perm: 2 } as const;

function routerWord(number: number): keyof typeof ROUTERS {
  return (["disabled", "tempQuery", "perm"] as const)[number]!;
}

/** What bridge prints of a link's VLANs, as they are given here. */
async function shown(link: string): Promise<BridgeVlan[]> {
  const of = async (...words: string[]): Promise<Shown | undefined> =>
    (JSON.parse(await bridge("-j", ...words)) as Shown[]).find(({ ifname }) => ifname === link);
  const vlans = (await of("-d", "vlan", "show", "dev", link))?.vlans ?? [];
  const tunnels = (await of("vlan", "tunnelshow", "dev", link))?.tunnels ?? [];
  const mapped = new Map(
    expandVlans(tunnels.map(({ vlan, vlanEnd, tunid }) => ({ id: vlan, to: vlanEnd, tunnel: tunid }))).map(
      ({ id, tunnel }) => [id, tunnel],
    ),
  );
  const singles = expandVlans(
    vlans.map(({ vlan, vlanEnd, flags = [], state, mcast_router: router }) => ({
      id: vlan,
      to: vlanEnd,
      ...(flags.includes("PVID") ? { pvid: true } : {}),
      ...(flags.includes("Egress Untagged") ? { untagged: true } : {}),
      ...(state === undefined || state === "forwarding" ? {} : { state: state as "blocking" }),
      ...(router === undefined || router === ROUTERS.tempQuery ? {} : { mcastRouter: routerWord(router) }),
    })),
  );
  return compressVlans(
    singles.map((vlan): BridgeVlan => (mapped.has(vlan.id) ? { ...vlan, tunnel: mapped.get(vlan.id)! } : vlan)),
  );
}

/** The same as the library reads them. */
async function listed(link: string): Promise<BridgeVlan[]> {
  const list = await host.bridgeVlans.list({ link });
  return compressVlans(
    list.map(
      ({ id, to, pvid, untagged, tunnel, state, mcastRouter }) =>
        plain({
          ...{ id, to, pvid, untagged, tunnel },
          state: state === "forwarding" ? undefined : state,
          mcastRouter: mcastRouter === "tempQuery" ? undefined : mcastRouter,
        }) as BridgeVlan,
    ),
  );
}

const vlan = fc.record(
  {
    id: fc.integer({ min: 1, max: 60 }),
    untagged: fc.constant(true as const),
    state: fc.constantFrom("disabled", "listening", "learning", "blocking"),
    mcastRouter: fc.constantFrom("disabled", "perm"),
    isMapped: fc.boolean(),
  },
  { requiredKeys: ["id"] },
);

/** Some VLANs, one of which may be what comes without a tag. */
const lists = fc
  .tuple(fc.uniqueArray(vlan, { selector: ({ id }) => id, minLength: 1, maxLength: 30 }), fc.boolean())
  .map(([singles, hasPvid]) =>
    compressVlans(
      singles.map(({ isMapped = false, ...each }, place): BridgeVlan => ({
        ...each,
        ...(isMapped ? { tunnel: 1000 + each.id } : {}),
        ...(hasPvid && place === 0 ? { pvid: true } : {}),
      })),
    ),
  );

const samples = fc.sample(lists, { seed: 3, numRuns: 4 });

test("what linkwright sets is what bridge prints: VLANs, flags, states and tunnels", async () => {
  for (const vlans of samples) {
    await host.bridgeVlans.set("tap0", []);
    await host.bridgeVlans.set("tap0", vlans);
    expect(await shown("tap0")).toEqual(vlans);
  }
});

test("what bridge sets is what linkwright reads", async () => {
  for (const vlans of samples.slice(0, 2)) {
    const lines = vlans.flatMap(({ id, to = id, pvid, untagged, state, tunnel, mcastRouter }) => {
      const range = to === id ? String(id) : `${id}-${to}`;
      const tunnels = tunnel === undefined || to === id ? String(tunnel) : `${tunnel}-${tunnel + to - id}`;
      return [
        `vlan add dev tap0 vid ${range}${pvid === true ? " pvid" : ""}${untagged === true ? " untagged" : ""}`,
        ...(state === undefined ? [] : [`vlan set dev tap0 vid ${range} state ${state}`]),
        ...(mcastRouter === undefined
          ? []
          : [`vlan set dev tap0 vid ${range} mcast_router ${ROUTERS[mcastRouter as keyof typeof ROUTERS]}`]),
        ...(tunnel === undefined ? [] : [`vlan add dev tap0 vid ${range} tunnel_info id ${tunnels}`]),
      ];
    });
    await host.bridgeVlans.set("tap0", []);
    await bridgeBatch(lines);
    expect(await listed("tap0")).toEqual(vlans);
  }
});

async function bridgeBatch(lines: readonly string[]): Promise<void> {
  const script = `printf '%s\\n' "$@" | nsenter --net=${path} bridge -batch -`;
  const { status, stderr } = await run(["sh", "-c", script, "sh", ...lines]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

interface Globals {
  readonly ifname: string;
  readonly vlans: readonly Record<string, number>[];
}

test("the options of VLANs in a whole bridge are the same in linkwright and in bridge, whoever sets them", async () => {
  await host.bridgeVlans.set("br0", []);
  await host.bridgeVlans.set("tap0", [{ id: 10, to: 12 }]);
  await host.bridgeVlans.setGlobalOptions("br0", [
    { id: 10, to: 12, mcastQueryIntvl: 7000, mcastIgmpVersion: 3, mcastStartupQueryCnt: 5 },
    { id: 12, mcastQuerierIntvl: 222_000, mcastQueryResponseIntvl: 7000, mcastStartupQueryIntvl: 9000 },
  ]);
  await bridge(
    "vlan",
    "global",
    "set",
    "vid",
    "11",
    "dev",
    "br0",
    "mcast_snooping",
    "0",
    "mcast_last_member_interval",
    "300",
    ...["mcast_querier_interval", "11100", "mcast_query_response_interval", "800"],
    ...["mcast_startup_query_interval", "900", "mcast_membership_interval", "8000"],
    ...["mcast_last_member_count", "4", "mcast_mld_version", "2", "mcast_querier", "1"],
  );
  const [theirs] = JSON.parse(await bridge("-j", "-d", "vlan", "global", "show", "dev", "br0")) as Globals[];
  const here = await host.bridgeVlans.globalOptions("br0");
  const one = expandVlans(
    theirs!.vlans.map((each) => ({ ...each, id: each["vlan"]!, to: each["vlanEnd"] })),
  ) as unknown as Record<string, number>[];
  expect(one.map(({ id }) => id)).toEqual([10, 11, 12]);
  expect(expandVlans(here)).toMatchObject(
    one.map((each) => ({
      id: each["id"],
      mcastSnooping: each["mcast_snooping"] === 1,
      mcastIgmpVersion: each["mcast_igmp_version"],
      mcastMldVersion: each["mcast_mld_version"],
      mcastLastMemberCnt: each["mcast_last_member_count"],
      mcastLastMemberIntvl: each["mcast_last_member_interval"]! * 10,
      mcastStartupQueryCnt: each["mcast_startup_query_count"],
      mcastQueryIntvl: each["mcast_query_interval"]! * 10,
      mcastMembershipIntvl: each["mcast_membership_interval"]! * 10,
      mcastQuerierIntvl: each["mcast_querier_interval"]! * 10,
      mcastQueryResponseIntvl: each["mcast_query_response_interval"]! * 10,
      mcastStartupQueryIntvl: each["mcast_startup_query_interval"]! * 10,
      mcastQuerier: each["mcast_querier"] === 1,
    })),
  );
});

test("the counters of a port's VLANs are those that bridge prints", async () => {
  const tap = await host.openTap("tap1");
  await host.attach(tap, "br0", { vlans: [{ id: 5, pvid: true, untagged: true }, { id: 6 }] });
  for (const size of [60, 100, 200]) writeSync(tap.descriptors[0]!.fd, frame(1, size));
  const theirs = async (): Promise<readonly Record<string, number>[]> => {
    const all = JSON.parse(await bridge("-s", "-j", "vlan", "show", "dev", "tap1")) as Shown[];
    return all.find(({ ifname }) => ifname === "tap1")!.vlans as unknown as Record<string, number>[];
  };
  const here = (await host.bridgeVlans.list({ link: "tap1", stats: true })).map(({ id, stats }) => [id, stats]);
  expect(here).toMatchObject(
    (await theirs()).map((each) => [
      each["vid"],
      {
        rxBytes: each["rx_bytes"],
        rxPackets: each["rx_packets"],
        txBytes: each["tx_bytes"],
        txPackets: each["tx_packets"],
      },
    ]),
  );
  expect(here[0]).toMatchObject([5, { rxPackets: 3 }]);
  await host.remove("tap1");
});
