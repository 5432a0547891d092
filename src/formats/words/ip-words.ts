import { InputError, quoted } from "../../base/errors.js";
import type { AddressEntry, RouteEntry, RuleEntry } from "../../topology/declaration/declaration.js";
import { defaultFor, destinationOf } from "../draft/settings.js";
import { number } from "../syntax/values.js";

type Values = Record<string, unknown>;

/** Words that are read one after the other. */
interface Words {
  next(): string | undefined;
  /** The value that has to stand behind a word. */
  value(of: string): string;
}

function wordsIn(words: readonly string[]): Words {
  let place = 0;
  return {
    next: () => words[place++],
    value(of) {
      const value = words[place++];
      if (value === undefined) throw new InputError(`nothing stands behind ${quoted(of)}`);
      return value;
    },
  };
}

/** A routing table; only the kernel's own have names that are the same everywhere. */
export function tableOf(word: string): "main" | "local" | "default" | number {
  if (word === "main" || word === "local" || word === "default") return word;
  if (!/^\d+$/.test(word)) throw new InputError(`table ${quoted(word)}: a declaration has tables by their numbers`);
  return Number(word);
}

const TYPES = ["unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit", "throw"];
const METRICS = ["mtu", "advmss", "window", "initcwnd", "initrwnd", "hoplimit", "reordering", "ssthresh", "cwnd"];

type Setter = (target: Values, value: string, words: Words) => void;

const property =
  (name: string, read: (word: string) => unknown = (word) => word): Setter =>
  (target, value) => {
    target[name] = read(value);
  };

const metric: Setter = property("metric", number);
const toTable: Setter = property("table", tableOf);
const scope: Setter = property("scope", (word) => (/^\d+$/.test(word) ? number(word) : word));
const priority: Setter = property("priority", number);
const tos: Setter = property("tos", number);

const gateway: Setter = (target, value, words) => {
  target["gateway"] = value === "inet" || value === "inet6" ? words.value("via") : value;
};

const ROUTE: Readonly<Record<string, Setter>> = {
  via: gateway,
  dev: property("link"),
  ...{ metric, priority: metric, preference: metric, table: toTable, scope, tos, dsfield: tos },
  src: property("source"),
  from: property("from"),
  proto: property("protocol", (word) => (/^\d+$/.test(word) ? number(word) : word)),
  protocol: property("protocol"),
  pref: property("preference"),
};

/** A way of a route with several. */
function pathOf(words: Words): { path: Values; next: string | undefined } {
  const path: Values = {};
  let word = words.next();
  for (; word !== undefined && word !== "nexthop"; word = words.next()) {
    if (word === "via") gateway(path, words.value(word), words);
    else if (word === "dev") path["link"] = words.value(word);
    else if (word === "weight") path["weight"] = number(words.value(word));
    else if (word === "onlink") path["onlink"] = true;
    else throw new InputError(`nexthop ${quoted(word)}: a declaration has no word for it`);
  }
  return { path, next: word };
}

