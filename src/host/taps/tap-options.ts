import { InputError, quoted, under } from "../../base/errors.js";
import { checkKnown, checkList, checkSwitch } from "../../base/input.js";
import { checkUnicastMac } from "../../netlink/codecs/internet.js";
import { bondPort } from "../../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../rtnetlink/link/kinds/bridge-port.js";
import { checkLinkName, checkNameSize, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { TapRequest } from "../../kernel/addon.js";
import type { BridgePortSettings, PortSettings } from "../ports/port-settings.js";
import { checkSwitchOptions, isSwitch, type PortOptionsOf, type Switch } from "../ports/switch.js";

/** Flags of TUNSETIFF (linux/if_tun.h). */
const FLAGS = {
  IFF_TUN: 0x1,
  IFF_TAP: 0x2,
  IFF_NAPI: 0x10,
  IFF_NAPI_FRAGS: 0x20,
  IFF_NO_CARRIER: 0x40,
  IFF_MULTI_QUEUE: 0x100,
  IFF_NO_PI: 0x1000,
  IFF_VNET_HDR: 0x4000,
  IFF_TUN_EXCL: 0x8000,
} as const;

/** For TUNSETQUEUE. */
export const IFF_ATTACH_QUEUE = 0x200;
export const IFF_DETACH_QUEUE = 0x400;

/** What the reader of the device can take over from the kernel (TUN_F_*, linux/if_tun.h). */
const OFFLOADS = { csum: 0x1, tso4: 0x2, tso6: 0x4, tsoEcn: 0x8, ufo: 0x10, uso4: 0x20, uso6: 0x40 } as const;
/** What a program behind a TAP takes unfinished from the kernel: checksums and segments (TUNSETOFFLOAD). */
export type Offload = keyof typeof OFFLOADS;

/** What can be set on a TUN or TAP by ioctl. What is not given is left as it is. */
export interface TapControls {
  /** User id that may open it. */
  owner?: number | undefined;
  /** Group id that may open it. */
  group?: number | undefined;
  /** It stays when its last descriptor is closed. */
  persist?: boolean | undefined;
  /** What the reader can take over; needs vnetHdr. */
  offload?: readonly Offload[] | undefined;
  /** Bytes of the virtio header: 10 or 12 as a rule. */
  vnetHdrSize?: number | undefined;
  /** Bytes that may wait for transmission. */
  sndbuf?: number | undefined;
  /** What a TUN is on the wire (ARPHRD_*, linux/if_arp.h); only while it is down. */
  linkType?: number | undefined;
  /** Whether the link has a carrier. */
  carrier?: boolean | undefined;
}

/** How a TUN or TAP is opened. */
export interface TapOptions extends TapControls {
  /** Ethernet frames ("tap", the default) or IP packets ("tun"). */
  mode?: "tap" | "tun" | undefined;
  /** Packets start with struct tun_pi. Off unless given. */
  packetInformation?: boolean | undefined;
  /** Packets start with struct virtio_net_hdr. Off unless given. */
  vnetHdr?: boolean | undefined;
  /** Queues, 1 to 256; more than one makes it multi-queue. */
  queues?: number | undefined;
  /** Multi-queue even with one queue. */
  multiQueue?: boolean | undefined;
  /** Use NAPI for packets that are written to it. */
  napi?: boolean | undefined;
  /** NAPI, with packets put together from fragments; needs a TAP. */
  napiFrags?: boolean | undefined;
  /** Comes up without a carrier. */
  noCarrier?: boolean | undefined;
  /** The MAC. A TAP that is created gets a random one with the first byte 0xfe, so that a bridge never takes it over. */
  address?: string | undefined;
}

/** What a TAP is created with: the device, and the bridge that it joins. */
export interface AddTapOptions extends Omit<TapOptions, "persist"> {
  readonly mtu?: number | undefined;
  /** Bring it up. What is attached comes up by itself. */
  readonly up?: boolean | undefined;
  /** The bridge to attach it to: it takes on its MTU and comes up. */
  readonly bridge?: LinkReference | undefined;
  /** Its options and VLANs as a port of that bridge. */
  readonly port?: BridgePortSettings | undefined;
}

/** The same with a switch that is none of Linux's, and what that accepts for its ports. */
export interface SwitchTapOptions<S extends Switch = Switch> extends Omit<AddTapOptions, "bridge" | "port"> {
  readonly bridge: S;
  readonly port?: PortOptionsOf<S> | undefined;
}

/** What a TAP is created with, whatever its switch. */
export type AnyTapOptions = AddTapOptions | SwitchTapOptions;

/** How a TAP is opened, and what is opened with it. */
export interface OpenTapOptions extends TapOptions {
  /** Open /dev/vhost-net for each queue, too. */
  readonly vhost?: boolean | undefined;
  /** It must not exist yet. */
  readonly exclusive?: boolean | undefined;
}

function number(value: number, name: string, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InputError(`${quoted(value)} is not an integer from ${least} to ${most}`, name);
  return value;
}

/** The flags for TUNSETIFF. `exclusive`: it must not exist yet. */
export function tapFlags(options: TapOptions, exclusive: boolean): number {
  const { mode = "tap", queues = 1 } = options;
  if (mode !== "tap" && mode !== "tun") throw new InputError(`${String(mode)} is neither tap nor tun`, "mode");
  const flag = (is: boolean | undefined, name: keyof typeof FLAGS): number => (is === true ? FLAGS[name] : 0);
  return (
    flag(mode === "tap", "IFF_TAP") |
    flag(mode === "tun", "IFF_TUN") |
    flag(options.packetInformation !== true, "IFF_NO_PI") |
    flag(options.vnetHdr, "IFF_VNET_HDR") |
    flag(options.multiQueue ?? queues > 1, "IFF_MULTI_QUEUE") |
    flag(options.napi, "IFF_NAPI") |
    flag(options.napiFrags, "IFF_NAPI_FRAGS") |
    flag(options.noCarrier, "IFF_NO_CARRIER") |
    flag(exclusive, "IFF_TUN_EXCL")
  );
}

/** The words of TUNSETIFF's flags, as TUNGETIFF and TUNGETFEATURES report them. */
export function flagWords(flags: number): string[] {
  return Object.entries({ ...FLAGS, IFF_PERSIST: 0x800 })
    .filter(([, mask]) => (flags & mask) !== 0)
    .map(([name]) => name);
}

/** Every option of addTap and openTap. */
const OPTIONS: Readonly<Record<keyof AddTapOptions | keyof OpenTapOptions, true>> = {
  address: true,
  bridge: true,
  carrier: true,
  exclusive: true,
  group: true,
  linkType: true,
  mode: true,
  mtu: true,
  multiQueue: true,
  napi: true,
  napiFrags: true,
  noCarrier: true,
  offload: true,
  owner: true,
  packetInformation: true,
  persist: true,
  port: true,
  queues: true,
  sndbuf: true,
  up: true,
  vhost: true,
  vnetHdr: true,
  vnetHdrSize: true,
};

const OPTION_NAMES = Object.keys(OPTIONS);

const SWITCHES = [
  "exclusive",
  "multiQueue",
  "napi",
  "napiFrags",
  "noCarrier",
  "packetInformation",
  "up",
  "vhost",
  "vnetHdr",
] as const;

/** Throws InputError for options that do not exist, or contradict each other. */
function checkTapOptions(options: AnyTapOptions | OpenTapOptions): void {
  const given = options as AddTapOptions & OpenTapOptions;
  checkKnown(given, OPTION_NAMES, "a TAP's options");
  for (const name of SWITCHES) checkSwitch(given[name], name);
  if (given.multiQueue === false && (given.queues ?? 1) > 1)
    throw new InputError(`${given.queues} queues need a multi-queue device`, "multiQueue");
  if (given.mtu !== undefined && given.bridge !== undefined && !isSwitch(given.bridge))
    throw new InputError("a port takes on its bridge's MTU: give one or the other", "mtu");
  if (given.offload !== undefined && offloadMask(given.offload) !== 0 && given.vnetHdr !== true)
    throw new InputError("what is taken over is said in the virtio header: it needs vnetHdr", "offload");
  checkPortOf(given.bridge, given.port);
}

/** Throws InputError for what ports of a bridge cannot be given, before a TAP is there to join it. */
export function checkPortOf(bridge: unknown, port: object | undefined): void {
  if (port === undefined) return;
  if (bridge === undefined) throw new InputError("these are options of a bridge's port: give the bridge, too", "port");
  under("port", () => {
    if (isSwitch(bridge)) checkSwitchOptions(bridge, port);
    else checkBridgesPort(port);
  });
}

/** Throws InputError for an option that only ports of bonds have. */
function checkBridgesPort(options: PortSettings): void {
  const isBonds = (name: string): boolean => name in bondPort.entries && !(name in bridgePort.entries);
  const stray = Object.keys(options).find((name) => options[name as keyof PortSettings] !== undefined && isBonds(name));
  if (stray !== undefined) throw new InputError("a port of a bond has it, and none of a bridge", stray);
}

/** What is done to the link of a TAP that is added: one that is opened is attached afterwards. */
const OF_THE_LINK = ["mtu", "up", "bridge", "port"] as const;

/** What is said of descriptors, of which a TAP that is added keeps none. */
const OF_DESCRIPTORS = ["persist", "exclusive", "vhost"] as const;

/** Throws InputError for options that a TAP cannot be added with. */
export function checkAddTapOptions(options: AnyTapOptions): void {
  checkTapOptions(options);
  const stray = OF_DESCRIPTORS.find((name) => (options as OpenTapOptions)[name] !== undefined);
  if (stray !== undefined)
    throw new InputError("only a TAP that is opened takes it: one that is added is new, and stays", stray);
}

/** The same for a TAP that is opened. */
export function checkOpenTapOptions(options: OpenTapOptions): void {
  checkTapOptions(options);
  const stray = OF_THE_LINK.find((name) => (options as AddTapOptions)[name] !== undefined);
  if (stray !== undefined)
    throw new InputError("a TAP that is opened takes no such option: attach or set it then", stray);
}

/** The number of queues, 1 to 256. */
export function queueCount({ queues = 1 }: TapOptions): number {
  return number(queues, "queues", 1, 256);
}

const ID = 0xfffffffe;

const CONTROLS: readonly (keyof TapControls | "address")[] = [
  "address",
  "carrier",
  "group",
  "linkType",
  "offload",
  "owner",
  "persist",
  "sndbuf",
  "vnetHdrSize",
];

const NUMBERS = [
  ["TUNSETLINK", "linkType", 0, 0xffff],
  ["TUNSETOWNER", "owner", 0, ID],
  ["TUNSETGROUP", "group", 0, ID],
  ["TUNSETVNETHDRSZ", "vnetHdrSize", 10, 256],
  ["TUNSETSNDBUF", "sndbuf", 1, 0x7fffffff],
] as const;

const TOGGLES = [
  ["TUNSETCARRIER", "carrier"],
  ["TUNSETPERSIST", "persist"],
] as const;

/** What can be set on each queue of a macvtap or ipvtap. */
const MACVTAP_CONTROLS: readonly (keyof TapControls)[] = ["offload", "sndbuf", "vnetHdrSize"];

/** Throws InputError for what cannot be set by ioctl on this kind of link. */
export function checkTapControls(controls: TapControls, kind = "tun"): void {
  checkKnown(controls, kind === "tun" ? CONTROLS : MACVTAP_CONTROLS, `a ${kind === "tun" ? "TAP" : kind}'s controls`);
}

/**
 * The ioctls for what is given: what the kernel may refuse comes first, so that nothing else is changed then, and
 * persistence last, so that a failure leaves no device.
 */
export function tapIoctls(controls: TapControls & { address?: string | undefined }): (TapRequest | number)[] {
  const { offload, address } = controls;
  const ioctls: (TapRequest | number)[] = [];
  if (offload !== undefined) ioctls.push("TUNSETOFFLOAD", offloadMask(offload));
  if (address !== undefined) ioctls.push("SIOCSIFHWADDR", macNumber(address));
  for (const [request, name, least, most] of NUMBERS) {
    const value = controls[name];
    if (value !== undefined) ioctls.push(request, number(value, name, least, most));
  }
  for (const [request, name] of TOGGLES) {
    const value = controls[name];
    checkSwitch(value, name);
    if (value !== undefined) ioctls.push(request, value ? 1 : 0);
  }
  return ioctls;
}

function macNumber(address: string): number {
  under("address", () => {
    checkUnicastMac(address);
  });
  let number = 0;
  for (const digit of address) if (digit !== ":") number = number * 16 + parseInt(digit, 16);
  return number;
}

function offloadMask(offload: readonly Offload[]): number {
  checkList(offload, "offload");
  return offload.reduce((sum, word) => {
    if (!Object.hasOwn(OFFLOADS, word))
      throw new InputError(`${JSON.stringify(word)} is none of ${Object.keys(OFFLOADS).join(", ")}`, "offload");
    return sum | OFFLOADS[word];
  }, 0);
}

/** Throws InputError for a name that a TUN or TAP cannot have. One "%d" in it becomes the first free number. */
export function checkTapName(name: string): void {
  checkNameSize(name);
  if (name.includes("%") && (/%(?!d)/.test(name) || name.split("%d").length > 2))
    throw new InputError(`${JSON.stringify(name)} cannot be a TAP's name: "%" stands only in one "%d"`);
  // What the kernel puts in place of "%d" is checked by the kernel.
  checkLinkName(name.replace("%d", "") || "d");
}
