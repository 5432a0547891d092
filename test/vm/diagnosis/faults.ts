import type { Host } from "../../../src/index.js";
import { type Scene, scene } from "../../../src/testing/index.js";
import type { Faults } from "../../kernel/diagnosis/fault.js";

/** A bridge that filters by VLAN, with two ports whose far ends are up. */
async function filtering(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: { here: { bridges: { br0: { vlanFiltering: true } }, ports: { guest: "br0", uplink: "br0" } } },
    links: [
      ["here:guest", "here:guest-end"],
      ["here:uplink", "here:uplink-end"],
    ],
  });
  for (const name of ["guest", "uplink"]) await net.hosts.here.waitFor(name, "forwarding");
  return net;
}

/** Two cards, whose cables go to a switch in a namespace of its own. */
async function cards(): Promise<Scene<"here" | "switch">> {
  return await scene({
    hosts: { here: {}, switch: { bridges: { sw: {} }, ports: { one: "sw", two: "sw" } } },
    links: [
      ["here:one", "switch:one"],
      ["here:two", "switch:two"],
    ],
  });
}

async function bond(host: Host, settings: Parameters<Host["addBond"]>[1]): Promise<void> {
  await host.addBond("bond0", { ports: ["one", "two"], up: true, ...settings });
  await host.waitFor("bond0", "carrier");
}

