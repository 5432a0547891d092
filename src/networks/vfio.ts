import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";

/** The driver by which a guest has a device of this machine. */
const VFIO = "vfio-pci";
const PCI = "/sys/bus/pci";

/** Devices on the PCI bus, as sysfs has them. */
export interface PciBus {
  /** The driver of a device; undefined for none. */
  driverOf(device: string): Promise<string | undefined>;
  hasDriver(driver: string): Promise<boolean>;
  write(file: string, text: string): Promise<void>;
  /** The number of the group of devices that one is isolated from others with; undefined without an IOMMU. */
  groupOf(device: string): Promise<string | undefined>;
}

function nothing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}

/** The bus of this machine. */
export function pciBus(): PciBus {
  const fs = builtin("node:fs/promises");
  const { basename } = builtin("node:path");
  const target = async (path: string): Promise<string | undefined> => {
    const found = await fs.readlink(path).catch(nothing);
    return found === undefined ? undefined : basename(found);
  };
  return {
    driverOf: (device) => target(`${PCI}/devices/${device}/driver`),
    groupOf: (device) => target(`${PCI}/devices/${device}/iommu_group`),
    hasDriver: async (driver) => (await fs.stat(`${PCI}/drivers/${driver}`).catch(nothing)) !== undefined,
    write: (file, text) => fs.writeFile(`${PCI}/${file}`, text),
  };
}

/** Has a device's driver let it go, and the one that is meant take it; undefined: whichever does. */
async function rebind(bus: PciBus, device: string, driver: string | undefined): Promise<void> {
  const current = await bus.driverOf(device);
  // A line without text takes the wish back.
  await bus.write(`devices/${device}/driver_override`, `${driver ?? ""}\n`);
  if (current !== undefined) await bus.write(`drivers/${current}/unbind`, device);
  await bus.write("drivers_probe", device);
}

/**
 * Makes a device one that a guest can have, and gives the driver that it had. Rejects with InputError, having changed nothing, where
 * there is no IOMMU or vfio-pci is not loaded, and gives the device back where that does not take it.
 */
export async function takeDevice(bus: PciBus, device: string): Promise<string | undefined> {
  if ((await bus.groupOf(device)) === undefined)
    throw new InputError(
      `${device} is in no group of an IOMMU: it needs one, turned on, as by intel_iommu=on`,
      "interfaces",
    );
  if (!(await bus.hasDriver(VFIO)))
    throw new InputError(`the driver ${VFIO} is not there: modprobe ${VFIO} loads it`, "interfaces");
  const before = await bus.driverOf(device);
  await rebind(bus, device, VFIO);
  const now = await bus.driverOf(device);
  if (now === VFIO) return before;
  await rebind(bus, device, undefined);
  throw new InputError(`${VFIO} does not take ${device}${now === undefined ? "" : `, which ${now} has`}`, "interfaces");
}

/** Gives a device that a guest has had back to its driver. */
export async function giveDeviceBack(bus: PciBus, device: string): Promise<void> {
  if ((await bus.driverOf(device)) === VFIO) await rebind(bus, device, undefined);
}

/** Whether a program has a device: its group is one's at a time. */
export async function isDeviceInUse(bus: PciBus, device: string): Promise<boolean> {
  const group = await bus.groupOf(device);
  if (group === undefined) return false;
  try {
    await (await builtin("node:fs/promises").open(`/dev/vfio/${group}`, "r+")).close();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EBUSY";
  }
}
