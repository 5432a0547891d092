import { InputError, quoted, under } from "../../base/errors.js";
import { checkKnown, checkSwitch } from "../../base/input.js";
import { checkUnicastMac } from "../../netlink/codecs/internet.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { SwitchAttachOptions } from "../ports/attach-switch.js";
import type { AttachOptions } from "../ports/port-settings.js";
import { isSwitch, type PortOptionsOf, type Switch } from "../ports/switch.js";
import type { Journal } from "../work/journal.js";
import { checkPortOf, type OpenTapOptions } from "./tap-options.js";
import { randomGuestMac } from "../../rtnetlink/link/random-mac.js";
import type { MacvtapOptions } from "./macvtap.js";
import type { Tap } from "./tap.js";

/** A TAP for a QEMU that is started from here. */
export interface QemuTapOptions {
  /** The bridge to attach it to; it comes up unattached without one. */
  readonly bridge?: LinkReference | undefined;
  /** Its options as a port of that bridge. */
  readonly port?: AttachOptions | undefined;
  /** A macvtap or ipvtap that is there, in place of a TAP: it stays, and the guest has its MAC. */
  readonly macvtap?: LinkReference | undefined;
  /** The TAP's name, "tap%d" unless given: "%d" becomes the first free number. */
  readonly name?: string | undefined;
  /** Pairs of queues, 1 to 256: as many as the guest has processors is the rule. */
  readonly queues?: number | undefined;
  /** Let the kernel move the frames: needs /dev/vhost-net. */
  readonly vhost?: boolean | undefined;
  /** The guest's MAC; a random one of QEMU's, 52:54:00:…, unless given. */
  readonly mac?: string | undefined;
  /** The name of the pair in QEMU, "net0" unless given. */
  readonly id?: string | undefined;
  /** The model of the device, "virtio-net-pci" unless given. */
  readonly model?: string | undefined;
  /** The number that the first descriptor has in QEMU: its place in spawn's `stdio`, 3 unless given. */
  readonly firstDescriptor?: number | undefined;
}

/** The same with a switch that is none of Linux's, and what that accepts for its ports. */
export interface SwitchQemuTapOptions<S extends Switch = Switch> extends Omit<QemuTapOptions, "bridge" | "port"> {
  readonly bridge: S;
  readonly port?: SwitchAttachOptions<PortOptionsOf<S>> | undefined;
}

