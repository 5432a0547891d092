import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  type BondOptions,
  type BondPortOptions,
  type BridgeOptions,
  type BridgePortOptions,
  Host,
  type Link,
} from "../../../src/index.js";
import {
  expectPrinted,
  expectRead,
  type Printed,
  type PrintedLink,
  printedLinks,
  sample,
  wordsOf,
} from "./agreement.js";
import { eventually } from "../../kernel/netfilter/counting.js";
import { plain } from "./comparing.js";
import { inside, type Inside } from "./inside.js";
import { LINK_OPTIONS } from "./ip-link-words.js";

let host: Host;
let programs: Inside;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  programs = await inside(host);
  // Its own frames would be counted between one program's look and the other's.
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addVeth("eth0", {
    peer: { name: "far0", up: true },
    up: true,
    altnames: ["uplink", "a-name-of-more-than-15"],
  });
  for (const name of ["eno4", "eno5", "eno6"]) await host.addLink(name, "dummy", { numTxQueues: 3, numRxQueues: 2 });
});

afterAll(async () => {
  await host.close();
});

/** The flags that `ip` prints, one by one. It says no carrier in place of what runs. */
function withFlags({ flags, ...link }: PrintedLink): Printed {
  return {
    ...link,
    ...Object.fromEntries(Object.values(FLAGS).map((word) => [word, (flags as string[]).includes(word)])),
  };
}

const FLAGS: Readonly<Record<string, string>> = {
  up: "UP",
  broadcast: "BROADCAST",
  loopback: "LOOPBACK",
  pointopoint: "POINTOPOINT",
  noarp: "NOARP",
  promisc: "PROMISC",
  allmulti: "ALLMULTI",
  master: "MASTER",
  slave: "SLAVE",
  multicast: "MULTICAST",
  dynamic: "DYNAMIC",
  lowerUp: "LOWER_UP",
  dormant: "DORMANT",
};

/** What any link has, under the names that `ip` has for it. */
function asPrinted(link: Link, names: ReadonlyMap<number, string>): object {
  const { up, flags } = link;
  const words = flags.map((flag) => FLAGS[flag]).filter((word) => word !== undefined);
  return plain({
    ifindex: link.index,
    ifname: link.name,
    flags: [...words, ...(up && !flags.includes("running") ? ["NO-CARRIER"] : [])].sort(),
    mtu: link.mtu,
    qdisc: link.qdisc,
    master: names.get(link.master ?? 0),
    link: names.get(link.link ?? 0),
    operstate: String(link.operstate).toUpperCase(),
    linkmode: String(link.linkmode).toUpperCase(),
    group: link.group === 0 ? "default" : String(link.group),
    txqlen: link.txqlen || undefined,
    address: link.address,
    broadcast: link.broadcast,
    ifalias: link.alias,
    altnames: link.altnames,
    promiscuity: link.promiscuity,
    allmulti: link.allmulti,
    min_mtu: link.minMtu,
    max_mtu: link.maxMtu,
    inet6_addr_gen_mode: link.afSpec?.inet6?.addrGenMode,
    num_tx_queues: link.numTxQueues,
    num_rx_queues: link.numRxQueues,
    gso_max_size: link.gsoMaxSize,
    gso_max_segs: link.gsoMaxSegs,
    tso_max_size: link.tsoMaxSize,
    tso_max_segs: link.tsoMaxSegs,
    gro_max_size: link.groMaxSize,
    proto_down: link.protoDown || undefined,
    stats64: {
      rx: {
        bytes: link.stats64?.rxBytes,
        packets: link.stats64?.rxPackets,
        errors: link.stats64?.rxErrors,
        dropped: link.stats64?.rxDropped,
        over_errors: link.stats64?.rxOverErrors,
        multicast: link.stats64?.multicast,
      },
      tx: {
        bytes: link.stats64?.txBytes,
        packets: link.stats64?.txPackets,
        errors: link.stats64?.txErrors,
        dropped: link.stats64?.txDropped,
        carrier_errors: link.stats64?.txCarrierErrors,
        collisions: link.stats64?.collisions,
      },
    },
  });
}

