import type { Fault, Faults } from "./fault.js";

/** Faults of the machine itself, by the files that say so. */
export const machineFaults: Faults = {
  "no-capability": [
    {
      name: "the process lacks CAP_NET_ADMIN",
      files: { "proc/self/status": "CapEff:\t0000000000000000\n" },
      severity: "error",
      links: [],
      summary: "this process may not change the network",
      evidence: "CapEff is 0000000000000000",
    },
  ],
  "module-missing": [
    {
      name: "no module for bridges",
      files: {
        "proc/modules": "tun 1 0\n",
        "proc/sys/kernel/osrelease": "6.1.0-18-cloud-amd64\n",
        "etc/os-release": 'NAME="Debian GNU/Linux"\nID=debian\n',
        "lib/modules/6.1.0-18-cloud-amd64/modules.builtin": "",
        "lib/modules/6.1.0-18-cloud-amd64/modules.dep":
          "kernel/net/8021q/8021q.ko:\nbonding.ko:\nmacvtap.ko:\nveth.ko:\nvxlan.ko:\nnf_tables.ko:\nvhost_net.ko:\n",
      },
      severity: "error",
      links: [],
      summary: "the kernel has no bridges",
      evidence: "bridge is neither loaded nor in modules.builtin nor in modules.dep",
      remedy: /^Install linux-image-amd64 \(in place of linux-image-cloud-amd64\)/,
    },
    {
      name: "the running kernel's modules were replaced by another's",
      files: {
        "proc/modules": "tun 1 0\n",
        "proc/sys/kernel/osrelease": "6.11.1\n",
        "lib/modules/6.12.2/modules.dep": "kernel/net/bridge/bridge.ko:\n",
      },
      severity: "error",
      links: [],
      summary: "the modules of the running kernel, 6.11.1, are not installed",
      evidence: "/lib/modules has 6.12.2",
    },
    {
      name: "an option that it was built without",
      files: {
        "proc/sys/kernel/osrelease": "6.1\n",
        "boot/config-6.1": [
          ...["BRIDGE", "TUN", "VLAN_8021Q", "BONDING", "MACVTAP", "VETH", "VXLAN", "NF_TABLES", "VHOST_NET"].map(
            (option) => `CONFIG_${option}=y\n`,
          ),
          "# CONFIG_BRIDGE_VLAN_FILTERING is not set\n",
        ].join(""),
      },
      severity: "note",
      links: [],
      summary: "the kernel has no bridges that filter by VLAN",
      evidence: "CONFIG_BRIDGE_VLAN_FILTERING is not set",
    },
  ],
  "no-virtualisation": [
    {
      name: "a processor without virtualisation",
      files: { "proc/cpuinfo": "flags\t\t: fpu sse\n" },
      severity: "note",
      links: [],
      summary: "the processor offers no virtualisation",
      evidence: "neither vmx nor svm in /proc/cpuinfo",
    },
  ],
  "device-unusable": [
    ...(
      [
        ["dev/net/tun", "error"],
        ["dev/kvm", "note"],
        ["dev/vhost-net", "note"],
      ] as const
    ).map(([path, severity]): Fault => ({
      name: `/${path} is missing`,
      files: { [path]: undefined },
      severity,
      links: [],
      summary: `/${path} is not there`,
      evidence: /^by \/dev\//,
    })),
  ],
};