/** A TAP that waits for its QEMU. */
export interface QemuTap {
  readonly tap: Tap;
  /** The guest's MAC. */
  readonly mac: string;
  /** -netdev and -device, as QEMU takes them. */
  readonly arguments: readonly string[];
  /** What spawn's `stdio` has from `firstDescriptor` on. */
  readonly stdio: readonly number[];
  /** Closes the descriptors here; QEMU keeps its own. The TAP goes with the last of them. */
  close(): Promise<void>;
  /**
   * Takes the TAP out of a switch that is none of Linux's, which may remember it when it is gone: to be called when QEMU has
   * ended. A bridge of Linux forgets it by itself.
   */
  leave(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

type AnyOptions = QemuTapOptions | SwitchQemuTapOptions;

const KNOWN = [
  "bridge",
  "port",
  "macvtap",
  "name",
  "queues",
  "vhost",
  "mac",
  "id",
  "model",
  "firstDescriptor",
] as const;

/** What is said of a TAP that is made, and not of a macvtap that is there. */
const OF_TAPS = ["bridge", "port", "name", "mac"] as const;

/** Throws InputError for what cannot stand in QEMU's options, in which a comma ends a value. */
function checkOptions(options: AnyOptions): void {
  checkKnown(options, KNOWN, "a TAP's options for QEMU");
  const { id = "net0", model = "virtio-net-pci", mac, firstDescriptor = 3 } = options;
  for (const [name, value] of Object.entries({ id, model }))
    if (typeof value !== "string" || !/^[A-Za-z][\w.-]*$/.test(value))
      throw new InputError(`${quoted(value)} is not an identifier`, name);
  if (mac !== undefined) under("mac", () => checkUnicastMac(mac));
  const stray = options.macvtap === undefined ? undefined : OF_TAPS.find((name) => options[name] !== undefined);
  if (stray !== undefined) throw new InputError("a macvtap has its own, and is no port of a bridge", stray);
  const { move, ...port } = options.port ?? {};
  checkSwitch(move, "port.move");
  checkPortOf(options.bridge, options.port && port);
  if (!Number.isInteger(firstDescriptor) || firstDescriptor < 3)
    throw new InputError(`${String(firstDescriptor)} is not a descriptor's number from 3 on`, "firstDescriptor");
}

/** fd=3, or fds=3:4 for several. */
function listed(word: string, first: number, count: number): string {
  const numbers = Array.from({ length: count }, (_, i) => first + i).join(":");
  return `${word}${count > 1 ? "s" : ""}=${numbers}`;
}

/** What QEMU is told of a TAP that is open here. */
function qemuTap(tap: Tap, mac: string, options: AnyOptions, leave: () => Promise<void>): QemuTap {
  const { id = "net0", model = "virtio-net-pci", firstDescriptor = 3 } = options;
  const count = tap.descriptors.length;
  const netdev = ["tap", `id=${id}`, listed("fd", firstDescriptor, count)];
  if (tap.vhost.length > 0) netdev.push("vhost=on", listed("vhostfd", firstDescriptor + count, tap.vhost.length));
  const device = [model, `netdev=${id}`, `mac=${mac}`];
  // One interrupt a queue, one for the configuration and one for the control queue.
  if (count > 1) device.push("mq=on", `vectors=${2 * count + 2}`);
  const close = (): Promise<void> => tap.close();
  return {
    tap,
    mac,
    arguments: ["-netdev", netdev.join(","), "-device", device.join(",")],
    stdio: [...tap.descriptors, ...tap.vhost].map(({ fd }) => fd),
    close,
    leave,
    [Symbol.asyncDispose]: close,
  };
}

/** What of a host makes a TAP and wires it. */
interface TapHost {
  openTap(name: string | undefined, options: OpenTapOptions): Promise<Tap>;
  openMacvtap(link: LinkReference, options: MacvtapOptions): Promise<Tap>;
  link(link: LinkReference): Promise<Link>;
  setLink(link: LinkReference, settings: { readonly up: boolean }): Promise<void>;
  attach(port: LinkReference, to: LinkReference, options: AttachOptions | undefined): Promise<void>;
  attach(port: LinkReference, to: Switch, options: object | undefined): Promise<void>;
  journal(): Journal;
}

/** Opens a macvtap that is there; frames for its MAC alone come in, which is therefore the guest's. */
async function macvtapForQemu(host: TapHost, link: LinkReference, options: AnyOptions): Promise<QemuTap> {
  const { queues, vhost } = options;
  const tap = await host.openMacvtap(link, { queues, vhost, vnetHdr: true });
  try {
    await host.setLink(tap, { up: true });
    const { address = "" } = await host.link(tap);
    return qemuTap(tap, address, options, () => Promise.resolve());
  } catch (error) {
    await tap.close();
    throw error;
  }
}

/** Makes a TAP, attached and up; it is gone again when that fails. Or opens a macvtap. */
export async function tapForQemu(host: TapHost, options: AnyOptions): Promise<QemuTap> {
  checkOptions(options);
  const { name, queues, vhost, bridge, port, macvtap, mac = randomGuestMac() } = options;
  if (macvtap !== undefined) return macvtapForQemu(host, macvtap, options);
  const tap = await host.openTap(name, { queues, vhost, vnetHdr: true, exclusive: true });
  let joined: Switch | undefined;
  try {
    if (bridge === undefined) await host.setLink(tap, { up: true });
    else if (isSwitch(bridge)) {
      await host.attach(tap, bridge, port);
      joined = bridge;
    } else await host.attach(tap, bridge, port);
    return qemuTap(tap, mac, options, async () => {
      await joined?.leave(tap.name, { journal: host.journal() });
    });
  } catch (error) {
    await tap.close();
    throw error;
  }
}
