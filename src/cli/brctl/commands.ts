import type { Host } from "../../host/host.js";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../netlink/message.js";
import type { BridgeOptions } from "../../rtnetlink/link/kinds/bridge.js";
import type { BridgePortOptions } from "../../rtnetlink/link/kinds/bridge-port.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { cut, find } from "./find.js";
import { Failure, orFail, type Said } from "./messages.js";
import { scanInteger, scanSeconds, scanSwitch } from "./scan.js";
import { show, showMacs, showStp } from "./show.js";

/** A command of bridge-utils. */
export interface Command {
  /** The least number of words behind it. */
  readonly words: number;
  readonly help: string;
  readonly run: (host: Host, words: readonly string[]) => Promise<Said | void>;
}

async function addBridge(host: Host, [name = ""]: readonly string[]): Promise<void> {
  const attributes = { name: cut(name), linkInfo: { kind: "bridge" } };
  const added = host.request("RTM_NEWLINK", { flags: NLM_F_CREATE | NLM_F_EXCL, attributes });
  await orFail(added, (code, words) =>
    code === "EEXIST"
      ? `device ${name} already exists; can't create bridge with the same name`
      : `add bridge failed: ${words}`,
  );
}

async function deleteBridge(host: Host, [name = ""]: readonly string[]): Promise<void> {
  const bridge = await find(host, name);
  if (bridge === undefined) throw new Failure(`bridge ${name} doesn't exist; can't delete it`);
  if (bridge.kind !== "bridge") throw new Failure(`can't delete bridge ${name}: Operation not permitted`);
  if (bridge.up) throw new Failure(`bridge ${name} is still up; can't delete it`);
  await orFail(host.remove(bridge), (_code, words) => `can't delete bridge ${name}: ${words}`);
}

function change(host: Host, { index }: Link, attributes: object): Promise<unknown> {
  return host.request("RTM_NEWLINK", { header: { index }, attributes });
}

/** Both ends of a change, or what is said when one is missing. */
async function pair(host: Host, bridgeName: string, portName: string): Promise<{ bridge: Link; port: Link }> {
  const [bridge, port] = [await find(host, bridgeName), await find(host, portName)];
  if (port === undefined) throw new Failure(`interface ${portName} does not exist!`);
  if (bridge === undefined) throw new Failure(`bridge ${bridgeName} does not exist!`);
  return { bridge, port };
}

async function addPort(host: Host, bridgeName: string, portName: string): Promise<void> {
  const { bridge, port } = await pair(host, bridgeName, portName);
  const refuse = (words: string): Failure => new Failure(`can't add ${portName} to bridge ${bridgeName}: ${words}`);
  if (bridge.kind !== "bridge") throw refuse("Operation not supported");
  const loop = `device ${portName} is a bridge device itself; can't add a bridge device to a bridge device.`;
  if (port.kind === "bridge") throw new Failure(loop);
  if (port.master !== undefined)
    throw new Failure(`device ${portName} is already a member of a bridge; can't add it to bridge ${bridgeName}.`);
  await orFail(change(host, port, { master: bridge.index }), (code, words) =>
    code === "ELOOP" ? loop : refuse(words).message,
  );
}

async function deletePort(host: Host, bridgeName: string, portName: string): Promise<void> {
  const { bridge, port } = await pair(host, bridgeName, portName);
  const refuse = (words: string): string => `can't delete ${portName} from ${bridgeName}: ${words}`;
  if (bridge.kind !== "bridge") throw new Failure(refuse("Operation not supported"));
  if (port.master !== bridge.index) throw new Failure(`device ${portName} is not a port of ${bridgeName}`);
  await orFail(change(host, port, { master: 0 }), (_code, words) => refuse(words));
}

/** The same for each port that is named. */
function eachPort(work: (host: Host, bridge: string, port: string) => Promise<void>): Command["run"] {
  return async (host, [bridge = "", ...ports]) => {
    for (const port of ports) await work(host, bridge, port);
  };
}

async function setBridge(host: Host, name: string, options: BridgeOptions, what: string): Promise<void> {
  const bridge = await find(host, name);
  if (bridge === undefined) throw new Failure(`${what} failed: No such device`);
  if (bridge.kind !== "bridge") throw new Failure(`${what} failed: Operation not supported`);
  const changed = change(host, bridge, { linkInfo: { kind: "bridge", data: options } });
  await orFail(changed, (_code, words) => `${what} failed: ${words}`);
}

const MOST_TICKS = 2 ** 32 - 1;

/** Seconds as they are typed to milliseconds, in whole hundredths of a second, as many as the kernel takes. */
function duration(word: string, bad: string): number {
  const seconds = scanSeconds(word);
  if (seconds === undefined) throw new Failure(bad);
  const ticks = Math.trunc((Math.trunc(seconds * 1e6) * 100) / 1e6);
  return (ticks >= 0 && ticks <= MOST_TICKS ? ticks : MOST_TICKS) * 10;
}

