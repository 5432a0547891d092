import { InputError, quoted } from "../../base/errors.js";
import type { Draft } from "../draft/draft.js";
import type { Entry } from "../draft/entry.js";
import { addressOf, routeOf, ruleOf } from "./ip-words.js";
import { addRoute } from "../draft/settings.js";
import { mac, number, prefixLength } from "../syntax/values.js";

type Family = "inet" | "inet6" | undefined;

/** One that a declaration says, too. */
interface Command {
  readonly words: readonly string[];
  readonly family: Family;
  /** The link that it is run for. */
  readonly link: string;
}

const unknown = (): never => {
  throw new InputError("a declaration runs no commands, and this one is not known to be a part of one");
};

function setLink(draft: Draft, entry: Entry, words: readonly string[], link: string): void {
  const [first = "", ...others] = words[0] === "dev" ? words.slice(1) : words;
  const settings: Record<string, unknown> = {};
  for (let place = 0; place < others.length; place++) {
    const word = others[place]!;
    if (word === "up" || word === "down") settings["up"] = word === "up";
    else {
      const value = others[++place];
      if (value === undefined) unknown();
      else if (word === "mtu") settings["mtu"] = number(value);
      else if (word === "address") settings["address"] = mac(value);
      else if (word === "txqueuelen" || word === "qlen") settings["txqlen"] = number(value);
      else if (word === "master") settings["master"] = value;
      else if (word === "alias") settings["alias"] = value;
      else if (["promisc", "multicast", "allmulticast", "arp"].includes(word) && /^(on|off)$/.test(value))
        settings[word] = value === "on";
      else unknown();
    }
  }
  if (first === "" || Object.keys(settings).length === 0) unknown();
  for (const [name, value] of Object.entries(settings)) draft.set(entry, ["links", first || link, name], value);
}

function ip(draft: Draft, entry: Entry, { words, link, ...given }: Command): void {
  const [first = "", ...others] = words;
  if (/^-(4|6|f|family)/.test(first)) {
    const family = first === "-4" ? "inet" : first === "-6" ? "inet6" : undefined;
    if (family === undefined) unknown();
    ip(draft, entry, { words: others, link, family });
    return;
  }
  const [verb = "", ...rest] = others;
  const isAdded = /^(a|add|append|replace|change)$/.test(verb);
  if (/^ro?(u(te?)?)?$/.test(first) && isAdded) addRoute(draft, entry, routeOf(rest, undefined, given.family));
  else if (/^ru(le?)?$/.test(first) && isAdded) draft.add(entry, ["rules"], ruleOf(rest, given.family));
  else if (/^a(d(d(r(e(ss?)?)?)?)?)?$/.test(first) && isAdded) {
    const { link: on, entry: address } = addressOf(rest);
    const { address: whole, ...settings } = address;
    draft.add(entry, ["links", on, "addresses"], Object.keys(settings).length === 0 ? whole : address);
  } else if (/^l(i(nk?)?)?$/.test(first) && verb === "set") setLink(draft, entry, rest, link);
  else unknown();
}

/** `route add [-net|-host] NETWORK [netmask MASK] [gw GATEWAY] [metric N] [dev] LINK` of net-tools. */
function route(draft: Draft, entry: Entry, { words }: Command): void {
  const six = /^(-A|--)?inet6$/.test(words[0] ?? "") || words[0] === "-6";
  const [verb, ...rest] = six ? words.slice(1) : words;
  if (verb !== "add") unknown();
  const isHost = rest[0] === "-host";
  const [destination = "", ...others] = rest[0] === "-net" || isHost ? rest.slice(1) : rest;
  const said = new Map<string, string>();
  let link: string | undefined;
  for (let place = 0; place < others.length; place++) {
    const word = others[place]!;
    if (["netmask", "gw", "metric", "dev"].includes(word)) said.set(word, others[++place] ?? "");
    else if (place === others.length - 1) link = word;
    else unknown();
  }
  const mask = said.get("netmask");
  const network =
    destination === "default" || destination.includes("/") || mask === undefined
      ? destination
      : `${destination}/${prefixLength(mask)}`;
  const pairs = [
    ["via", said.get("gw")],
    ["dev", said.get("dev") ?? link],
    ["metric", said.get("metric")],
  ].flatMap(([word, value]) => (value === undefined ? [] : [word!, value]));
  addRoute(draft, entry, routeOf([network, ...pairs], undefined, six ? "inet6" : undefined));
}

function setting(draft: Draft, entry: Entry, path: string, value: string): void {
  const name = path.replace(/^\/proc\/sys\//, "");
  if (!/^net[./]/.test(name)) unknown();
  draft.set(entry, ["sysctls", name], /^\d+$/.test(value) ? Number(value) : value);
}

/**
 * A command that a file has run when a link comes up, where a declaration says the same: ip, route, ifconfig, sysctl, and echo
 * into /proc/sys. Throws InputError for another.
 */
export function readCommand(draft: Draft, entry: Entry, link: string, family: Family): void {
  const line = entry.value
    .replace(/\s*(\|\|\s*(true|:)|2?>+\s*\/dev\/null|2>&1)\s*/g, " ")
    .replace(/"?\$\{?IFACE\}?"?/g, link)
    .trim();
  const written = /^echo\s+(?:-n\s+)?["']?([^"'\s]+)["']?\s*>\s*(\/proc\/sys\/net\/\S+)$/.exec(line);
  if (written !== null) {
    setting(draft, entry, written[2]!, written[1]!);
    return;
  }
  if (/[|&;<>`$()"'\\]/.test(line)) throw new InputError("a declaration runs no commands, and no shell");
  const [program = "", ...words] = line.split(/\s+/);
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "ip") ip(draft, entry, { words, link, family });
  else if (name === "route") route(draft, entry, { words, link, family });
  else if (name === "ifconfig" && words.length === 2 && words[1] === "up")
    draft.set(entry, ["links", words[0]!, "up"], true);
  else if (name === "ifconfig" && words.length === 3 && words[1] === "mtu")
    draft.set(entry, ["links", words[0]!, "mtu"], number(words[2]!));
  else if (name === "ifconfig" && words[1] !== undefined && words[2] === "up" && words[1] === "0.0.0.0")
    draft.set(entry, ["links", words[0]!, "up"], true);
  else if (name === "sysctl" && (words[0] === "-w" || words[0] === "-qw") && /^[^=]+=[^=]+$/.test(words[1] ?? ""))
    setting(draft, entry, words[1]!.split("=")[0]!, words[1]!.split("=")[1]!);
  else throw new InputError(`a declaration runs no commands, and does not know what ${quoted(name)} does`);
}
