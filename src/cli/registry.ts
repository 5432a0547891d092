import type { Catalogue } from "./command.js";

/** Every command: run.ts finds them here, and gives them to those that explain them. No command imports this. */
export const registry = {
  link: {
    subject: "links",
    summary: "links of any kind",
    load: () => (require("./commands/link/link.js") as typeof import("./commands/link/link.js")).command,
  },
  bond: {
    subject: "links",
    summary: "bonds",
    load: () => (require("./commands/link/bond.js") as typeof import("./commands/link/bond.js")).command,
  },
  bridge: {
    subject: "bridges and their ports",
    summary: "bridges",
    load: () => (require("./commands/bridge/bridge.js") as typeof import("./commands/bridge/bridge.js")).command,
  },
  vlan: {
    subject: "links",
    summary: "VLANs",
    load: () => (require("./commands/link/kinds.js") as typeof import("./commands/link/kinds.js")).kindCommands.vlan,
  },
  macvlan: {
    subject: "links",
    summary: "macvlans",
    load: () => (require("./commands/link/kinds.js") as typeof import("./commands/link/kinds.js")).kindCommands.macvlan,
  },
  macvtap: {
    subject: "links",
    summary: "macvtaps",
    load: () => (require("./commands/link/kinds.js") as typeof import("./commands/link/kinds.js")).kindCommands.macvtap,
  },
  vxlan: {
    subject: "links",
    summary: "VXLANs",
    load: () => (require("./commands/link/kinds.js") as typeof import("./commands/link/kinds.js")).kindCommands.vxlan,
  },
  netkit: {
    subject: "links",
    summary: "netkits",
    load: () => (require("./commands/link/kinds.js") as typeof import("./commands/link/kinds.js")).kindCommands.netkit,
  },
  tap: {
    subject: "links",
    summary: "TAPs, and TUNs",
    load: () => (require("./commands/link/tap.js") as typeof import("./commands/link/tap.js")).command,
  },
  attach: {
    subject: "bridges and their ports",
    summary: "make a link a port of a bridge, bond, team or VRF, or change a port's options",
    load: () => (require("./commands/link/attach.js") as typeof import("./commands/link/attach.js")).attachCommand,
  },
  detach: {
    subject: "bridges and their ports",
    summary: "take a port out of its bridge, bond, team or VRF",
    load: () => (require("./commands/link/attach.js") as typeof import("./commands/link/attach.js")).detachCommand,
  },
  monitor: {
    subject: "links",
    summary: "what changes, a line each",
    load: () => (require("./commands/monitor.js") as typeof import("./commands/monitor.js")).command,
  },
  "what-happened": {
    subject: "more",
    summary: "what happened lately, as the resident service remembers it",
    load: () => (require("./commands/what-happened.js") as typeof import("./commands/what-happened.js")).command,
  },
  address: {
    subject: "IP",
    summary: "IP addresses",
    load: () => (require("./commands/ip/address.js") as typeof import("./commands/ip/address.js")).command,
  },
  fdb: {
    subject: "bridges and their ports",
    summary: "forwarding tables of bridges, VXLANs and other devices",
    load: () => (require("./commands/bridge/fdb.js") as typeof import("./commands/bridge/fdb.js")).command,
  },
  mdb: {
    subject: "bridges and their ports",
    summary: "multicast tables of bridges",
    load: () => (require("./commands/bridge/mdb.js") as typeof import("./commands/bridge/mdb.js")).command,
  },
  route: {
    subject: "IP",
    summary: "routes",
    load: () => (require("./commands/ip/route.js") as typeof import("./commands/ip/route.js")).command,
  },
  rule: {
    subject: "IP",
    summary: "rules that choose a routing table",
    load: () => (require("./commands/ip/rule.js") as typeof import("./commands/ip/rule.js")).command,
  },
  neighbour: {
    subject: "IP",
    summary: "neighbours: which MACs IP addresses have",
    load: () => (require("./commands/ip/neighbour.js") as typeof import("./commands/ip/neighbour.js")).command,
  },
  nexthop: {
    subject: "IP",
    summary: "next hops that routes refer to by id",
    load: () => (require("./commands/ip/nexthop.js") as typeof import("./commands/ip/nexthop.js")).command,
  },
  sysctl: {
    subject: "IP",
    summary: "settings of the kernel's network: forwarding, filters, timeouts",
    load: () => (require("./commands/sysctl.js") as typeof import("./commands/sysctl.js")).command,
  },
  rate: {
    subject: "traffic",
    summary: "limit how fast frames pass a port, or print the limits",
    load: () => (require("./commands/traffic/rate.js") as typeof import("./commands/traffic/rate.js")).command,
  },
  qdisc: {
    subject: "traffic",
    summary: "what schedules the packets that leave a link",
    load: () => (require("./commands/traffic/qdisc.js") as typeof import("./commands/traffic/qdisc.js")).command,
  },
  class: {
    subject: "traffic",
    summary: "classes of an htb",
    load: () => (require("./commands/traffic/class.js") as typeof import("./commands/traffic/class.js")).command,
  },
  filter: {
    subject: "traffic",
    summary: "what looks at packets",
    load: () => (require("./commands/traffic/filter.js") as typeof import("./commands/traffic/filter.js")).command,
  },
  network: {
    subject: "guests, and boot",
    summary: "networks for guests: isolated, host-only, NAT, routed, with forwards and DHCP",
    load: () => (require("./commands/network/network.js") as typeof import("./commands/network/network.js")).command,
  },
  cni: {
    subject: "guests, and boot",
    summary: "the plugins by which Kubernetes, Podman and Nomad attach containers",
    load: () => (require("./commands/cni/cni.js") as typeof import("./commands/cni/cni.js")).command,
  },
  dhcp: {
    subject: "guests, and boot",
    summary: "addresses that this machine gets by DHCP and keeps, and leases of other clients",
    load: () => (require("./commands/dhcp.js") as typeof import("./commands/dhcp.js")).command,
  },
  enable: {
    subject: "guests, and boot",
    summary: "apply a declaration at every boot, but for dhcp",
    load: () => (require("./commands/boot.js") as typeof import("./commands/boot.js")).bootCommands.enable,
  },
  disable: {
    subject: "guests, and boot",
    summary: "apply a declaration at boot no more",
    load: () => (require("./commands/boot.js") as typeof import("./commands/boot.js")).bootCommands.disable,
  },
  status: {
    subject: "guests, and boot",
    summary: "what is enabled, and whether the host is so",
    load: () => (require("./commands/boot.js") as typeof import("./commands/boot.js")).bootCommands.status,
  },
  boot: {
    subject: "guests, and boot",
    summary: "apply what is enabled: what the unit does",
    load: () => (require("./commands/boot.js") as typeof import("./commands/boot.js")).bootCommands.boot,
  },
  interface: {
    subject: "guests, and boot",
    summary: "interfaces that are declared, as virsh's iface commands have them",
    load: () => (require("./commands/interface.js") as typeof import("./commands/interface.js")).command,
  },
  serve: {
    subject: "guests, and boot",
    summary: "the resident service for networks: addresses, autostart, rules that nobody flushes",
    load: () => (require("./commands/serve.js") as typeof import("./commands/serve.js")).command,
  },
  install: {
    subject: "guests, and boot",
    summary: "put the service, the unit for boot or the manual in place",
    load: () => (require("./commands/install.js") as typeof import("./commands/install.js")).command,
  },
  vf: {
    subject: "links",
    summary: "virtual functions of network cards (SR-IOV)",
    load: () => (require("./commands/vf.js") as typeof import("./commands/vf.js")).command,
  },
  ovs: {
    subject: "bridges and their ports",
    summary: "bridges of Open vSwitch, their ports, bonds, mirrors and database",
    load: () => (require("./commands/ovs/ovs.js") as typeof import("./commands/ovs/ovs.js")).command,
  },
  up: {
    subject: "links",
    summary: "bring links up",
    load: () => (require("./commands/link/up-down.js") as typeof import("./commands/link/up-down.js")).upCommand,
  },
  down: {
    subject: "links",
    summary: "take links down",
    load: () => (require("./commands/link/up-down.js") as typeof import("./commands/link/up-down.js")).downCommand,
  },
  plan: {
    subject: "the host as a whole",
    summary: "what would be done for a declaration, and why",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.plan,
  },
  apply: {
    subject: "the host as a whole",
    summary: "make the host as a file declares it, or leave it as it was",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.apply,
  },
  confirm: {
    subject: "the host as a whole",
    summary: "keep what was applied with confirm",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.confirm,
  },
  diff: {
    subject: "the host as a whole",
    summary: "what is not as a file declares it",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.diff,
  },
  drift: {
    subject: "the host as a whole",
    summary: "the same, with status 1 when something is not; or watch",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.drift,
  },
  capture: {
    subject: "the host as a whole",
    summary: "the present state as a declaration",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.capture,
  },
  import: {
    subject: "the host as a whole",
    summary: "a declaration of what ifcfg, interfaces(5), NetworkManager, networkd, netplan, libvirt or nmstate say",
    load: () => (require("./commands/import.js") as typeof import("./commands/import.js")).command,
  },
  revert: {
    subject: "the host as a whole",
    summary: "the way back from a declaration",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.revert,
  },
  recover: {
    subject: "the host as a whole",
    summary: "take back what an apply left that died",
    load: () => (require("./commands/topology.js") as typeof import("./commands/topology.js")).topologyCommands.recover,
  },
  qemu: {
    subject: "guests, and boot",
    summary: "the programs that QEMU calls, and QEMU itself",
    load: () => (require("./commands/qemu.js") as typeof import("./commands/qemu.js")).command,
  },
  show: {
    subject: "more",
    summary: "the whole host as a tree: what stands on what, addresses, rates, who holds a TAP",
    load: () => (require("./commands/wiring/show.js") as typeof import("./commands/wiring/show.js")).command,
  },
  graph: {
    subject: "more",
    summary: "the same as a picture: SVG, a page to search in, DOT or Mermaid",
    load: () => (require("./commands/wiring/graph.js") as typeof import("./commands/wiring/graph.js")).command,
  },
  page: {
    subject: "more",
    summary: "the picture live in a browser, and /metrics for Prometheus",
    load: () => (require("./commands/wiring/page.js") as typeof import("./commands/wiring/page.js")).command,
  },
  doctor: {
    subject: "more",
    summary: "say what keeps packets from arriving, and what to do",
    load: () => (require("./commands/doctor.js") as typeof import("./commands/doctor.js")).command,
  },
  demo: {
    subject: "more",
    summary: "show a bridge with 100 TAPs at work, in a namespace of its own",
    load: () => (require("./commands/demo/demo.js") as typeof import("./commands/demo/demo.js")).command,
  },
  batch: {
    subject: "more",
    summary: "commands from a file, a line each",
    load: () => (require("./commands/batch.js") as typeof import("./commands/batch.js")).command,
  },
  brctl: {
    subject: "more",
    summary: "brctl of bridge-utils: the same words, the same output, the same exit status",
    load: () => (require("./brctl/brctl.js") as typeof import("./brctl/brctl.js")).command,
  },
  completion: {
    subject: "more",
    summary: "print a shell's completion script",
    load: () => (require("./commands/completion.js") as typeof import("./commands/completion.js")).command,
  },
  help: {
    subject: "more",
    summary: "explain a command and its options",
    load: () => (require("./commands/help.js") as typeof import("./commands/help.js")).command,
  },
} satisfies Catalogue;
