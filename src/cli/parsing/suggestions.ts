import { nearest } from "../../base/nearest.js";

/** What commands are called by other tools, and what they are called here. */
const COMMANDS: Readonly<Record<string, string>> = {
  addr: "address",
  neigh: "neighbour",
  arp: "neighbour list",
  tc: "qdisc",
  ip: "link",
  stp: "bridge stp",
  addbr: "bridge add",
  delbr: "bridge delete",
  addif: "attach",
  delif: "detach",
  showmacs: "bridge fdb",
  showstp: "bridge stp",
  show: "link list",
  "active-slave": "bond set NAME active-port=PORT",
  "active-port": "bond set NAME active-port=PORT",
  enslave: "attach",
  ifenslave: "attach",
  tuntap: "tap",
  vconfig: "vlan",
  ifconfig: "address",
  ifup: "up",
  ifdown: "down",
  netns: "--netns NAME COMMAND",
  "ovs-vsctl": "ovs",
  "ovsdb-client": "ovs db",
  virsh: "network",
  iptables: "network",
  nft: "network",
};

/** The same of sub-commands. Of several, the first that there is. */
const SUB_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  del: ["delete", "remove"],
  rm: ["delete", "remove"],
  remove: ["delete"],
  delete: ["undefine", "remove"],
  destroy: ["delete", "stop"],
  ls: ["list"],
  lst: ["list"],
  show: ["list"],
  new: ["add", "create"],
  create: ["add"],
  change: ["set", "replace"],
  link: ["show"],
  flush: ["delete"],
  dumpxml: ["dump"],
  "add-br": ["bridge add"],
  "del-br": ["bridge delete"],
  "list-br": ["bridge list"],
  "add-port": ["port add"],
  "del-port": ["port delete"],
  "list-ports": ["port list"],
  "add-bond": ["bond add"],
};

/** Options of other tools, and what does the same here. */
const DASHED: Readonly<Record<string, string>> = {
  "-n": "--netns",
  "-j": "--json",
  "-json": "--json",
  "-V": "--version",
  "-b": "batch",
  "-batch": "batch",
  "-br": "link list",
  "-brief": "link list",
  "-d": "link show NAME all",
  "-details": "link show NAME all",
  "-s": "link show NAME all",
  "-w": "sysctl set",
  "-a": "sysctl list",
};

/** The same of options. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "active-slave": ["active-port"],
  "primary-slave": ["primary"],
  brd: ["broadcast"],
  nud: ["state"],
  "valid-lft": ["valid-lifetime"],
  "preferred-lft": ["preferred-lifetime"],
  dstport: ["port"],
  grp: ["group"],
  slaves: ["ports"],
  interfaces: ["ports"],
  hairpin: ["mode"],
  vid: ["vlan", "id"],
  tag: ["vlan"],
  stp: ["stp-state"],
  ageing: ["ageing-time"],
  setageing: ["ageing-time"],
  fd: ["forward-delay"],
  hello: ["hello-time"],
  gw: ["via"],
  gateway: ["via"],
  src: ["source", "from"],
  dev: ["link"],
  mac: ["address", "lladdr"],
  type: ["kind"],
  user: ["owner"],
  nomaster: ["master"],
  "multi-queue": ["queues"],
  txqueuelen: ["txqlen"],
  lookup: ["table"],
  br: ["bridge"],
  proto: ["protocol"],
  root: ["parent"],
  state: ["up"],
  prio: ["priority"],
  pref: ["priority"],
};

/** Those that mean the same, and take the same value: typed apart, as `ip` has them, they are understood. */
const SYNONYMS: ReadonlySet<string> = new Set([
  ...["brd", "nud", "valid-lft", "preferred-lft", "dstport", "grp", "stp", "vid"],
  ...["gw", "gateway", "dev", "type", "txqueuelen", "lookup", "prio", "pref", "br", "proto", "user"],
]);

/** The option that a word of another tool is another name for; what is only near to one is none. */
export function synonym(word: string, known: readonly string[]): string | undefined {
  const kebab = word.replaceAll("_", "-");
  if (known.includes(kebab)) return kebab;
  return SYNONYMS.has(kebab) ? among(OPTIONS, kebab, known) : undefined;
}

function among(names: Readonly<Record<string, readonly string[]>>, word: string, known: readonly string[]) {
  const meant = Object.hasOwn(names, word) ? names[word]! : [];
  return meant.find((each) => known.includes(each));
}

/** The option, or the command, that does what another tool's option does. */
export function dashedElsewhere(option: string): string | undefined {
  return Object.hasOwn(DASHED, option) ? DASHED[option] : undefined;
}

/** The command that was probably meant by a word, and the next one, of another tool. */
export function commandMeant(
  name: string,
  [next = ""]: readonly string[],
  known: readonly string[],
): string | undefined {
  if (name === "virsh" && next.startsWith("iface-")) return "interface";
  if (name === "ip" && next !== "") return commandMeant(next, [], known) ?? (known.includes(next) ? next : "link");
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

/** The sub-command that was probably meant. */
export function subCommandMeant(name: string, known: readonly string[]): string | undefined {
  const own = name.replace(/^(net|iface)-/, "");
  if (own !== name && known.includes(own)) return own;
  const meant = Object.hasOwn(SUB_COMMANDS, own) ? SUB_COMMANDS[own]! : [];
  return meant.find((each) => known.includes(each.split(" ")[0]!));
}

/**
 * The second word of a sub-command that was probably meant, "" for none: what prints may be typed with "show". With a further
 * word behind it, one that is near, too: by itself that may be a link's name.
 */
export function secondMeant([typed = "", next]: readonly string[], known: readonly string[]): string | undefined {
  if (["show", "list", "ls"].includes(typed)) return "";
  return subCommandMeant(typed, known) ?? (next === undefined ? undefined : nearest(typed, known));
}

/** The option that was probably meant: another tool's word for it, or the kernel's with its underscores. */
export function optionMeant(word: string, known: readonly string[]): string | undefined {
  const kebab = word.replaceAll("_", "-");
  return known.includes(kebab) ? kebab : among(OPTIONS, kebab, known);
}
