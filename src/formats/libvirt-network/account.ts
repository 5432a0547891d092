import { InputError } from "../../base/errors.js";
import type { Uncarried } from "../draft/draft.js";
import { all, type Entry, find } from "../draft/entry.js";

/** What is kept of a network's XML and not acted on, by where it stands, and why. The longest path counts. */
const WHY: Readonly<Record<string, string>> = {
  "": "it is not acted on",
  uuid: "a network is known by its name",
  metadata: "it is for whoever wrote it",
  title: "a network is known by its name",
  description: "it is for who reads it",
  connections: "it is a state, and none to be set",
  ipv6: "guests reach one another by IPv6 in any case",
  "forward/managed": "a virtual function is always given back to its driver",
  "forward/driver": "a virtual function is always the guest's by vfio-pci",
  "forward/interface/connections": "it is a state, and none to be set",
  "bridge/stp": "guests have one port each, which makes no loop: without a spanning tree they need not wait",
  "bridge/delay": "without a spanning tree there is no delay",
  "bridge/zone": "firewalld is not asked: firewall: adopt opens its chains",
  "bridge/macTableManager": "the kernel learns MACs",
  "domain/localOnly": "nobody else is ever asked about names in the network's domain",
  "domain/register":
    "systemd-resolved is told by whoever wants it: the network's own address answers this machine, too",
  dns: "names have addresses here and nothing else; all resolvers are asked about all domains",
  "ip/tftp": "files for guests without a disk are another server's",
  "ip/localPtr": "nobody else is ever asked about the network's addresses",
  "ip/dhcp/host/name": "of IPv6, guests get their addresses by router advertisement",
  "ip/dhcp": "of IPv6, guests get their addresses by router advertisement",
  route: "routes by a guest are said with route add",
  bandwidth: "rates are said of a guest's port",
  portgroup: "what only some ports have is said of those",
  "virtualport/parameters": "it is said of a guest's port",
  "port/isolated": "isolation is said of a guest's port",
  trustGuestRxFilters: "a guest's MACs are said of its port",
};

/** The account of what of an XML's entries is carried. */
export interface Account {
  /** The value of an attribute or of an element's text, which is carried then. */
  value(entry: Entry | undefined, key: string): string | undefined;
  /** The entries of a key. */
  each(entry: Entry | undefined, key: string): readonly Entry[];
  /** It is carried, with all that is in it. */
  carry(entry: Entry | undefined): void;
  /** Something that is carried in another way than it was meant. */
  remark(entry: Entry, why: string): void;
  /** What is not carried, and what was remarked. */
  finish(): readonly Uncarried[];
}

/** An InputError that says where in the file something is wrong. */
export function refusalOf({ file, line }: Entry, problem: string): InputError {
  return new InputError(problem, `${file}:${line}`);
}

function reasonFor(path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const why = WHY[path.slice(0, length).join("/")];
    if (why !== undefined) return why;
  }
  return WHY[""]!;
}

export function accountOf(root: Entry): Account {
  const left = new Map<Entry, string>();
  const remarks: Uncarried[] = [];

  function expect(entry: Entry, path: readonly string[]): void {
    if (entry.entries.length === 0) left.set(entry, reasonFor(path));
    for (const each of entry.entries) expect(each, [...path, each.key]);
  }
  expect(root, []);

  function carry(entry: Entry | undefined): void {
    if (entry === undefined) return;
    left.delete(entry);
    entry.entries.forEach(carry);
  }

  function uncarried({ file, line, text }: Entry, why: string): Uncarried {
    return { file, line, text, why };
  }

  return {
    value(entry, key) {
      const found = find(entry?.entries ?? [], key);
      carry(found);
      return found?.value;
    },
    each: (entry, key) => all(entry?.entries ?? [], key),
    carry,
    remark: (entry, why) => void remarks.push(uncarried(entry, why)),
    finish: () =>
      [...[...left].map(([entry, why]) => uncarried(entry, why)), ...remarks].sort((a, b) => a.line - b.line),
  };
}
