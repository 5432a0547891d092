import { beforeAll, describe, expect, test } from "vitest";
import { join } from "node:path";
import { provideBackports } from "../../scripts/lib/debian-files.mjs";
import { provideKernel } from "../vm/harness/kernel.mjs";
import { RESULT, runInside } from "../vm/harness/machine.mjs";

const SECONDS = 240;
const MAC = "52:54:00:00:00:07";

const { kernel, missing: noKernel } = provideKernel("6.12");
/** QEMU 10, the first of Debian's that has a card with virtual functions which a guest can be given. */
const { folder, missing: noCard } = provideBackports(
  "qemu-10",
  ["qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios"],
  "usr/bin/qemu-system-x86_64",
);
const reason = noKernel ?? noCard;
if (reason !== undefined) console.log(`skipped: a virtual function of a real card: ${reason}`);

const linkwright = `${process.execPath} ${join(process.cwd(), "dist/code/cli.cjs")}`;

const NETWORK = `
name: sriov
mode: hostdev
interfaces: [eth0]
vlans: [{ id: 7 }]
antiSpoof: true
`;

/** A function, as the card tells it, and the driver that has it. */
const look = (name: string): string =>
  `echo "\\"${name}\\": { \\"driver\\": \\"$(basename "$(readlink /sys/bus/pci/devices/$FUNCTION/driver)")\\", \\"card\\": $(ip -json -details link show eth0) }" >>/run/found`;

const SCRIPT = `
lw() { ${linkwright} "$@"; }
modprobe igb && modprobe igbvf && modprobe vfio-pci
until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
lw vf count eth0 2
FUNCTION=$(basename "$(readlink /sys/class/net/eth0/device/virtfn0)")
export FUNCTION
until [ -e /sys/bus/pci/devices/$FUNCTION/driver ]; do sleep 0.1; done
cat >/run/sriov.yaml <<'END'
${NETWORK}
END
cat >/run/guest <<'END'
echo "\\"arguments\\": \\"$*\\"," >>/run/found
${look("during")}
echo , >>/run/found
END
echo "{" >/run/found
${look("before")}
echo , >>/run/found
lw network define /run/sriov.yaml
lw network start sriov serve=off
lw qemu run network=sriov mac=${MAC} -- sh /run/guest
${look("after")}
echo "}" >>/run/found
lw network stop sriov
cp /run/found ${RESULT}
`;

interface Look {
  readonly driver: string;
  readonly card: readonly [{ vfinfo_list: readonly Record<string, unknown>[] }];
}

describe.skipIf(reason !== undefined)("a virtual function of a card with an IOMMU", () => {
  let found: { before: Look; during: Look; after: Look; arguments: string };

  beforeAll(async () => {
    const { status, result = "" } = await runInside(kernel!, ["sh", "-ec", SCRIPT], {
      card: folder,
      seconds: SECONDS,
      cwd: process.cwd(),
    });
    expect(status).toBe(0);
    found = JSON.parse(result) as typeof found;
  }, SECONDS * 1000);

  const functionOf = ({ card: [{ vfinfo_list: all }] }: Look): unknown => all[0];

  test("is the guest's as a device, with its MAC, in the network's VLAN, and checked by the card", () => {
    expect(found.before.driver).toBe("igbvf");
    expect(found.during.driver).toBe("vfio-pci");
    expect(functionOf(found.during)).toMatchObject({ address: MAC, vlan_list: [{ vlan: 7 }], spoofchk: true });
    expect(found.arguments).toMatch(/-device vfio-pci,host=0000:\S+,id=net0/);
  });

  test("is given back to its driver when the guest has ended, as it was", () => {
    expect(found.after).toEqual(found.before);
  });
});
