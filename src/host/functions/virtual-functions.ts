import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { together } from "../../base/together.js";
import { NetlinkError } from "../../kernel/error.js";
import { Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { checkKnown, checkSwitch } from "../../base/input.js";
import { checkMac } from "../../netlink/codecs/internet.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import {
  changeVirtualFunction,
  listVirtualFunctions,
  type VirtualFunction,
  type VirtualFunctionSettings,
} from "../../rtnetlink/link/virtual-function-requests.js";
import { megabits, vfLinkStateWord } from "../../rtnetlink/link/virtual-functions.js";
import { vlanProtocol } from "../../rtnetlink/protocol/vlan-protocol.js";
import type { Namespace } from "../work/namespace.js";
import { checked, link, number, object, optional } from "../work/arguments.js";
import { explained } from "../hints/late-hints.js";
import { refuse } from "../hints/own-refusals.js";
import { givenNames } from "../links/verify.js";
import { unless } from "../../netlink/recording.js";
import { withJournal } from "../work/journal.js";
import {
  functionCount,
  functionDevices,
  setFunctionCount,
  type VirtualFunctionCount,
  type VirtualFunctionDevice,
} from "./virtual-function-count.js";

/** The virtual functions (SR-IOV) of network cards. */
export interface VirtualFunctions {
  /** Those of a link; their `statistics` when asked for. Some cards hold the kernel's lock for most of a second. */
  list(link: LinkReference, details?: { statistics?: boolean | undefined } & Cancellation): Promise<VirtualFunction[]>;
  /** Sets what is given of one, or nothing of it. `vlan` 0 takes the tag away; a priority alone keeps the VLAN. */
  set(link: LinkReference, index: number, settings: VirtualFunctionSettings): Promise<void>;
  /** How many there are, and how many there can be. */
  count(link: LinkReference): Promise<VirtualFunctionCount>;
  /**
   * Makes so many. From one number to another all of them go first, with what is set of them; when the card then refuses the
   * new number, there are as many as before.
   */
  setCount(link: LinkReference, count: number): Promise<void>;
  /** The device of each, and the links on it that are in this namespace. */
  devices(link: LinkReference): Promise<VirtualFunctionDevice[]>;
}

const SETTINGS: readonly (keyof VirtualFunctionSettings)[] = [
  "address",
  "vlan",
  "qos",
  "protocol",
  "minTxRate",
  "maxTxRate",
  "spoofCheck",
  "linkState",
  "rssQuery",
  "trust",
];

function checkNumber(value: number | undefined, name: string, most: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= most))
    throw new InputError(`${quoted(value)} is not an integer from 0 to ${most}`, name);
}

/** Throws InputError for what a codec does not take. */
function checkBy<T>(codec: Codec<T>, value: T | undefined, name: string): void {
  if (value === undefined) return;
  under(name, () => {
    codec.write(new Writer(), value, {});
  });
}

function checkAddress(address: string | undefined): void {
  if (address === undefined) return;
  under("address", () => {
    checkMac(address);
  });
  if ((parseInt(address.slice(0, 2), 16) & 1) === 1)
    throw new InputError(`${quoted(address)} is the MAC of a group: the first byte is odd`, "address");
}

function checkRates({ minTxRate = 0, maxTxRate = 0 }: VirtualFunctionSettings): void {
  if (maxTxRate !== 0 && minTxRate > maxTxRate)
    throw new InputError(`${minTxRate} is more than the maxTxRate of ${maxTxRate} bits per second`, "minTxRate");
}

function checkSettings(settings: VirtualFunctionSettings): void {
  checkKnown(settings, SETTINGS, "a virtual function's settings");
  const { address, vlan, qos, protocol, minTxRate, maxTxRate, linkState } = settings;
  checkAddress(address);
  checkNumber(vlan, "vlan", 4094);
  checkNumber(qos, "qos", 7);
  if (vlan === 0 && (qos ?? 0) !== 0) throw new InputError("without a VLAN there is no priority", "qos");
  checkBy(vlanProtocol, protocol, "protocol");
  checkBy(megabits, minTxRate, "minTxRate");
  checkBy(megabits, maxTxRate, "maxTxRate");
  checkBy(vfLinkStateWord, linkState, "linkState");
  for (const name of ["spoofCheck", "rssQuery", "trust"] as const) checkSwitch(settings[name], name);
  if (minTxRate !== undefined && maxTxRate !== undefined) checkRates(settings);
}

/** Throws when a link has no virtual function of this number. */
function checkThere(name: string, count = 0, index: number): void {
  if (count === 0) throw refuse("EOPNOTSUPP", name, "it has no virtual functions", "setCount makes them, where it can");
  if (index >= count) throw refuse("EINVAL", name, `it has no virtual function ${index}: they are 0 to ${count - 1}`);
}

/** Settings that stand together on the wire are sent together: the others of them stay as they were. */
function completed(settings: VirtualFunctionSettings, before: VirtualFunction): VirtualFunctionSettings {
  const { vlan, qos, protocol, minTxRate, maxTxRate } = settings;
  const whole = { ...settings };
  if ((vlan ?? qos ?? protocol) !== undefined) {
    whole.vlan = vlan ?? before.vlan ?? 0;
    whole.qos = qos ?? (whole.vlan === 0 ? 0 : before.qos);
    whole.protocol = protocol ?? (whole.vlan === 0 ? "802.1Q" : before.protocol);
    if (whole.vlan === 0 && whole.qos !== 0) throw new InputError("without a VLAN there is no priority", "qos");
  }
  if ((minTxRate ?? maxTxRate) !== undefined) {
    whole.minTxRate = minTxRate ?? before.minTxRate;
    whole.maxTxRate = maxTxRate ?? before.maxTxRate;
    checkRates(whole);
  }
  return whole;
}

