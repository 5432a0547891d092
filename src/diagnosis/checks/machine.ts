import type { Check, Found } from "../check.js";
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

/** Modules that guests cannot do without, and Debian's package that has them. */
const MODULES = ["bridge", "tun"];

export const moduleMissing: Check = {
  code: "module-missing",
  severity: "error",
  symptom: "A bridge or a TAP cannot be created: EOPNOTSUPP, or /dev/net/tun is not there.",
  cause: "The running kernel has no such module, neither built in nor in /lib/modules.",
  remedy:
    "Install the whole kernel (Debian: linux-image-amd64 in place of linux-image-cloud-amd64), or start the kernel whose modules are installed.",
  find: ({ machine }) =>
    MODULES.filter((name) => machine.hasModule(name) === false).map((name) => ({
      summary: `the kernel has no module ${name}`,
      evidence: [`${name} is neither loaded nor in modules.builtin nor in modules.dep`],
    })),
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
