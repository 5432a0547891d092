import { isIP } from "node:net";
import { basename } from "node:path";
import { InputError, quoted } from "../../../base/errors.js";
import { text } from "../../../netlink/codecs/codec.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { flag8, u32 } from "../../../netlink/codecs/numbers.js";
import { macvtapModes, modes, type PortForward } from "../../../networks/definition.js";
import type { NetworkFolders } from "../../../networks/state-files.js";
import type { GlobalOptions } from "../../parsing/arguments.js";
import { SOCKET } from "../../../serve/messages/ask.js";
import { type Section, wordOf } from "../../parsing/option.js";

const name = text();

/** One of some words. */
function oneOf(choices: readonly string[]): Parameters<typeof wordOf>[1] {
  return {
    words: choices.join("|"),
    parse(word) {
      if (!choices.includes(word)) throw new InputError(`${quoted(word)} is none of ${choices.join(", ")}`);
      return word;
    },
  };
}

const listed = (shape: string) => ({ words: `${shape},…`, parse: (word: string): string[] => word.split(",") });

/** The words that say what a network is like. */
export const networkSection: Section = {
  title: "The network",
  words: [
    wordOf("mode", oneOf(modes), "how guests reach the world"),
    wordOf("bridge", { words: "NAME", parse: name.parse }, "the bridge's name"),
    wordOf("mac", mac, "the bridge's MAC"),
    wordOf("mtu", u32, "the MTU, in bytes"),
    wordOf("subnet", { words: "PREFIX|auto", parse: name.parse }, "the subnet of IPv4"),
    wordOf("address", { words: "ADDRESS", parse: name.parse }, "this machine's address in it"),
    wordOf("subnet6", { words: "PREFIX|auto", parse: name.parse }, "the subnet of IPv6"),
    wordOf("address6", { words: "ADDRESS", parse: name.parse }, "this machine's address in that"),
    wordOf("outgoing", { words: "NAME", parse: name.parse }, "the link by which alone guests go out"),
    wordOf("natSource", { words: "ADDRESS", parse: name.parse }, "the address that guests have outside, or FIRST-LAST"),
    wordOf("natPorts", { words: "FIRST-LAST", parse: name.parse }, "the ports that their connections have outside"),
    wordOf("switch", oneOf(["openvswitch"]), "what a bridge that there is is one of; of Linux unless given"),
    wordOf("interfaces", listed("LINK"), "network cards of which guests get macvtaps or virtual functions"),
    wordOf("macvtapMode", oneOf(macvtapModes), "how macvtaps on one network card see each other"),
    wordOf(
      "firewall",
      oneOf(["adopt"]),
      "chains of others that drop get rules that accept the network, while it is up",
    ),
    wordOf("dhcp", flag8, "whether guests get their addresses by DHCP"),
    wordOf("dns", listed("ADDRESS"), "resolvers that guests are told of, in place of the network itself"),
    wordOf("antiSpoof", flag8, "whether a guest can be nobody but itself, where qemu run makes its port"),
    wordOf("autostart", flag8, "whether linkwright serve brings it up when that starts"),
    wordOf("domain", { words: "NAME", parse: name.parse }, "the domain that guests are in"),
  ],
};

/** Networks of another namespace are kept beside those of this machine's own. */
export function foldersFor(
  { netns }: Pick<GlobalOptions, "netns">,
  { state, run, service }: NetworkFolders,
): Required<NetworkFolders> {
  const suffix = netns === undefined ? "" : `@${basename(netns)}`;
  return {
    state: state ?? `/var/lib/linkwright/networks${suffix}`,
    run: run ?? `/run/linkwright/networks${suffix}`,
    service: service ?? (run === undefined ? SOCKET : undefined),
  };
}

export const foldersSection: Section = {
  title: "Where networks are kept",
  words: [
    wordOf("state", { words: "FOLDER", parse: name.parse }, "definitions and leases (/var/lib/linkwright/networks)"),
    wordOf("run", { words: "FOLDER", parse: name.parse }, "what is up (/run/linkwright/networks)"),
    wordOf(
      "service",
      { words: "PATH", parse: name.parse },
      "the socket of the service that keeps them (/run/linkwright/socket; none where run= is given)",
    ),
  ],
};

/** How a network is started. */
export const startSection: Section = {
  title: "Its guests' addresses",
  words: [
    wordOf("serve", flag8, "the service gives them, which is started where none answers; off: nobody does"),
    wordOf("foreground", flag8, "this command gives them until it is interrupted"),
  ],
};

export const autostartSection: Section = { title: "How", words: [wordOf("off", flag8, "no more")] };

export const dumpSection: Section = { title: "How", words: [wordOf("xml", flag8, "as libvirt's XML")] };

export const forceSection: Section = {
  title: "How",
  words: [{ ...wordOf("force", flag8, "also with guests on its bridge"), dashed: true }],
};

/** What "tcp:8080" and "udp:192.0.2.1:5000-5010" mean: a port of this machine. Throws InputError. */
export function parseHostPort(word: string): Pick<PortForward, "protocol" | "port" | "address"> {
  const [, protocol, address, port = ""] = /^(tcp|udp):(?:(.+):)?(\d+(?:-\d+)?)$/.exec(word) ?? [];
  const bare = address?.replace(/^\[(.*)\]$/, "$1");
  if (protocol === undefined || (bare !== undefined && isIP(bare) === 0))
    throw new InputError(
      `${quoted(word)} is not a port of this machine such as tcp:8080 or udp:192.0.2.1:5000-5010`,
      "PORT",
    );
  return {
    protocol: protocol as PortForward["protocol"],
    port: port.includes("-") ? port : Number(port),
    ...(bare === undefined ? {} : { address: bare }),
  };
}

/** What "192.168.1.10" and "192.168.1.10:80" mean: a guest's address, and its port. Throws InputError. */
export function parseGuest(word: string): Pick<PortForward, "to" | "toPort"> {
  if (isIP(word) !== 0) return { to: word };
  const [, to = "", port = ""] = /^(.+):(\d+)$/.exec(word) ?? [];
  const bare = to.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) === 0)
    throw new InputError(
      `${quoted(word)} is not a guest such as 192.168.1.10, 192.168.1.10:80 or [fd00::10]:80`,
      "GUEST",
    );
  return { to: bare, toPort: Number(port) };
}

/** A forward as it is typed: "tcp:8080 192.168.1.10:80". */
export function forwardWords({ protocol, port, address, to, toPort }: PortForward): string {
  const bracketed = (each: string): string => (each.includes(":") ? `[${each}]` : each);
  const from = [protocol, ...(address === undefined ? [] : [bracketed(address)]), String(port)].join(":");
  return `${from} ${toPort === undefined ? to : `${bracketed(to)}:${toPort}`}`;
}
