import { encodeArp } from "../../../src/dhcp/wire/arp.js";
import { Host } from "../../../src/index.js";
import { card, type Fault, type Faults } from "./fault.js";
import { filteringFaults } from "./filtering-faults.js";
import { machineFaults } from "./machine-faults.js";

/** A second port of a bridge with somebody behind it, in a namespace of its own. */
async function behind(host: Host, port: string, address: string): Promise<Host> {
  const other = await Host.open({ namespace: "new" });
  await host.addVeth(port, { up: true, peer: { name: "eth0", namespace: other } });
  await other.setLink("eth0", { up: true });
  await other.addAddress("eth0", address, { flags: address.includes(":") ? ["nodad"] : undefined });
  await host.attach(port, "br0");
  await host.waitFor(port, "forwarding");
  return other;
}

/** Milliseconds from one turn to the next: TAPs that are not read hold what is flooded meanwhile. */
const PACE = 5;

/** A guest asks for the host's address by ARP, as it would before it sends. */
function asking(mac: string, address: string): Buffer {
  const nobody = "00:00:00:00:00:00";
  return encodeArp({
    operation: "request",
    senderMac: mac,
    senderAddress: address,
    targetMac: nobody,
    targetAddress: "10.0.0.1",
  });
}

/** Sends again and again, from one TAP and the other, until it is told to stop. */
function byTurns(tap0: Buffer, tap1: Buffer): NonNullable<Fault["during"]> {
  return async (net, stop) => {
    while (!stop.aborted) {
      await net.tap("here:tap0").send(tap0);
      await net.tap("here:tap1").send(tap1);
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
  };
}

/** A TAP whose guest reads nothing, with room for one frame. */
async function deafGuest(host: Host): Promise<unknown> {
  const deaf = await host.openTap("deaf");
  await host.setLink(deaf, { txqlen: 1 });
  await host.attach(deaf, "br0");
  await host.waitFor(deaf, "forwarding");
  return deaf;
}

/** Of a port to which nothing is flooded: then nothing goes round for ever. */
const QUIET = { unicastFlood: false, mcastFlood: false, bcastFlood: false } as const;

/** Every fault that can be built on a kernel without modules of VLANs and bonds, by the code that the doctor has for it. */
export const faults: Faults = {
  ...machineFaults,
  ...filteringFaults,
  loop: [
    {
      name: "two bridges that are joined twice",
      build: async (host) => {
        await host.addBridge("br1", { up: true });
        for (const way of ["a", "b"]) {
          await host.addVeth(`${way}0`, { peer: { name: `${way}1` } });
          await host.attach(`${way}0`, "br0", QUIET);
          await host.attach(`${way}1`, "br1", QUIET);
        }
        for (const name of ["a0", "a1", "b0", "b1"]) await host.setLink(name, { up: true });
        for (const name of ["a0", "a1", "b0", "b1"]) await host.waitFor(name, "forwarding");
      },
      severity: "error",
      links: ["br0", "br1", "b0", "b1"],
      summary: "br0 and br1 are joined by more than one way, and no spanning tree closes one",
      evidence: "b0 and b1 are the ends of a pair, and both forward",
      mend: (host) => host.setLink("b0", { up: false }),
    },
    {
      name: "a bridge that is joined with itself",
      build: async (host) => {
        await host.addVeth("a0", { peer: { name: "a1" } });
        for (const name of ["a0", "a1"]) await host.attach(name, "br0", QUIET);
        for (const name of ["a0", "a1"]) await host.setLink(name, { up: true });
        for (const name of ["a0", "a1"]) await host.waitFor(name, "forwarding");
      },
      severity: "error",
      links: ["br0", "a0", "a1"],
      summary: "br0 is joined with itself, by a0 and a1",
      evidence: "br0: stp-state=off",
      // What is isolated on both sides gets nothing from the other.
      mend: async (host) => {
        for (const name of ["a0", "a1"]) await host.setPort(name, { isolated: true });
      },
    },
    {
      name: "what a bridge sends comes back, by a switch that is not to be seen",
      look: { listen: 300 },
      build: async (host) => {
        const beyond = await Host.open({ namespace: "new" });
        await beyond.addBridge("switch");
        for (const way of ["a", "b"]) {
          await host.addVeth(way, { peer: { name: way, namespace: beyond } });
          await beyond.attach(way, "switch");
          await beyond.setLink(way, { up: true });
          // What comes back by one goes out by the other no more: nothing goes round for ever.
          await host.attach(way, "br0", { isolated: true });
        }
        for (const each of [host, beyond]) await each.setSysctl("net.ipv6.conf.all.disable_ipv6", 1);
        await beyond.setLink("switch", { up: true });
        for (const way of ["a", "b"]) await host.setLink(way, { up: true });
        for (const way of ["a", "b"]) await host.waitFor(way, "forwarding");
        return beyond;
      },
      severity: "error",
      links: ["br0"],
      summary: "what br0 sends comes back to it: there is a loop",
      evidence: "a broadcast of br0's came in by one of its ports",
      mend: async (host) => {
        for (const way of ["a", "b"]) await host.remove(way);
      },
    },
  ],
  "address-on-port": [
    {
      name: "a card that was bridged with its address and routes left behind",
      build: async (host) => {
        await host.removeAddress("br0", "10.0.0.1/24");
        await host.addAddress("uplink", "10.0.0.1/24");
        await host.routes.add("default", { gateway: "10.0.0.254", link: "uplink" });
      },
      severity: "error",
      links: ["uplink", "br0"],
      summary: "uplink is a port of br0, and has addresses of its own",
      evidence: "the route to default goes via 10.0.0.254 by uplink",
      mend: async (host) => {
        await host.removeAddress("uplink", "10.0.0.1/24");
        await host.addAddress("br0", "10.0.0.1/24");
        await host.routes.add("default", { gateway: "10.0.0.254", link: "br0" });
      },
    },
  ],
  "bridge-down": [
    {
      name: "a bridge that is down, with ports that are up",
      build: (host) => host.setLink("br0", { up: false }),
      severity: "error",
      links: ["br0"],
      summary: "br0 is down, and its ports are up",
      evidence: "3 of its ports are up",
      mend: (host) => host.setLink("br0", { up: true }),
    },
  ],
  "port-blocked": [
    {
      name: "a port that listens, and for how long still",
      build: async (host) => {
        await host.detach("tap0");
        await host.setBridge("br0", { stpState: "kernel", forwardDelay: 15_000 });
        await host.attach("tap0", "br0");
        await host.waitFor("tap0", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "listening");
      },
      severity: "warning",
      links: ["tap0", "br0"],
      summary: "tap0 is listening: br0's spanning tree does not let frames through yet",
      evidence: /^it forwards in (1[5-9]|2\d|30)(\.\d)? s$/,
      mend: async (host) => {
        await host.setBridge("br0", { stpState: "off" });
        for (const up of [false, true]) await host.setLink("tap0", { up });
      },
    },
    {
      name: "a port that learns",
      build: async (host) => {
        await host.detach("tap0");
        await host.setBridge("br0", { stpState: "kernel", forwardDelay: 2000 });
        await host.attach("tap0", "br0");
        // What comes after listening lasts as long as is set when it begins.
        await host.setBridge("br0", { forwardDelay: 30_000 });
        await host.waitFor("tap0", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "learning");
      },
      severity: "warning",
      links: ["tap0", "br0"],
      summary: "tap0 is learning: br0's spanning tree does not let frames through yet",
      evidence: "br0: stp-state=kernel, forward-delay=30 s",
      mend: async (host) => {
        await host.setBridge("br0", { stpState: "off" });
        for (const up of [false, true]) await host.setLink("tap0", { up });
      },
    },
  ],
  "duplicate-mac": [
    {
      name: "two ports with one MAC",
      build: async (host) => host.setLink("tap1", { address: (await host.link("tap0")).address }),
      severity: "error",
      links: ["br0", "tap0", "tap1"],
      summary: "tap0 and tap1 have the same MAC on br0",
      evidence: / on tap0, tap1$/,
      mend: (host) => host.setLink("tap1", { address: "02:00:00:00:00:99" }),
    },
    {
      name: "two guests that send with one MAC",
      look: { pause: 1000 },
      during: byTurns(asking("52:54:00:12:34:56", "10.0.0.7"), asking("52:54:00:12:34:56", "10.0.0.7")),
      severity: "error",
      links: ["br0", "tap0", "tap1"],
      summary: /^52:54:00:12:34:56 is used behind tap[01] and tap[01] of br0, by turns$/,
      evidence: /^br0 heard it move \d+ times in 1000 ms$/,
    },
  ],
  "duplicate-address": [
    {
      name: "two links of the host with one address",
      build: (host) => host.addAddress("beyond", "10.0.0.1/32"),
      severity: "warning",
      links: ["br0", "beyond"],
      summary: "br0 and beyond both have 10.0.0.1",
      evidence: "beyond: 10.0.0.1/32",
      mend: (host) => host.removeAddress("beyond", "10.0.0.1/32"),
    },
    {
      name: "two guests that speak for one address",
      look: { pause: 1000 },
      during: byTurns(asking("02:00:00:00:00:07", "10.0.0.7"), asking("02:00:00:00:00:08", "10.0.0.7")),
      severity: "warning",
      links: ["br0"],
      summary: "10.0.0.7 is used by more than one on br0",
      evidence: "02:00:00:00:00:07 behind tap0",
    },
    {
      name: "somebody on the bridge has the host's own address",
      look: { listen: 300 },
      build: (host) => behind(host, "port1", "10.0.0.1/24"),
      severity: "warning",
      links: ["br0"],
      summary: "10.0.0.1 is br0's own, and somebody else's there",
      evidence: / behind port1$/,
      mend: (host) => host.remove("port1"),
    },
  ],
  "macvtap-host-silent": [
    {
      name: "a macvtap and its own host, until the host has a macvlan",
      on: card,
      build: (host) => host.addMacvtap("guest", { link: "card", mode: "bridge", up: true }),
      severity: "warning",
      links: ["card", "guest"],
      summary: "guest and this host, which is on card, cannot reach each other",
      evidence: "guest is a macvtap on card",
      mend: async (host) => {
        await host.addMacvlan("host0", { link: "card", mode: "bridge", up: true });
        await host.addAddress("host0", "10.0.1.1/24");
      },
    },
  ],
  "mtu-mismatch": [
    {
      name: "ports with different MTUs",
      build: (host) => host.setLink("tap0", { mtu: 1400 }),
      severity: "warning",
      links: ["br0", "tap0", "tap1", "uplink"],
      summary: "the ports of br0 have different MTUs",
      evidence: "tap0: 1400",
      mend: (host) => host.setLink("tap0", { mtu: 1500 }),
    },
    {
      name: "a bridge above its ports",
      build: (host) => host.setLink("br0", { mtu: 9000 }),
      severity: "warning",
      links: ["br0", "tap0", "tap1", "uplink"],
      summary: "br0 has a larger MTU than its ports: what this host sends is dropped there",
      evidence: "br0: 9000",
      mend: (host) => host.setLink("br0", { mtu: 1500 }),
    },
    {
      name: "the ends of a pair",
      build: (host) => host.setLink("beyond", { mtu: 9000 }),
      severity: "warning",
      links: ["beyond", "uplink"],
      summary: "beyond and uplink, its other end, have MTUs that do not fit",
      evidence: "beyond: 9000",
      mend: (host) => host.setLink("beyond", { mtu: 1500 }),
    },
    {
      name: "a VXLAN whose packets do not fit the card that carries them",
      build: async (host) => {
        await host.addLink("vx5", "vxlan", { id: 5, link: "beyond", port: 4789 });
        await host.setLink("beyond", { mtu: 1500 });
        await host.setLink("vx5", { mtu: 1450 });
        for (const name of ["beyond", "uplink"]) await host.setLink(name, { mtu: 1480 });
        for (const name of ["tap0", "tap1", "br0"]) await host.setLink(name, { mtu: 1480 });
      },
      severity: "warning",
      links: ["vx5", "beyond"],
      summary: "vx5 and beyond, what carries it, have MTUs that do not fit",
      evidence: "the headers of vx5 take 50 bytes",
      mend: (host) => host.setLink("vx5", { mtu: 1430 }),
    },
  ],
  "managed-elsewhere": [
    {
      name: "NetworkManager has brought up its usual profile on a guest's TAP, as on any card",
      files: async (host) => ({
        [`run/NetworkManager/devices/${(await host.link("tap0")).index}`]:
          "[device]\nmanaged=true\nconnection-uuid=abc\nnm-owned=false\n",
        "run/NetworkManager/system-connections/Wired connection 1.nmconnection":
          "[connection]\nid=Wired connection 1\nuuid=abc\ntype=ethernet\n[ipv4]\nmethod=auto\n",
      }),
      severity: "warning",
      links: ["tap0"],
      summary: "NetworkManager manages tap0",
      evidence: /^\/run\/NetworkManager\/devices\/\d+: abc$/,
    },
    {
      name: "systemd-networkd has a file that matches every link, a port of a bridge, too",
      files: async (host) => ({
        [`run/systemd/netif/links/${(await host.link("uplink")).index}`]:
          "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/all.network\n",
        "etc/systemd/network/all.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n",
      }),
      severity: "warning",
      links: ["uplink"],
      summary: "systemd-networkd manages uplink",
      evidence: /^\/run\/systemd\/netif\/links\/\d+: configured$/,
    },
    {
      name: "systemd-networkd has a bridge of its own that is declared here, too",
      files: async (host) => ({
        [`run/systemd/netif/links/${(await host.link("br0")).index}`]:
          "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/br0.network\n",
        "etc/systemd/network/br0.netdev": "[NetDev]\nName=br0\nKind=bridge\n",
        "etc/systemd/network/br0.network": "[Match]\nName=br0\n",
        "etc/linkwright/host.d/this.yaml": "links:\n  br0: { kind: bridge, up: true }\n",
      }),
      severity: "warning",
      links: ["br0"],
      summary: "systemd-networkd manages br0, which linkwright sets up",
      evidence: "/etc/linkwright/host.d/this.yaml has it",
    },
  ],
  "bridge-mac-follows": [
    {
      name: "a bridge has the MAC of a port, which nobody gave it",
      build: async (host) => {
        const ports = await host.links({ master: "br0" });
        await host.setBridge("br0", { address: ports.map(({ address }) => address!).sort()[0]! });
      },
      files: async (host) => ({
        "sys/class/net/br0/ifindex": `${(await host.link("br0")).index}\n`,
        "sys/class/net/br0/addr_assign_type": "1\n",
      }),
      severity: "note",
      links: ["br0"],
      summary: "br0 has the MAC of one of its ports, and will take another's",
      evidence: /^br0 has .*, and nobody gave it that$/,
    },
  ],
  "drops-grow": [
    {
      name: "a guest does not read what is sent to it",
      look: { pause: 300 },
      build: deafGuest,
      during: byTurns(asking("02:00:00:00:00:07", "10.0.0.7"), asking("02:00:00:00:00:08", "10.0.0.8")),
      severity: "warning",
      links: ["deaf"],
      summary: "deaf loses packets now",
      files: { "proc/4711/comm": "qemu-kvm\n", "proc/4711/fdinfo/5": "pos:\t0\niff:\tdeaf\n" },
      evidence: "qemu-kvm 4711 has it open",
    },
    {
      name: "a guest does not read, not even a frame that is sent to look",
      look: { pause: 300, probe: true },
      build: deafGuest,
      during: byTurns(asking("02:00:00:00:00:07", "10.0.0.7"), asking("02:00:00:00:00:08", "10.0.0.8")),
      severity: "warning",
      links: ["deaf"],
      summary: "deaf loses packets now",
      evidence: /^deaf: txDropped grew by \d+ around that frame$/,
    },
  ],
  "tap-unheld": [
    {
      name: "a TAP that nobody has open",
      build: (host) => host.addTap("tap9", { bridge: "br0" }),
      severity: "note",
      links: ["tap9"],
      summary: "no process has tap9 open",
      evidence: "tap9 is up, and has no carrier",
      mend: (host) => host.remove("tap9"),
    },
  ],
};
