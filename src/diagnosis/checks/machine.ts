import type { Check, Found } from "../check.js";
import type { Machine } from "../machine.js";
import type { Observation } from "../observation.js";

const CAP_NET_ADMIN = 12n;

/** Whether the process may change the network. */
export const noCapability: Check = {
  code: "no-capability",
  severity: "error",
  symptom: "Every change is refused with EPERM.",
  cause: "The process lacks CAP_NET_ADMIN in its user namespace.",
  remedy: "Start it as root, or give its unit AmbientCapabilities=CAP_NET_ADMIN.",
  find({ machine }) {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(machine.text("proc/self/status") ?? "")?.[1];
    if (effective === undefined || ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n) return [];
    return [{ summary: "this process may not change the network", evidence: [`CapEff is ${effective}`] }];
  },
};

/** What a kernel should have: the module, the option that makes it, and what it is for. */
const PARTS = [
  { option: "BRIDGE", module: "bridge", use: "bridges", severity: "error" },
  { option: "TUN", module: "tun", use: "TAPs", severity: "error" },
  { option: "BRIDGE_VLAN_FILTERING", use: "bridges that filter by VLAN", severity: "note" },
  { option: "VLAN_8021Q", module: "8021q", use: "VLANs of a card", severity: "note" },
  { option: "BONDING", module: "bonding", use: "bonds", severity: "note" },
  { option: "MACVTAP", module: "macvtap", use: "macvtaps", severity: "note" },
  { option: "VETH", module: "veth", use: "pairs of links", severity: "note" },
  { option: "VXLAN", module: "vxlan", use: "VXLANs", severity: "note" },
  { option: "NF_TABLES", module: "nf_tables", use: "networks that translate or filter", severity: "note" },
  { option: "VHOST_NET", module: "vhost_net", use: "fast frames between guests and TAPs", severity: "note" },
] as const;

/** What brings a whole kernel, by the ID of /etc/os-release. */
const PACKAGES: Readonly<Record<string, (release: string) => string>> = {
  debian: () => "linux-image-amd64 (in place of linux-image-cloud-amd64)",
  ubuntu: (release) => `linux-modules-extra-${release}`,
  fedora: (release) => `kernel-modules-${release}`,
  rhel: (release) => `kernel-modules-${release}`,
  rocky: (release) => `kernel-modules-${release}`,
  almalinux: (release) => `kernel-modules-${release}`,
  alpine: () => "linux-lts (in place of linux-virt)",
  opensuse: () => "kernel-default (in place of kernel-default-base)",
};

/** What to do about parts that are missing, on this machine's system. */
function remedyOn({ text, release }: Machine): string | undefined {
  const { ID = "", ID_LIKE = "" } = Object.fromEntries(
    [...(text("etc/os-release") ?? "").matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, name, value]) => [name!, value!]),
  ) as { ID?: string; ID_LIKE?: string };
  const id = [ID, ...ID_LIKE.split(" ")].find((each) => Object.hasOwn(PACKAGES, each));
  return id === undefined
    ? undefined
    : `Install ${PACKAGES[id]!(release)}, and start it; a kernel of one's own needs the option.`;
}

export const moduleMissing: Check = {
  code: "module-missing",
  severity: "error",
  symptom: "A bridge, a TAP, a VLAN or a bond cannot be created: EOPNOTSUPP, or /dev/net/tun is not there.",
  cause:
    "The running kernel has no such module, neither built in nor in /lib/modules, or was built without the option.",
  remedy:
    "Install the whole kernel (Debian: linux-image-amd64 in place of linux-image-cloud-amd64), or start the kernel whose modules are installed.",
  find({ machine }) {
    const { release } = machine;
    const modules = machine.names("lib/modules") ?? [];
    if (machine.mayLoad && modules.length > 0 && !modules.includes(release) && machine.hasModule("bridge") !== true)
      return [
        {
          summary: `the modules of the running kernel, ${release}, are not installed`,
          evidence: [`/lib/modules has ${[...modules].sort().join(", ")}`],
          remedy: "Start the kernel that is installed: reboot.",
        },
      ];
    const missing = PARTS.flatMap((part) => {
      const module = "module" in part ? part.module : undefined;
      const built = machine.option(part.option);
      const isThere = module === undefined ? built : (machine.hasModule(module) ?? built);
      if (isThere !== false) return [];
      const why =
        built === false
          ? `CONFIG_${part.option} is not set`
          : `${module} is neither loaded nor in modules.builtin nor in modules.dep`;
      return [{ ...part, why }];
    });
    return (["error", "note"] as const)
      .map((severity) => ({ severity, parts: missing.filter((part) => part.severity === severity) }))
      .filter(({ parts }) => parts.length > 0)
      .map(({ severity, parts }) => ({
        severity,
        summary: `the kernel has no ${parts.map(({ use }) => use).join(", no ")}`,
        evidence: parts.map(({ why }) => why),
        remedy: remedyOn(machine),
      }));
  },
};

/** Flags of x86's processors that can virtualise; others have none that says it. */
const X86 = /\b(vmx|svm)\b/;

export const noVirtualisation: Check = {
  code: "no-virtualisation",
  severity: "note",
  symptom: "Guests are very slow.",
  cause: "The processor has no virtualisation, or the firmware or the hypervisor around this machine hides it.",
  remedy: "Switch it on in the firmware (VT-x, AMD-V), or allow nested virtualisation on the machine around this one.",
  find({ machine }) {
    const flags = /^flags\s*:(.*)$/m.exec(machine.text("proc/cpuinfo") ?? "")?.[1];
    if (flags === undefined || X86.test(flags)) return [];
    return [{ summary: "the processor offers no virtualisation", evidence: ["neither vmx nor svm in /proc/cpuinfo"] }];
  },
};

/** Device nodes, what they are for, and what is done about one that is missing. */
const DEVICES = [
  {
    path: "/dev/kvm",
    use: "guests run at the processor's speed",
    missing: "Load kvm_intel or kvm_amd.",
    severity: "note",
  },
  {
    path: "/dev/net/tun",
    use: "TAPs are made and opened",
    missing: "Load tun; in a container, pass the device in.",
    severity: "error",
  },
  { path: "/dev/vhost-net", use: "vhost moves frames in the kernel", missing: "Load vhost_net.", severity: "note" },
] as const;

function deviceFound({ machine }: Observation, device: (typeof DEVICES)[number]): Found[] {
  const access = machine.access(device.path);
  if (access === "open") return [];
  const closed = access === "closed";
  return [
    {
      summary: closed ? `${device.path} is closed to this user` : `${device.path} is not there`,
      evidence: [`by ${device.path}, ${device.use}`],
      remedy: closed ? "Add the user to the device's group (kvm), or start it as root." : device.missing,
      severity: device.severity,
    },
  ];
}

export const deviceUnusable: Check = {
  code: "device-unusable",
  severity: "error",
  symptom: "QEMU says: could not open /dev/net/tun, /dev/kvm or /dev/vhost-net.",
  cause: "The device node is missing, or not open to this user.",
  remedy: "Load the module, and add the user to the device's group.",
  find: (observation) => DEVICES.flatMap((device) => deviceFound(observation, device)),
};