function setTime(property: keyof BridgeOptions, bad: string, what: string): Command["run"] {
  return (host, [name = "", time = ""]) => setBridge(host, name, { [property]: duration(time, bad) }, what);
}

async function setPriority(host: Host, [name = "", word = ""]: readonly string[]): Promise<void> {
  const priority = scanInteger(word);
  if (priority === undefined) throw new Failure("bad priority");
  await setBridge(host, name, { priority: priority & 0xffff }, "set bridge priority");
}

async function setStp(host: Host, [name = "", word = ""]: readonly string[]): Promise<void> {
  const on = scanSwitch(word);
  if (on === undefined) throw new Failure("expect on/off for argument");
  await setBridge(host, name, { stpState: on ? "kernel" : "off" }, "set stp status");
}

/** Why a port of a bridge could not be had: what the C library's last error would be. */
async function noPort(host: Host, bridgeName: string, port: Link | undefined): Promise<string> {
  const bridge = await find(host, bridgeName);
  if (port === undefined || bridge === undefined) return "No such device";
  return bridge.kind === "bridge" ? "No such file or directory" : "Operation not supported";
}

/** The bridge that is named matters only when the link is no port at all. */
async function setPort(
  host: Host,
  [bridge = "", name = ""]: readonly string[],
  options: BridgePortOptions | undefined,
  say: (words: string) => string,
): Promise<void> {
  const port = await find(host, name);
  if (port?.linkInfo?.slaveKind !== "bridge") throw new Failure(say(await noPort(host, bridge, port)));
  if (options === undefined) throw new Failure(say("Numerical result out of range"));
  const changed = change(host, port, { linkInfo: { slaveKind: "bridge", slaveData: options } });
  await orFail(changed, (_code, words) => say(words));
}

function setNumber(property: "cost" | "priority", bad: string, what: string): Command["run"] {
  const most = { cost: 2 ** 32 - 1, priority: 0xffff }[property];
  return async (host, words) => {
    const value = scanInteger(words[2] ?? "");
    if (value === undefined) throw new Failure(bad);
    const options = value < 0 || value > most ? undefined : { [property]: value };
    await setPort(host, words, options, (reason) => `${what} failed: ${reason}`);
  };
}

async function setHairpin(host: Host, words: readonly string[]): Promise<void> {
  const [bridge = "", port = "", mode = ""] = words;
  const on = scanSwitch(mode);
  if (on === undefined) throw new Failure("expect on/off for argument");
  await pair(host, bridge, port);
  await setPort(host, words, { mode: on }, (reason) => `can't set ${port} to hairpin on bridge ${bridge}: ${reason}`);
}

/** The commands of bridge-utils, in its order. */
export const brctlCommands: Readonly<Record<string, Command>> = {
  addbr: { words: 1, help: "<bridge>\t\tadd bridge", run: addBridge },
  delbr: { words: 1, help: "<bridge>\t\tdelete bridge", run: deleteBridge },
  addif: { words: 2, help: "<bridge> <device>\tadd interface to bridge", run: eachPort(addPort) },
  delif: { words: 2, help: "<bridge> <device>\tdelete interface from bridge", run: eachPort(deletePort) },
  hairpin: { words: 3, help: "<bridge> <port> {on|off}\tturn hairpin on/off", run: setHairpin },
  setageing: {
    words: 2,
    help: "<bridge> <time>\t\tset ageing time",
    run: setTime("ageingTime", "bad ageing time value", "set ageing time"),
  },
  setbridgeprio: { words: 2, help: "<bridge> <prio>\t\tset bridge priority", run: setPriority },
  setfd: {
    words: 2,
    help: "<bridge> <time>\t\tset bridge forward delay",
    run: setTime("forwardDelay", "bad forward delay value", "set forward delay"),
  },
  sethello: {
    words: 2,
    help: "<bridge> <time>\t\tset hello time",
    run: setTime("helloTime", "bad hello timer value", "set hello timer"),
  },
  setmaxage: {
    words: 2,
    help: "<bridge> <time>\t\tset max message age",
    run: setTime("maxAge", "bad max age value", "set max age"),
  },
  setpathcost: {
    words: 3,
    help: "<bridge> <port> <cost>\tset path cost",
    run: setNumber("cost", "bad path cost value", "set path cost"),
  },
  setportprio: {
    words: 3,
    help: "<bridge> <port> <prio>\tset port priority",
    run: setNumber("priority", "bad path priority value", "set port priority"),
  },
  show: { words: 0, help: "[ <bridge> ]\t\tshow a list of bridges", run: show },
  showmacs: { words: 1, help: "<bridge>\t\tshow a list of mac addrs", run: showMacs },
  showstp: { words: 1, help: "<bridge>\t\tshow bridge stp info", run: showStp },
  stp: { words: 2, help: "<bridge> {on|off}\tturn stp on/off", run: setStp },
};
