import { InputError } from "../base/errors.js";
import { checkKnown } from "../base/input.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Link } from "../rtnetlink/link/link.js";
import { randomGuestMac } from "../rtnetlink/link/random-mac.js";
import type { VirtualFunctionSettings } from "../rtnetlink/link/virtual-function-requests.js";
import { builtin } from "../base/builtin.js";
import { processExists } from "./card-pool.js";
import type { ResolvedNetwork } from "./definition.js";
import { foldersOf, type NetworkFolders, records } from "./state-files.js";
import { giveDeviceBack, isDeviceInUse, pciBus, type PciBus, takeDevice } from "./vfio.js";

/** A virtual function for a QEMU that is started from here. */
export interface GuestFunctionOptions {
  /** The guest's MAC; a random one of QEMU's, 52:54:00:…, unless given. */
  readonly mac?: string | undefined;
  /** The device's name in QEMU, "net0" unless given. */
  readonly id?: string | undefined;
}

/** A virtual function that waits for its QEMU. */
export interface GuestFunction {
  readonly card: string;
  /** Which of the card's. */
  readonly index: number;
  /** Its address on the bus, such as "0000:01:10.0". */
  readonly device: string;
  readonly mac: string;
  /** -device, as QEMU takes it. */
  readonly arguments: readonly string[];
  /** Nothing is passed on. */
  readonly stdio: readonly number[];
  /** Gives the function back to its driver, as leave does. */
  close(): Promise<void>;
  /** Gives it back to its driver, with the MAC and the VLAN that it had: to be called when QEMU has ended. */
  leave(): Promise<void>;
}

/** What is kept of a function that a guest has. */
interface TakenFunction {
  readonly network: string;
  /** The card's link: it may be called otherwise when the guest is gone. */
  readonly link: number;
  readonly index: number;
  readonly device: string;
  /** What is to be given back. */
  readonly before: VirtualFunctionSettings;
  /** Who has taken it, until its QEMU has it. */
  readonly pid: number;
}

/** The functions that guests have. What changes something is called by one at a time. */
export interface GuestFunctions {
  take(plan: ResolvedNetwork, options: GuestFunctionOptions): Promise<GuestFunction>;
  list(network: string): Promise<readonly string[]>;
  /** Gives back those of a network whose guests are gone. */
  end(network: string): Promise<void>;
}

const FUNCTIONS = "functions";

/** The functions of network cards that guests of a host's namespace have. */
export function guestFunctions(host: Host, folders: NetworkFolders, bus: PciBus = pciBus()): GuestFunctions {
  const kept = records<TakenFunction>(builtin("node:path").join(foldersOf(folders).run, FUNCTIONS));

  async function all(): Promise<TakenFunction[]> {
    const taken = await Promise.all((await kept.names()).map((name) => kept.read(name)));
    return taken.filter((each) => each !== undefined);
  }

  async function giveBack({ link, index, device, before }: TakenFunction): Promise<void> {
    await giveDeviceBack(bus, device);
    await host.virtualFunctions.set(link, index, before);
    await kept.remove(device);
  }

  async function isGone({ device, pid }: TakenFunction): Promise<boolean> {
    return !processExists(pid) && !(await isDeviceInUse(bus, device));
  }

  async function giveBackGone(): Promise<void> {
    for (const each of await all()) if (await isGone(each)) await giveBack(each);
  }

  async function isUp(link: string): Promise<boolean> {
    try {
      return (await host.link(link, { only: ["up"] })).up;
    } catch (error) {
      if (error instanceof NetlinkError && error.code === "ENODEV") return false;
      throw error;
    }
  }

  /** A function that neither a guest nor this machine uses. */
  async function free(cards: readonly string[]): Promise<{ card: Link; index: number; device: string }> {
    const taken = new Set((await all()).map(({ device }) => device));
    const counts: string[] = [];
    for (const name of cards) {
      const card = await host.link(name);
      const found = await host.virtualFunctions.devices(card);
      counts.push(`${name} has ${found.length}`);
      for (const { index, device, links } of found) {
        if (device === undefined || taken.has(device)) continue;
        if (!(await Promise.all(links.map(isUp))).includes(true)) return { card, index, device };
      }
    }
    throw new InputError(`no virtual function is free: ${counts.join(", ")}; vf count CARD N makes more`, "interfaces");
  }

  return {
    async take(plan, options) {
      checkKnown(options, ["mac", "id"], "a virtual function's options");
      const { mac = randomGuestMac(), id = "net0" } = options;
      await giveBackGone();
      const { card, index, device } = await free(plan.interfaces ?? []);
      const [vlan] = plan.vlans ?? [];
      const was = (await host.virtualFunctions.list(card)).find((each) => each.index === index);
      const { address, vlan: tag = 0, qos = 0, protocol, spoofCheck: checked } = was ?? {};
      const before = { address, vlan: tag, qos, ...(tag === 0 ? {} : { protocol }), spoofCheck: checked };
      const taken = { network: plan.name, link: card.index, index, device, before, pid: process.pid };
      await kept.write(device, taken);
      try {
        const spoofCheck = plan.antiSpoof;
        await host.virtualFunctions.set(card, index, { address: mac, vlan: vlan?.id ?? 0, spoofCheck });
        await takeDevice(bus, device);
      } catch (error) {
        await giveBack(taken);
        throw error;
      }
      return {
        card: card.name,
        index,
        device,
        mac,
        arguments: ["-device", `vfio-pci,host=${device},id=${id}`],
        stdio: [],
        close: () => Promise.resolve(),
        leave: () => giveBack(taken),
      };
    },
    async list(network) {
      return (await all()).filter((each) => each.network === network).map(({ device }) => device);
    },
    async end(network) {
      for (const each of await all()) if (each.network === network && (await isGone(each))) await giveBack(each);
    },
  };
}