/** Both programs say the same of every link, whatever its kind. */
async function expectSameLinks(): Promise<void> {
  const links = await host.links();
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const printed = printedLinks(programs, "-s");
  for (const link of links) {
    const {
      link_type: _type,
      linkinfo: _info,
      parentbus: _bus,
      parentdev: _dev,
      flags,
      link: below,
      ...rest
    } = printed.get(link.name)!;
    const shown = { ...rest, flags: (flags as string[]).sort(), link: below ?? undefined };
    expect(asPrinted(link, names), link.name).toEqual(plain(shown));
  }
}

test("what any link has: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  const samples = sample(LINK_OPTIONS);
  for (const values of samples) {
    await host.setLink("eno4", values);
    expectPrinted(withFlags(printedLinks(programs).get("eno4")!), LINK_OPTIONS, values, "eno4");
  }
  await expectSameLinks();
  programs.batch("ip", [`link set eno5 ${wordsOf(LINK_OPTIONS, samples[0]!)}`]);
  const read = await host.link("eno5");
  const has = (flag: Link["flags"][number]): boolean => read.flags.includes(flag);
  const switches = { arp: !has("noarp"), multicast: has("multicast"), allmulticast: has("allmulti") };
  const all = { ...read, ...switches, promisc: has("promisc"), dynamic: has("dynamic") };
  expectRead(all, LINK_OPTIONS, samples[0]!, "eno5");
  await expectSameLinks();
  await host.addLink("mv0", "macvlan", { link: "eth0", protoDown: true });
  programs.batch("ip", ["link add link eth0 name mv1 type macvlan", "link set mv1 protodown on"]);
  expect(printedLinks(programs).get("mv0")).toMatchObject({ proto_down: true });
  expect(await host.link("mv1")).toMatchObject({ protoDown: true });
  await expectSameLinks();
  await host.removeAll(["mv0", "mv1"]);
});

const hexadecimal = (value: number | undefined): string => `0x${value!.toString(16)}`;

/** A bridge's id as `ip` prints it: "8000.525400123456" with colons, and the MAC's bytes without leading zeros. */
function idOf(id: string | undefined): string {
  const [priority, mac = ""] = id!.split(".");
  return `${priority}.${mac
    .match(/../g)!
    .map((byte) => parseInt(byte, 16).toString(16))
    .join(":")}`;
}

test("what only the kernel sets of bridges and their ports is the same in ip and here", async () => {
  await host.addBridge("br0", { stpState: "kernel", priority: 4096, forwardDelay: 2000, up: true });
  await host.addBridge("br1", { stpState: "kernel", forwardDelay: 2000, up: true });
  await host.addVeth("port0", { peer: { name: "port1", up: true }, up: true });
  await host.attach("port0", "br0");
  await host.attach("port1", "br1", { groupFwdMask: 0x4008 });
  const bridgeOf = async (name: string): Promise<BridgeOptions> =>
    (await host.link(name)).linkInfo!.data as BridgeOptions;
  const agree = async (): Promise<void> => {
    const printed = printedLinks(programs);
    for (const name of ["br0", "br1"]) {
      const data = await bridgeOf(name);
      expect(printed.get(name)!.linkinfo!.info_data, name).toMatchObject({
        bridge_id: idOf(data.bridgeId),
        root_port: data.rootPort,
        root_path_cost: data.rootPathCost,
        mcast_hash_elasticity: data.mcastHashElasticity,
      });
      // What ip of iproute2 6.1 prints as root_id is the bridge's own id (ip/iplink_bridge.c).
      expect(data.rootId, name).toBe((await bridgeOf("br0")).bridgeId);
    }
    for (const name of ["port0", "port1"]) {
      const data = (await host.link(name)).linkInfo!.slaveData as BridgePortOptions;
      expect(printed.get(name)!.linkinfo!.info_slave_data, name).toMatchObject({
        id: hexadecimal(data.id),
        no: hexadecimal(data.no),
        designated_port: data.designatedPort,
        designated_cost: data.designatedCost,
        bridge_id: idOf(data.bridgeId),
        root_id: idOf(data.rootId),
        topology_change_ack: Number(data.topologyChangeAck),
        config_pending: Number(data.configPending),
        group_fwd_mask: data.groupFwdMask === 0 ? "0" : hexadecimal(data.groupFwdMask),
        group_fwd_mask_str: name === "port1" ? "0x8,lldp" : "0x0",
      });
    }
  };
  // A spanning tree changes for some seconds, between one program's look and the other's, too.
  expect(await eventually(async () => (await bridgeOf("br1")).rootPort !== 0)).toBe(true);
  await vi.waitFor(agree, { timeout: 60_000 });
  await host.removeAll(["br0", "br1", "port0"]);
});