/** A route by the words of `ip route add` behind those. `link`: where it goes unless they say. */
export function routeOf(given: readonly string[], link?: string, family?: "inet" | "inet6"): RouteEntry {
  const words = wordsIn(given);
  const route: Values = {};
  let word = words.next();
  if (word !== undefined && TYPES.includes(word)) {
    route["type"] = word;
    word = words.next();
  }
  if (word === "to") word = words.next();
  if (word === undefined) throw new InputError("the route has no destination");
  const destination = word;
  word = words.next();
  while (word !== undefined) {
    if (word === "nexthop") {
      const { path, next } = pathOf(words);
      route["nexthops"] = [...((route["nexthops"] as Values[] | undefined) ?? []), path];
      word = next;
      continue;
    }
    if (word === "onlink") route["onlink"] = true;
    else if (METRICS.includes(word)) {
      const value = words.value(word);
      const metrics = (route["metrics"] ??= {}) as Values;
      if (value === "lock") throw new InputError(`${word} lock: say it in the declaration by metrics.lock`);
      metrics[word] = number(value);
    } else if (Object.hasOwn(ROUTE, word)) ROUTE[word]!(route, words.value(word), words);
    else throw new InputError(`${quoted(word)}: a declaration has no word for it`);
    word = words.next();
  }
  const goes = ["blackhole", "unreachable", "prohibit", "throw"].includes(String(route["type"]));
  const way = route["gateway"] as string | undefined;
  const first = (route["nexthops"] as { gateway?: string }[] | undefined)?.[0]?.gateway;
  const isSix = family === "inet6" || (way ?? first)?.includes(":") === true;
  const place = destination === "default" ? (isSix ? defaultFor("::") : defaultFor("0")) : destinationOf(destination);
  if (link !== undefined && !goes && route["nexthops"] === undefined) route["link"] ??= link;
  return { ...place, ...route };
}

const mark: Setter = (target, value) => {
  const [bits = "", mask] = value.split("/");
  target["fwmark"] = number(bits);
  if (mask !== undefined) target["fwmask"] = number(mask);
};

const RULE: Readonly<Record<string, Setter>> = {
  ...{ priority, pref: priority, preference: priority, order: priority, table: toTable, lookup: toTable },
  ...{ tos, dsfield: tos, fwmark: mark, iif: property("iif"), dev: property("iif"), oif: property("oif") },
  protocol: property("protocol"),
  suppress_prefixlength: property("suppressPrefixlen", number),
  suppress_ifgroup: property("suppressIfgroup", number),
  goto(target, value) {
    target["action"] = "goto";
    target["goto"] = number(value);
  },
};

/** A rule by the words of `ip rule add` behind those. */
export function ruleOf(given: readonly string[], family?: "inet" | "inet6"): RuleEntry {
  const words = wordsIn(given);
  const rule: Values = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "from" || word === "to") {
      const network = words.value(word);
      if (network !== "all" && network !== "0.0.0.0/0" && network !== "::/0") rule[word] = network;
    } else if (word === "not") rule["invert"] = true;
    else if (word === "l3mdev") rule["l3mdev"] = true;
    else if (["blackhole", "unreachable", "prohibit"].includes(word)) rule["action"] = word;
    else if (Object.hasOwn(RULE, word)) RULE[word]!(rule, words.value(word), words);
    else throw new InputError(`${quoted(word)}: a declaration has no word for it`);
  }
  const hasNetwork = rule["from"] !== undefined || rule["to"] !== undefined;
  return hasNetwork || family !== "inet6" ? rule : { family, ...rule };
}

/** An address by the words of `ip address add` behind those, and its link. */
export function addressOf(given: readonly string[], link?: string): { link: string; entry: AddressEntry } {
  const words = wordsIn(given);
  const entry: Values = {};
  let on = link;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "dev") on = words.value(word);
    else if (word === "peer") entry["peer"] = words.value(word);
    else if (word === "broadcast" || word === "brd") entry["broadcast"] = words.value(word);
    else if (word === "label") entry["label"] = words.value(word);
    else if (word === "scope") entry["scope"] = words.value(word);
    else if (word === "metric") entry["rtPriority"] = number(words.value(word));
    else if (word === "nodad" || word === "noprefixroute" || word === "home" || word === "mngtmpaddr")
      entry["flags"] = [...((entry["flags"] as string[] | undefined) ?? []), word];
    else if (entry["address"] === undefined) entry["address"] = word === "local" ? words.value(word) : word;
    else throw new InputError(`${quoted(word)}: a declaration has no word for it`);
  }
  const address = entry["address"] as string | undefined;
  if (address === undefined || on === undefined) throw new InputError("an address and its link are needed");
  const whole = address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`;
  return { link: on, entry: { ...entry, address: whole } };
}
