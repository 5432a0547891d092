import { InputError } from "../../../base/errors.js";
import type { AttachOptions } from "../../../host/ports/port-settings.js";
import type { Host } from "../../../host/host.js";
import { alone, type Call, type Command } from "../../command.js";
import type { Report } from "../../io.js";
import type { LinkReference } from "../../../rtnetlink/link/link-requests.js";
import { withSwitch, withSwitchOf } from "../../parsing/switch-argument.js";
import { vlansFrom, type VlanWords, attachVlanWords } from "../bridge/vlan-words.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { bondPort } from "../../../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../../rtnetlink/link/kinds/bridge-port.js";
import { type Section, tableWords, wordOf } from "../../parsing/option.js";

/** The words of a port of a bridge. */
export const portSection: Section = {
  title: "A port of a bridge",
  ofMaster: "bridge",
  words: [
    ...tableWords(bridgePort),
    ...attachVlanWords,
    wordOf("move", flag8, "leave the bridge that it belongs to now"),
  ],
};

const bondPortSection: Section = { title: "A port of a bond", ofMaster: "bond", words: tableWords(bondPort) };

/** How a port is attached, from its words. Throws InputError. */
export function portOptions({ vlan, vlans, pvid, untagged, ...rest }: VlanWords): AttachOptions {
  return { ...rest, vlans: vlansFrom({ vlan, vlans, pvid, untagged }) };
}

/** The same of a TAP that is made for a bridge; undefined without words. Throws InputError where there is no bridge. */
export function portOptionsFor(isJoining: boolean, words: VlanWords): AttachOptions | undefined {
  const [first] = Object.keys(words);
  if (first === undefined) return undefined;
  if (!isJoining) throw new InputError("it is said of a bridge's port: give bridge=, too", first);
  return portOptions(words);
}

export async function attach(host: Host, { links: [port = "", bridge = ""], options }: Call): Promise<Report> {
  await withSwitch(host, bridge, (to = "") => host.attach(port, to as LinkReference, portOptions(options)));
  return { value: {} };
}

export async function detach(host: Host, { links: [port = ""] }: Call): Promise<Report> {
  await withSwitchOf(host, port, (from) => host.detach(port, { from }));
  return { value: {} };
}

export const attachCommand: Command = alone({
  summary: "make a link a port of a bridge (Linux or Open vSwitch), bond, team or VRF, or change a port's options",
  operands: [
    { name: "PORT", choices: "link" },
    { name: "MASTER", choices: "link", only: "master" },
  ],
  options: [portSection, bondPortSection],
  run: attach,
});

export const detachCommand: Command = alone({
  summary: "take a port out of its bridge, bond, team or VRF",
  operands: [{ name: "PORT", choices: "link", only: "port" }],
  run: detach,
});