/** Whether settings are one part of the message, and all of it: then nothing needs to be known of the function before. */
function isPlain(settings: VirtualFunctionSettings): boolean {
  const names = givenNames(settings);
  const together = [
    ["vlan", "qos", "protocol"],
    ["minTxRate", "maxTxRate"],
  ];
  return names.length === 1 ? !together.flat().includes(names[0]!) || settings.vlan === 0 : false;
}

function explain(error: unknown, settings: VirtualFunctionSettings): unknown {
  if (!(error instanceof NetlinkError) || error.hint !== undefined) return error;
  const names = givenNames(settings);
  const one = names.length === 1 ? names[0]! : `one of ${names.join(", ")}`;
  if (error.code === "EOPNOTSUPP") return error.with({ hint: `the card's driver cannot set ${one}` });
  return error.code === "EINVAL" ? error.with({ hint: `the card's driver does not take ${one} so` }) : error;
}

/** One function of a link, and how it is reached. */
interface Target {
  readonly connection: Connection;
  readonly link: LinkReference;
  readonly index: number;
}

function change({ connection, link, index }: Target, settings: VirtualFunctionSettings): Promise<void> {
  return changeVirtualFunction(connection, link, index, settings);
}

/** The function as it is now, and its link by its index. Throws when the link has none of this number. */
async function present(target: Target): Promise<{ before: VirtualFunction; link: { name: string; index: number } }> {
  const { index } = target;
  const { functions, count, ...link } = await listVirtualFunctions(target.connection, target.link, false);
  checkThere(link.name, count, index);
  return { before: functions.find((each) => each.index === index) ?? { index }, link };
}

/** Sets one thing: when it is refused, the reason is looked for. */
async function setOne(target: Target, settings: VirtualFunctionSettings): Promise<void> {
  try {
    await change(target, settings);
  } catch (error) {
    if (isRefusal(error)) await present(target);
    throw explain(error, settings);
  }
}

async function setSeveral(given: Target, settings: VirtualFunctionSettings): Promise<void> {
  const { before, link } = await present(given);
  const target = { ...given, link };
  const whole = completed(settings, before);
  const names = givenNames(whole);
  const former = Object.fromEntries(Object.entries(before).filter(([name]) => names.includes(name)));
  const subject = `virtual function ${target.index} of ${link.name}`;
  await withJournal(target.connection, async (journal) => {
    journal.add({
      done: `${subject} has another ${names.join(", ")}`,
      undo: `give ${subject} its former ${names.join(", ")} back`,
      requests: (connection) => putBack({ ...target, connection }, former),
    });
    try {
      await change(target, whole);
    } catch (error) {
      throw explain(error, whole);
    }
  });
}

const REFUSALS = ["EOPNOTSUPP", "EINVAL"] as const;

/** Puts each thing back on its own: what was refused is as it was, and would be refused again. */
async function putBack(
  { connection, link, index }: Target,
  { vlan, qos, protocol, minTxRate, maxTxRate, ...others }: VirtualFunctionSettings,
): Promise<void> {
  const single = Object.entries(others).map(([name, value]): VirtualFunctionSettings => ({ [name]: value }));
  const pieces = [...single, { vlan, qos, protocol }, { minTxRate, maxTxRate }];
  const target = { connection: unless(connection, REFUSALS), link, index };
  await together(pieces.filter((piece) => givenNames(piece).length > 0).map((piece) => change(target, piece)));
}

function isRefusal(error: unknown): boolean {
  return error instanceof NetlinkError && (REFUSALS as readonly string[]).includes(error.code);
}

async function set(target: Target, settings: VirtualFunctionSettings): Promise<void> {
  checkNumber(target.index, "virtual function", 0xffff);
  checkSettings(settings);
  if (givenNames(settings).length === 0) return;
  await (isPlain(settings) ? setOne : setSeveral)(target, settings);
}

/** The virtual functions of cards that a namespace reaches. */
export function virtualFunctionsOf(namespace: Namespace): VirtualFunctions {
  const { connection } = namespace;
  return checked<VirtualFunctions>(
    {
      async list(link, details = {}) {
        checkKnown(details, ["statistics"], "what to list");
        checkSwitch(details.statistics, "statistics");
        const { functions } = await explained(listVirtualFunctions(connection, link, details.statistics === true));
        return functions;
      },
      set: (link, index, settings) => explained(set({ connection, link, index }, settings)),
      count: (link) => explained(functionCount(namespace, link)),
      setCount: (link, count) => explained(setFunctionCount(namespace, link, count)),
      devices: (link) => explained(functionDevices(namespace, link)),
    },
    {
      list: [link("link"), optional(object("details"))],
      set: [link("link"), number("index"), object("settings")],
      count: [link("link")],
      setCount: [link("link"), number("count")],
      devices: [link("link")],
    },
  );
}