/** Faults of what this machine's own kernel may lack: VLANs of bridges, and bonds. */
export const faults: Faults = {
  "vlan-alone": [
    {
      name: "a port whose VLAN nobody else has",
      on: filtering,
      build: (host) => host.bridgeVlans.set("guest", [{ id: 10, pvid: true, untagged: true }]),
      severity: "error",
      links: ["guest", "br0"],
      summary: "no other port of br0 is in VLAN 10, as guest is",
      evidence: "guest: VLAN 10, its only one",
      mend: (host) => host.bridgeVlans.add("uplink", [{ id: 10 }]),
    },
    {
      name: "a pvid that nobody else has, with VLAN 1 left beside it",
      on: filtering,
      build: (host) => host.bridgeVlans.add("guest", [{ id: 10, pvid: true, untagged: true }]),
      severity: "error",
      links: ["guest", "br0"],
      summary: "no other port of br0 is in VLAN 10, as guest is",
      evidence: "guest: VLAN 10, what it sends without a tag is there",
      beside: ["vlan-leak"],
      mend: (host) => host.bridgeVlans.set("guest", [{ id: 1, pvid: true, untagged: true }]),
    },
    {
      name: "a port that has no VLAN",
      on: filtering,
      build: (host) => host.bridgeVlans.set("guest", []),
      severity: "error",
      links: ["guest", "br0"],
      summary: "guest is in no VLAN of br0, which filters by VLAN",
      evidence: "guest: no VLAN",
      mend: (host) => host.bridgeVlans.set("guest", [{ id: 1, pvid: true, untagged: true }]),
    },
    {
      name: "a VLAN device over a bridge that is not in that VLAN",
      on: filtering,
      build: (host) => host.addVlan("br0.20", { link: "br0", id: 20, up: true }),
      severity: "error",
      links: ["br0.20", "br0"],
      summary: "br0.20 stands on br0, which is not in VLAN 20 itself",
      evidence: "br0: VLAN 1",
      mend: (host) => host.bridgeVlans.add("br0", [{ id: 20 }]),
    },
  ],
  "no-pvid": [
    {
      name: "a port that lets a VLAN out without tags, and has no pvid",
      on: filtering,
      build: (host) => host.bridgeVlans.set("guest", [{ id: 1, untagged: true }]),
      severity: "error",
      links: ["guest", "br0"],
      summary: "guest has VLAN 1 without tags, and no pvid",
      evidence: "guest: VLAN 1 untagged, none is the pvid",
      mend: (host) => host.bridgeVlans.set("guest", [{ id: 1, pvid: true, untagged: true }]),
    },
  ],
  "vlan-leak": [
    {
      name: "VLAN 1 left beside the pvid of another, which others have",
      on: filtering,
      build: async (host) => {
        await host.bridgeVlans.add("uplink", [{ id: 10 }]);
        await host.bridgeVlans.add("guest", [{ id: 10, pvid: true, untagged: true }]);
      },
      severity: "warning",
      links: ["guest", "br0"],
      summary: "guest is in VLAN 10, and gets what is sent in VLAN 1, too",
      evidence: "in VLAN 1, too: br0, uplink",
      mend: (host) => host.bridgeVlans.remove("guest", [{ id: 1 }]),
    },
  ],
  "port-blocked": [
    {
      name: "a port that blocks, since the spanning tree has found a second way",
      on: filtering,
      build: async (host) => {
        await host.addBridge("br1", { up: true, stpState: "kernel", forwardDelay: 2000 });
        await host.setBridge("br0", { stpState: "kernel", forwardDelay: 2000, priority: 0 });
        for (const way of ["a", "b"]) {
          await host.addVeth(`${way}0`, { up: true, peer: { name: `${way}1`, up: true } });
          await host.attach(`${way}0`, "br0");
          await host.attach(`${way}1`, "br1");
        }
        for (const name of ["a0", "b0", "a1"]) await host.waitFor(name, "forwarding");
        await host.waitFor("b1", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "blocking");
      },
      severity: "warning",
      links: ["b1", "br1"],
      summary: "b1 is blocking: br1's spanning tree does not let frames through yet",
      evidence: "b1 is blocking",
      mend: (host) => host.setLink("b1", { up: false }),
    },
  ],
  loop: [
    {
      name: "two ways in one VLAN, until each has a VLAN of its own",
      on: filtering,
      build: async (host) => {
        await host.addBridge("br1", { up: true, vlanFiltering: true });
        const quiet = { unicastFlood: false, mcastFlood: false, bcastFlood: false };
        for (const way of ["a", "b"]) {
          await host.addVeth(`${way}0`, { peer: { name: `${way}1` } });
          await host.attach(`${way}0`, "br0", quiet);
          await host.attach(`${way}1`, "br1", quiet);
        }
        for (const name of ["a0", "a1", "b0", "b1"]) await host.setLink(name, { up: true });
        for (const name of ["a0", "a1", "b0", "b1"]) await host.waitFor(name, "forwarding");
      },
      severity: "error",
      links: ["br0", "br1", "b0", "b1"],
      summary: "br0 and br1 are joined by more than one way, and no spanning tree closes one",
      evidence: "frames in VLAN 1 go round",
      mend: async (host) => {
        for (const name of ["b0", "b1"]) await host.bridgeVlans.set(name, [{ id: 20, pvid: true, untagged: true }]);
        for (const name of ["uplink", "br1"]) await host.bridgeVlans.add(name, [{ id: 20 }]);
      },
    },
  ],
  "bond-without-partner": [
    {
      name: "mode 802.3ad, and a switch that knows nothing of it",
      on: cards,
      build: (host) => bond(host, { mode: "802.3ad", miimon: 100 }),
      severity: "error",
      links: ["bond0", "one", "two"],
      summary: "one and two of bond0 have no LACP partner",
      evidence: /^one: partner 00:00:00:00:00:00, aggregator \d+$/,
      mend: (host) => host.remove("bond0"),
    },
    {
      name: "mode balance-rr, and a switch whose ports are no group",
      on: cards,
      look: { listen: 1000 },
      build: (host) => bond(host, { mode: "balance-rr", miimon: 100 }),
      severity: "error",
      links: ["bond0", "one", "two"],
      summary: "the switch does not take the ports of bond0 as one: what it sends comes back by another port",
      evidence: "bond0: mode=balance-rr",
      mend: (host) => host.remove("bond0"),
    },
  ],
  "bond-degraded": [
    {
      name: "a port of a bond without a carrier",
      on: cards,
      build: async (host) => {
        await bond(host, { mode: "active-backup", miimon: 100 });
        await host.setLink("two", { up: false });
      },
      severity: "warning",
      links: ["bond0", "two"],
      summary: "two of bond0 carries nothing; one port is left",
      evidence: "two is down",
      mend: async (host) => {
        await host.setLink("two", { up: true });
        await host.waitFor("two", "carrier");
      },
    },
  ],
  "bond-unwatched": [
    {
      name: "a bond that looks at no carrier",
      on: cards,
      build: (host) => bond(host, { mode: "active-backup", miimon: 0 }),
      severity: "warning",
      links: ["bond0"],
      summary: "bond0 does not notice when a port fails",
      evidence: "bond0: miimon=0, arp-interval=0",
      mend: (host) => host.setBond("bond0", { miimon: 100 }),
    },
  ],
};
