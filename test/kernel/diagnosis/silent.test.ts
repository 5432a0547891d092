import { test } from "vitest";
import { Host } from "../../../src/index.js";
import { lacks } from "../scene/program.js";
import { addCard, addContainers, checkSilent } from "./healthy.js";
import { inside } from "./inside.js";

/** A host on which nothing is wrong, as somebody else's software sets it up. */
interface Healthy {
  readonly name: string;
  readonly missing?: string | undefined;
  /** Gives what is to be closed before the host. */
  readonly build: (host: Host) => Promise<readonly AsyncDisposable[] | void>;
  readonly files?: (host: Host) => Promise<Readonly<Record<string, string>>>;
}

const noNsenter = lacks("nsenter", "--version");
const noIptables = noNsenter ?? lacks("iptables-nft", "--version");
const noNft = noNsenter ?? lacks("nft", "--version");

async function set(host: Host, settings: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await host.setSysctl(name, value);
}

const ROUTES = { "net.ipv4.ip_forward": 1 };

/** Bridged frames meet the rules of IP, where this kernel can have it so. */
async function handOver(host: Host): Promise<void> {
  for (const name of ["iptables", "ip6tables"])
    await host.setSysctl(`net.bridge.bridge-nf-call-${name}`, 1).catch(() => undefined);
}

/** A bridge with a guest's TAP. */
async function addGuest(host: Host, bridge: string, tap: string): Promise<AsyncDisposable> {
  const guest = await host.openTap(tap);
  await host.attach(guest, bridge);
  await host.waitFor(tap, "forwarding");
  return guest;
}

/** As libvirt 9 has it for its network "default" (iptables-save). */
const LIBVIRT = `*nat
:LIBVIRT_PRT - [0:0]
-A POSTROUTING -j LIBVIRT_PRT
-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN
-A LIBVIRT_PRT -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
COMMIT
*filter
:LIBVIRT_FWI - [0:0]
:LIBVIRT_FWO - [0:0]
:LIBVIRT_FWX - [0:0]
-A FORWARD -j LIBVIRT_FWX
-A FORWARD -j LIBVIRT_FWI
-A FORWARD -j LIBVIRT_FWO
-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT
-A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT
COMMIT
`;