const LACP_WORDS: Readonly<Record<string, string>> = {
  lacpActivity: "active",
  lacpTimeout: "short_timeout",
  aggregation: "aggregating",
  synchronization: "in_sync",
  collecting: "collecting",
  distributing: "distributing",
  defaulted: "defaulted",
  expired: "expired",
};

/** A bond's port as `ip` prints it. */
function asPrintedPort(port: BondPortOptions): object {
  const { state, miiStatus, linkFailureCount, permHwaddr, queueId, prio, adAggregatorId } = port;
  const words = (bits: readonly string[] | undefined): string[] | undefined => bits?.map((bit) => LACP_WORDS[bit]!);
  return plain({
    state: String(state).toUpperCase(),
    mii_status: String(miiStatus).toUpperCase(),
    link_failure_count: linkFailureCount,
    perm_hwaddr: permHwaddr,
    queue_id: queueId,
    prio,
    ad_aggregator_id: adAggregatorId,
    ad_actor_oper_port_state_str: words(port.adActorOperPortState),
    ad_partner_oper_port_state_str: words(port.adPartnerOperPortState),
  });
}

/** Both programs say the same of a bond and its port. */
async function expectSameBond(bond: string, port: string): Promise<void> {
  const links = await host.links();
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const printed = printedLinks(programs);
  const link = (name: string): Link => links.find((each) => each.name === name)!;
  const { adInfo, activePort = 0, primary = 0 } = link(bond).linkInfo!.data as BondOptions;
  const shown = printed.get(bond)!.linkinfo!.info_data!;
  expect(plain({ active: shown["active_slave"], primary: shown["primary"], ad: shown["ad_info"] }), bond).toEqual(
    plain({
      active: names.get(activePort),
      primary: names.get(primary),
      ad: adInfo && {
        aggregator: adInfo.aggregator,
        num_ports: adInfo.numPorts,
        actor_key: adInfo.actorKey,
        partner_key: adInfo.partnerKey,
        partner_mac: adInfo.partnerMac,
      },
    }),
  );
  const {
    ad_actor_oper_port_state: _ours,
    ad_partner_oper_port_state: _theirs,
    ...rest
  } = printed.get(port)!.linkinfo!.info_slave_data!;
  expect(asPrintedPort(link(port).linkInfo!.slaveData as BondPortOptions), port).toEqual(rest);
}

test("bonds and their ports: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  await host.addBond("bond0", { mode: "802.3ad", miimon: 100, ports: ["eno4"], up: true });
  await host.setPort("eno4", { queueId: 3 });
  await host.addBond("bond1", { mode: "active-backup", miimon: 100, ports: ["eno5"], primary: "eno5", up: true });
  await host.setPort("eno5", { queueId: 15, prio: -7 });
  programs.batch("ip", [
    "link add bond2 type bond mode balance-tlb miimon 100",
    "link set eno6 down",
    "link set eno6 master bond2",
    "link set bond2 type bond primary eno6",
    "link set eno6 type bond_slave queue_id 7 prio 70000",
    "link set bond2 up",
  ]);
  const port = (name: string): Promise<Link> => host.link(name);
  expect((await port("eno5")).linkInfo?.slaveData).toMatchObject({ queueId: 15, prio: -7 });
  expect((await port("eno6")).linkInfo?.slaveData).toMatchObject({ queueId: 7, prio: 70_000 });
  expect((await port("bond2")).linkInfo?.data).toMatchObject({ primary: (await port("eno6")).index });
  await expectSameBond("bond0", "eno4");
  await expectSameBond("bond1", "eno5");
  await expectSameBond("bond2", "eno6");
});
