import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Host } from "../../../src/index.js";
import type { ResolvedNetwork } from "../../../src/networks/definition.js";
import { guestFunctions } from "../../../src/networks/guest-functions.js";
import { giveDeviceBack, type PciBus, takeDevice } from "../../../src/networks/vfio.js";

const DEVICE = "0000:01:10.0";

interface Pretended {
  readonly group?: string;
  readonly drivers: readonly string[];
  /** Whether vfio-pci takes devices. */
  readonly takes?: boolean;
}

/** A bus that does what the kernel's does with a device that igbvf drives (drivers/base/bus.c, drivers/pci/pci-driver.c). */
function busOf({ group, drivers, takes = true }: Pretended): PciBus & { readonly written: string[] } {
  let driver: string | undefined = "igbvf";
  let override = "";
  const written: string[] = [];
  return {
    written,
    driverOf: () => Promise.resolve(driver),
    groupOf: () => Promise.resolve(group),
    hasDriver: (name) => Promise.resolve(drivers.includes(name)),
    write(file, text) {
      written.push(`${file} ${JSON.stringify(text)}`);
      if (file === `devices/${DEVICE}/driver_override`) override = text.trim();
      else if (file === `drivers/${driver}/unbind`) driver = undefined;
      else if (file === "drivers_probe") driver ??= override === "" ? "igbvf" : takes ? override : undefined;
      else throw new Error(`ENOENT ${file}`);
      return Promise.resolve();
    },
  };
}

test("a device is let go by its driver, taken by vfio-pci, and given back", async () => {
  const bus = busOf({ group: "7", drivers: ["vfio-pci"] });
  expect(await takeDevice(bus, DEVICE)).toBe("igbvf");
  expect(await bus.driverOf(DEVICE)).toBe("vfio-pci");
  expect(bus.written).toEqual([
    `devices/${DEVICE}/driver_override "vfio-pci\\n"`,
    `drivers/igbvf/unbind "${DEVICE}"`,
    `drivers_probe "${DEVICE}"`,
  ]);
  await giveDeviceBack(bus, DEVICE);
  expect(await bus.driverOf(DEVICE)).toBe("igbvf");
  const before = bus.written.length;
  await giveDeviceBack(bus, DEVICE);
  expect(bus.written.length).toBe(before);
});

test.each<[string, Pretended, string]>([
  ["without an IOMMU", { drivers: ["vfio-pci"] }, "is in no group of an IOMMU"],
  ["without the driver", { group: "7", drivers: [] }, "modprobe vfio-pci loads it"],
])("%s nothing is written, and the refusal says what is missing", async (_, pretended, words) => {
  const bus = busOf(pretended);
  await expect(takeDevice(bus, DEVICE)).rejects.toThrow(words);
  expect(bus.written).toEqual([]);
});

test("a device that vfio-pci does not take has its driver again", async () => {
  const bus = busOf({ group: "7", drivers: ["vfio-pci"], takes: false });
  await expect(takeDevice(bus, DEVICE)).rejects.toThrow(`vfio-pci does not take ${DEVICE}`);
  expect(await bus.driverOf(DEVICE)).toBe("igbvf");
});

/** A card's function that is set, and what it is called when its guest is gone. */
function hostOf(functions: Record<string, unknown>[]): { host: Host; set: unknown[][] } {
  const set: unknown[][] = [];
  const links: Record<string, object> = {
    eth0: { name: "eth0", index: 7 },
    eth0v0: { name: "eth0v0", index: 8, up: false },
  };
  const host = {
    link: (name: string) => Promise.resolve(links[name]),
    links: () => Promise.reject(new Error("every link was listed")),
    virtualFunctions: {
      devices: () => Promise.resolve([{ index: 0, device: DEVICE, links: ["eth0v0"] }]),
      list: () => Promise.resolve(functions),
      set: (...given: unknown[]) => Promise.resolve(void set.push(given)),
    },
  } as unknown as Host;
  return { host, set };
}

test("a guest's function is given back to the card that it is of, whatever that is called then, as it was", async () => {
  const run = mkdtempSync(join(tmpdir(), "linkwright-functions-"));
  try {
    const was = { index: 0, address: "02:00:00:00:00:01", vlan: 5, qos: 3, protocol: "802.1ad", spoofCheck: true };
    const { host, set } = hostOf([was]);
    const bus = busOf({ group: "7", drivers: ["vfio-pci"] });
    const plan = { name: "cards", interfaces: ["eth0"] } as unknown as ResolvedNetwork;
    const taken = await guestFunctions(host, { run }, bus).take(plan, { mac: "52:54:00:00:00:01" });
    expect(taken).toMatchObject({ card: "eth0", index: 0, device: DEVICE });
    await taken.leave();
    const { index, ...before } = was;
    expect(set.at(-1)).toEqual([7, index, before]);
  } finally {
    rmSync(run, { recursive: true });
  }
});