/** As Docker 28 has it for its own bridge. */
const DOCKER = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
`;

/** As Netavark 1.4 has it in nftables for Podman's own bridge. */
const NETAVARK = `table inet netavark {
  chain INPUT { type filter hook input priority filter; policy accept; }
  chain NETAVARK-ISOLATION-1 { }
  chain FORWARD {
    type filter hook forward priority filter; policy accept;
    ct state invalid drop
    jump NETAVARK-ISOLATION-1
    ip daddr 10.88.0.0/16 ct state { established, related } accept
    ip saddr 10.88.0.0/16 accept
  }
  chain nv_2f259bab_10_88_0_0_nm16 {
    ip daddr 10.88.0.0/16 accept
    ip daddr != 224.0.0.0/4 masquerade
  }
  chain POSTROUTING {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark & 0x00002000 == 0x00002000 masquerade
    ip saddr 10.88.0.0/16 jump nv_2f259bab_10_88_0_0_nm16
  }
}
`;

/** As kube-proxy and Flannel have it. */
const KUBERNETES = `*nat
:FLANNEL-POSTRTG - [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A POSTROUTING -j FLANNEL-POSTRTG
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE
-A FLANNEL-POSTRTG -s 10.244.0.0/24 -d 10.244.0.0/16 -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE
COMMIT
*filter
:FORWARD DROP [0:0]
:FLANNEL-FWD - [0:0]
:KUBE-FORWARD - [0:0]
-A FORWARD -j KUBE-FORWARD
-A FORWARD -j FLANNEL-FWD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -j ACCEPT
COMMIT
`;

const restore = (host: Host, rules: string): Promise<void> =>
  inside(host, ["iptables-nft-restore", "--noflush"], rules);

const STRICT = { "net.ipv4.conf.all.rp_filter": 1 };

const hosts: readonly Healthy[] = [
  {
    name: "libvirt's network, with a guest, and bridged frames that meet its rules",
    missing: noIptables,
    build: async (host) => {
      const beyond = await addCard(host, "wan", "8.8.4.4/24");
      await host.routes.add("default", { gateway: "8.8.4.1" });
      await set(host, ROUTES);
      await host.addBridge("virbr0", { up: true, forwardDelay: 2000 });
      await host.addAddress("virbr0", "192.168.122.1/24");
      const guest = await addGuest(host, "virbr0", "vnet0");
      await host.setBridge("virbr0", { stpState: "kernel" });
      await handOver(host);
      await restore(host, LIBVIRT);
      return [guest, beyond];
    },
  },
  {
    name: "Docker, with containers, which drops what others forward",
    missing: noIptables,
    build: async (host) => {
      const beyond = await addCard(host, "wan", "8.8.4.4/24");
      await host.routes.add("default", { gateway: "8.8.4.1" });
      await set(host, ROUTES);
      const containers = await addContainers(host, "docker0", "172.17.0.1/16");
      await handOver(host);
      await host.setSysctl("net.bridge.bridge-nf-call-ip6tables", 0).catch(() => undefined);
      await restore(host, DOCKER);
      return [...containers, beyond];
    },
  },
  {
    name: "Podman, by Netavark's rules",
    missing: noNft,
    build: async (host) => {
      const beyond = await addCard(host, "wan", "192.168.1.5/24");
      await host.routes.add("default", { gateway: "192.168.1.1" });
      await set(host, ROUTES);
      const containers = await addContainers(host, "podman0", "10.88.0.1/16");
      await inside(host, ["nft", "-f", "-"], NETAVARK);
      return [...containers, beyond];
    },
  },
  {
    name: "Kubernetes, by containerd's bridge and Flannel's VXLAN",
    missing: noIptables,
    build: async (host) => {
      const beyond = await addCard(host, "wan", "192.168.1.5/24");
      await host.routes.add("default", { gateway: "192.168.1.1" });
      await set(host, ROUTES);
      const containers = await addContainers(host, "cni0", "10.244.0.1/24", 1450);
      await host.addLink("flannel.1", "vxlan", {
        id: 1,
        link: "wan",
        port: 8472,
        learning: false,
        local: "192.168.1.5",
      });
      await host.setLink("flannel.1", { mtu: 1450, up: true });
      await host.addAddress("flannel.1", "10.244.0.0/32");
      await host.routes.add("10.244.1.0/24", { gateway: "10.244.1.0", link: "flannel.1", onlink: true });
      await handOver(host);
      await host.setSysctl("net.bridge.bridge-nf-call-ip6tables", 0).catch(() => undefined);
      await restore(host, KUBERNETES);
      return [...containers, beyond];
    },
  },
  {
    name: "a host that routes public addresses, strict about where they come from",
    build: async (host) => {
      const beyond = await addCard(host, "wan", "198.51.100.2/24", "2001:db8:1::2/64");
      await host.routes.add("default", { gateway: "198.51.100.1" });
      await host.routes.add("default", { gateway: "2001:db8:1::1", link: "wan" });
      await set(host, { ...ROUTES, ...STRICT, "net.ipv6.conf.all.forwarding": 1 });
      const containers = await addContainers(host, "br0", "203.0.113.1/28");
      await host.addAddress("br0", "2001:db8:2::1/64", { flags: ["nodad"] });
      return [...containers, beyond];
    },
  },
  {
    name: "TAPs that are routed to, each with its guest's address, without a bridge",
    build: async (host) => {
      const beyond = await addCard(host, "wan", "198.51.100.2/24");
      await host.routes.add("default", { gateway: "198.51.100.1" });
      await set(host, { ...ROUTES, ...STRICT });
      const guests = [];
      for (const [tap, address] of [
        ["tap1", "203.0.113.11"],
        ["tap2", "203.0.113.12"],
      ] as const) {
        guests.push(await host.openTap(tap));
        await host.addAddress(tap, "169.254.1.1/32");
        await host.setLink(tap, { up: true });
        await host.routes.add(`${address}/32`, { link: tap, scope: "link" });
        await host.neighbours.add(tap, address, { lladdr: "02:00:00:00:00:11" });
      }
      return [...guests, beyond];
    },
  },
  {
    name: "IPv6 alone",
    build: async (host) => {
      const beyond = await addCard(host, "wan", "2001:db8:1::2/64");
      await host.routes.add("default", { gateway: "2001:db8:1::1", link: "wan" });
      await set(host, { ...STRICT, "net.ipv6.conf.all.forwarding": 1 });
      const containers = await addContainers(host, "br0", "2001:db8:2::1/64");
      return [...containers, beyond];
    },
  },
  {
    name: "two providers, of which answers may take either, loose",
    build: async (host) => {
      const beyond = [await addCard(host, "wan1", "198.51.1.2/24"), await addCard(host, "wan2", "198.51.2.2/24")];
      await host.routes.add("default", { gateway: "198.51.1.1", metric: 100 });
      await host.routes.add("default", { gateway: "198.51.2.1", metric: 200 });
      await set(host, { "net.ipv4.conf.all.rp_filter": 2, "net.ipv4.conf.wan1.rp_filter": 1 });
      return beyond;
    },
  },
  {
    name: "two providers, each answered where it asks, by rules, strict",
    build: async (host) => {
      const beyond = [await addCard(host, "wan1", "198.51.1.2/24"), await addCard(host, "wan2", "198.51.2.2/24")];
      await host.routes.add("default", { gateway: "198.51.1.1" });
      for (const place of [1, 2]) {
        const table = 100 + place;
        await host.routes.add("default", { gateway: `198.51.${place}.1`, link: `wan${place}`, table });
        await host.rules.add({ from: `198.51.${place}.2/32`, table, priority: table });
      }
      await set(host, STRICT);
      return beyond;
    },
  },
  {
    name: "a VPN by a tun, with networks behind it, strict",
    build: async (host) => {
      const beyond = await addCard(host, "wan", "192.168.1.5/24");
      await host.routes.add("default", { gateway: "192.168.1.1" });
      await set(host, { ...ROUTES, ...STRICT });
      const tunnel = await host.openTap("tun0", { mode: "tun" });
      await host.setLink("tun0", { up: true, mtu: 1420 });
      await host.addAddress("tun0", "10.8.0.1/24");
      await host.routes.add("10.9.0.0/16", { link: "tun0" });
      return [tunnel, beyond];
    },
  },
  {
    name: "a macvtap's guest on a card of its own, and a host that has a macvlan",
    build: async (host) => {
      const beyond = [await addCard(host, "own"), await addCard(host, "shared", "192.168.1.5/24")];
      await host.addMacvtap("guest1", { link: "own", mode: "passthru", up: true });
      await host.addMacvtap("guest2", { link: "shared", mode: "bridge", up: true });
      await host.addMacvlan("host0", { link: "shared", mode: "bridge", up: true });
      await host.removeAddress("shared", "192.168.1.5/24");
      await host.addAddress("host0", "192.168.1.5/24");
      return beyond;
    },
  },
  {
    name: "a bridge over the card that NetworkManager made, and a guest's TAP that it found",
    build: async (host) => {
      const beyond = await addCard(host, "eno1");
      await host.addBridge("br0", { up: true });
      await host.attach("eno1", "br0");
      await host.addAddress("br0", "192.168.1.5/24");
      await host.routes.add("default", { gateway: "192.168.1.1" });
      await host.waitFor("eno1", "forwarding");
      return [await addGuest(host, "br0", "vnet0"), beyond];
    },
    files: async (host) => {
      const state = async (link: string): Promise<string> =>
        `run/NetworkManager/devices/${(await host.link(link)).index}`;
      const profile = (uuid: string, words: string): string => `[connection]\nid=${uuid}\nuuid=${uuid}\n${words}\n`;
      const folder = "NetworkManager/system-connections";
      return {
        [await state("br0")]: "[device]\nmanaged=true\nconnection-uuid=aa\nnm-owned=true\n",
        [await state("eno1")]: "[device]\nmanaged=true\nconnection-uuid=bb\nnm-owned=false\n",
        [await state("vnet0")]: "[device]\nmanaged=true\nconnection-uuid=cc\nnm-owned=false\n",
        [`etc/${folder}/br0.nmconnection`]: profile("aa", "type=bridge\ninterface-name=br0"),
        [`etc/${folder}/port.nmconnection`]: profile("bb", "type=ethernet\ncontroller=aa\nport-type=bridge"),
        [`run/${folder}/vnet0.nmconnection`]: `${profile("cc", "type=tun")}\n[.nmmeta]\nnm-generated=true\nexternal=true\n`,
      };
    },
  },
  {
    name: "a bridge over the card that systemd-networkd made",
    build: async (host) => {
      const beyond = await addCard(host, "eno1");
      await host.addBridge("br0", { up: true });
      await host.attach("eno1", "br0");
      await host.addAddress("br0", "192.168.1.5/24");
      await host.waitFor("eno1", "forwarding");
      return [beyond];
    },
    files: async (host) => {
      const state = async (link: string): Promise<string> => `run/systemd/netif/links/${(await host.link(link)).index}`;
      const folder = "etc/systemd/network";
      return {
        [await state("br0")]: `ADMIN_STATE=configured\nNETWORK_FILE=/${folder}/br0.network\n`,
        [await state("eno1")]: `ADMIN_STATE=configured\nNETWORK_FILE=/${folder}/en.network\n`,
        [`${folder}/br0.netdev`]: "[NetDev]\nName=br0\nKind=bridge\n",
        [`${folder}/br0.network`]: "[Match]\nName=br0\n[Network]\nDHCP=yes\n",
        [`${folder}/en.network`]: "[Match]\nName=en*\n[Network]\nBridge=br0\n",
      };
    },
  },
];

test.for(hosts.map((each) => [each.name, each] as const))(
  "nothing is found of %s",
  async ([, { missing, build, files }], { skip }) => {
    skip(missing !== undefined, missing);
    await using host = await Host.open({ namespace: "new" });
    await host.setLink("lo", { up: true });
    const built = await build(host);
    try {
      await checkSilent(host, await files?.(host));
    } finally {
      for (const each of built ?? []) await each[Symbol.asyncDispose]();
    }
  },
);
