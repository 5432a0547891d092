import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import * as nft from "../netfilter/index.js";
import type { Change, TableReference } from "../netfilter/messages/change.js";
import type { Clause } from "../netfilter/rules/clause.js";
import type { Ruleset } from "../netfilter/listing.js";
import { addressNumber, addressText, type Subnet, subnetOf, subnetText } from "../networks/subnet.js";
import { releasePort } from "../networks/anti-spoofing.js";
import type { Attachment } from "./attachment.js";
import { CniError } from "./error.js";
import type { Where } from "./plugins/plugin.js";

/** The name of the tables that all attachments share. */
const TABLE = "linkwright-cni";
const INET = { family: "inet", table: TABLE } as const;
const BRIDGE = { family: "bridge", table: TABLE } as const;
export const TABLES = [INET, BRIDGE] as const;

const toPort = { key: ["inetProto", "inetService"] } as const;
const toPortAt4 = { key: ["ipv4Addr", "inetProto", "inetService"] } as const;
const toPortAt6 = { key: ["ipv6Addr", "inetProto", "inetService"] } as const;
const place4 = { data: ["ipv4Addr", "inetService"] } as const;
const place6 = { data: ["ipv6Addr", "inetService"] } as const;

/** Where a packet goes by its source, where a port of this machine leads to, and who may send from which MAC. */
const SETS = {
  sources4: { key: "ipv4Addr", data: "verdict" },
  sources6: { key: "ipv6Addr", data: "verdict" },
  ports4: { ...toPort, ...place4 },
  ports6: { ...toPort, ...place6 },
  portsAt4: { ...toPortAt4, ...place4 },
  portsAt6: { ...toPortAt6, ...place6 },
  held: { key: "ifname" },
  macs: { key: ["ifname", "etherAddr"] },
} as const satisfies Record<string, nft.SetShape>;
type SetName = keyof typeof SETS;

const isOfBridge = (set: SetName): boolean => set === "held" || set === "macs";
const placeOf = (set: SetName) => ({ ...(isOfBridge(set) ? BRIDGE : INET), set });
const inChain = (chain: string) => ({ ...INET, chain });

/** An element of one of the sets. */
interface Entry {
  readonly set: SetName;
  readonly element: nft.SetElement;
}

const isSix = (address: string): boolean => address.includes(":");
/** An address without the length of its prefix, as the kernel spells it. */
const bare = (address: string): string => addressText(subnetOf(address).family, addressNumber(address));

/** The chain that those of a subnet are led to; nft's names have no colon. */
function chainOf(masquerade: boolean, subnet: Subnet): string {
  return `${masquerade ? "masquerade" : "hairpin"}-${subnetText(subnet).replaceAll(":", "_")}`;
}

/** The chains that an attachment needs, with what is said there of connections from its subnet. */
function chainsOf({ masquerade, ports, addresses }: Attachment): { name: string; rules: Clause[][] }[] {
  if (!masquerade && ports.length === 0) return [];
  return addresses.map((address) => {
    const subnet = subnetOf(address);
    const four = subnet.family === "inet";
    const destination = four ? "ip4Destination" : "ip6Destination";
    const inside = nft.is(destination, subnetText(subnet));
    // One that reaches a neighbour, or itself, by a port of this machine must get its answers by the same way.
    const hairpin = [inside, nft.is("ctStatus", "dstNat"), nft.masquerade()];
    const outside = [
      [inside, nft.returnVerdict()],
      [nft.is(destination, four ? "224.0.0.0/4" : "ff00::/8"), nft.returnVerdict()],
      [nft.masquerade()],
    ];
    return { name: chainOf(masquerade, subnet), rules: [hairpin, ...(masquerade ? outside : [])] };
  });
}

/** What an attachment has in the sets. */
function entriesOf(attachment: Attachment): Entry[] {
  const { masquerade, ports, addresses, onlyMac, link } = attachment;
  const sources = masquerade || ports.length > 0 ? addresses : [];
  return [
    ...sources.map((address): Entry => {
      const element = { key: bare(address), data: { jump: chainOf(masquerade, subnetOf(address)) } };
      return { set: isSix(address) ? "sources6" : "sources4", element };
    }),
    ...ports.flatMap(({ protocol, hostPort, containerPort, hostIP }) =>
      [addresses.find((each) => !isSix(each)), addresses.find(isSix)].flatMap((address): Entry[] => {
        if (address === undefined || (hostIP !== undefined && isSix(hostIP) !== isSix(address))) return [];
        const family = isSix(address) ? 6 : 4;
        const key = [...(hostIP === undefined ? [] : [hostIP]), protocol, hostPort];
        const set = `ports${hostIP === undefined ? "" : "At"}${family}` as const;
        return [{ set, element: { key, data: [bare(address), containerPort] } }];
      }),
    ),
    ...(onlyMac === undefined
      ? []
      : [
          { set: "held" as const, element: { key: link } },
          { set: "macs" as const, element: { key: [link, onlyMac] } },
        ]),
  ];
}

function emptySets(ofBridge: boolean): Change[] {
  const names = (Object.keys(SETS) as SetName[]).filter((set) => isOfBridge(set) === ofBridge);
  return names.flatMap((set) => nft.addSet({ ...placeOf(set), ...SETS[set] }));
}

/** Ports of this machine, of connections from elsewhere or of its own; what the loopback's addresses send cannot leave by another link. */
function portRules(chain: string, own: boolean): Change[] {
  const families = [
    { family: "ip", destination: "ip4Destination", loopback: "127.0.0.0/8", at: "portsAt4", any: "ports4" },
    { family: "ip6", destination: "ip6Destination", loopback: "::1", at: "portsAt6", any: "ports6" },
  ] as const;
  return families.flatMap(({ family, destination, loopback, at, any }) => {
    const here = [
      nft.is("nfproto", family),
      nft.is("fibDestinationType", "local"),
      ...(own ? [nft.not(nft.is(destination, loopback))] : []),
    ];
    const key = ["l4proto", "destinationPort"] as const;
    return [
      ...nft.addRule(inChain(chain), [...here, nft.dnatBy(at, { family, key: [destination, ...key], port: true })]),
      ...nft.addRule(inChain(chain), [...here, nft.dnatBy(any, { family, key, port: true })]),
    ];
  });
}

function emptyInet(): Change[] {
  const base = (chain: string, hook: "prerouting" | "output" | "postrouting", priority: "dstnat" | "srcnat"): Change =>
    nft.addChain({ ...inChain(chain), base: { type: "nat", hook, priority } });
  return [
    nft.addTable(INET, { exclusive: true }),
    ...emptySets(false),
    base("prerouting", "prerouting", "dstnat"),
    ...portRules("prerouting", false),
    base("output", "output", "dstnat"),
    ...portRules("output", true),
    base("postrouting", "postrouting", "srcnat"),
    ...nft.addRule(inChain("postrouting"), [nft.verdictMap("sources4", "ip4Source")]),
    ...nft.addRule(inChain("postrouting"), [nft.verdictMap("sources6", "ip6Source")]),
  ];
}

function emptyBridge(): Change[] {
  const chain = { ...BRIDGE, chain: "prerouting" };
  const another = nft.not(nft.isIn("macs", "iifname", "etherSource"));
  return [
    nft.addTable(BRIDGE, { exclusive: true }),
    ...emptySets(true),
    nft.addChain({ ...chain, base: { hook: "prerouting", priority: "dstnat" } }),
    ...nft.addRule(chain, [nft.isIn("held", "iifname"), another, nft.counter(), nft.drop()]),
  ];
}

/** What an attachment's entries need: each is made whole, or not, where there is one. */
function needsOf(attachment: Attachment): Change[][] {
  const entries = entriesOf(attachment);
  const needsTable = (ofBridge: boolean): boolean => entries.some(({ set }) => isOfBridge(set) === ofBridge);
  return [
    ...(needsTable(false) ? [emptyInet()] : []),
    ...(needsTable(true) ? [emptyBridge()] : []),
    ...chainsOf(attachment).map(({ name, rules }) => [
      nft.addChain(inChain(name), { exclusive: true }),
      ...rules.flatMap((rule) => nft.addRule(inChain(name), rule)),
    ]),
  ];
}

const adding = ({ set, element }: Entry): Change[] => nft.addElements(placeOf(set), SETS[set], [element]);
const removing = ({ set, element }: Entry): Change[] => nft.removeElements(placeOf(set), SETS[set], [element]);

function refusedWith(error: unknown, ...codes: string[]): boolean {
  return error instanceof NetlinkError && codes.includes(error.code);
}

/** Makes changes for an attachment, with the tables and chains that they need. */
async function commitWithNeeds({ netfilter }: Pick<Host, "netfilter">, attachment: Attachment, changes: Change[]) {
  await netfilter.commit(changes).catch(async (error: unknown) => {
    if (!refusedWith(error, "ENOENT")) throw error;
    for (const need of needsOf(attachment))
      await netfilter.commit(need).catch((refused: unknown) => {
        if (!refusedWith(refused, "EEXIST")) throw refused;
      });
    await netfilter.commit(changes);
  });
}

/** What an attachment has in some of the tables. */
function entriesIn(attachment: Attachment, tables: readonly TableReference[]): Entry[] {
  return entriesOf(attachment).filter(({ set }) => tables.some(({ family }) => family === placeOf(set).family));
}

export function hasRulesIn(attachment: Attachment, tables: readonly TableReference[]): boolean {
  return entriesIn(attachment, tables).length > 0;
}

/**
 * Puts an attachment's rules of some tables in place, all or none, with the tables and chains that they need. Resolves with false, and
 * puts none, where a port of this machine leads to another already.
 */
export async function putUp(
  host: Pick<Host, "netfilter">,
  attachment: Attachment,
  tables: readonly TableReference[] = TABLES,
): Promise<boolean> {
  const changes = entriesIn(attachment, tables).flatMap(adding);
  if (changes.length === 0) return true;
  try {
    await commitWithNeeds(host, attachment, changes);
    return true;
  } catch (error) {
    if (refusedWith(error, "EBUSY", "EEXIST")) return false;
    throw error;
  }
}

/** All entries that are there. */
function entriesThere({ sets }: Ruleset): Entry[] {
  return (Object.keys(SETS) as SetName[]).flatMap((set) => {
    const { family } = placeOf(set);
    const there = sets.find((each) => each.family === family && each.name === set);
    const elements = there === undefined ? [] : [...nft.elementsOf(there, there.elements)];
    return elements.map(({ key, data }): Entry => ({ set, element: { key, data } }));
  });
}

const spelled = ({ set, element: { key, data } }: Entry): string => JSON.stringify([set, key, data]);

/** Those of an attachment's entries that are there. */
function present(ruleset: Ruleset, attachment: Attachment): Entry[] {
  const there = new Set(entriesThere(ruleset).map(spelled));
  return entriesOf(attachment).filter((entry) => there.has(spelled(entry)));
}

async function takeAway(host: Host, attachment: Attachment, ofBridge: boolean): Promise<void> {
  const isMeant = ({ set }: Entry): boolean => isOfBridge(set) === ofBridge;
  const changes = entriesOf(attachment).filter(isMeant).flatMap(removing);
  if (changes.length === 0) return;
  await host.netfilter.commit(changes).catch((error: unknown) => {
    if (!refusedWith(error, "ENOENT")) throw error;
    return host.netfilter.transact((ruleset) => present(ruleset, attachment).filter(isMeant).flatMap(removing), {
      table: TABLE,
    });
  });
}

/** Takes away what leads to an attachment and what translates it, as far as it is there. */
export async function takeDown({ host }: Pick<Where, "host">, attachment: Attachment): Promise<void> {
  await takeAway(host, attachment, false);
}

/** Takes away what bounds a link that is gone, as far as it is there: until then it could be anybody by it. */
export async function unbind({ host, rules }: Pick<Where, "host" | "rules">, attachment: Attachment): Promise<void> {
  await takeAway(host, attachment, true);
  if (attachment.guard !== undefined) await releasePort(host, attachment.guard.index, rules);
}

/** Throws CniError unless an attachment's rules are all there. */
export async function checkRules(host: Pick<Host, "netfilter">, attachment: Attachment): Promise<void> {
  const entries = entriesOf(attachment);
  if (entries.length === 0) return;
  const there = new Set(present(await host.netfilter.ruleset({ table: TABLE }), attachment).map(spelled));
  const missing = entries.find((entry) => !there.has(spelled(entry)));
  if (missing !== undefined)
    throw new CniError(
      "notAsAdded",
      `${missing.set} of table ${placeOf(missing.set).family} ${TABLE} lacks ${String(missing.element.key)}`,
    );
}

/** Takes away all that none of the attachments has, which are asked for when it is known what is there. */
export async function sweep(host: Pick<Host, "netfilter">, attachments: () => readonly Attachment[]): Promise<void> {
  await host.netfilter.transact(
    (ruleset) => {
      const claimed = attachments();
      const entries = claimed.flatMap(entriesOf);
      const used = new Set(entries.map(({ set }) => placeOf(set).family));
      const own = new Set(entries.map(spelled));
      const chains = new Set(claimed.flatMap(chainsOf).map(({ name }) => name));
      const unused = ruleset.chains.filter(
        ({ family, hook, name }) => family === "inet" && hook === undefined && !chains.has(name ?? ""),
      );
      return [
        ...entriesThere(ruleset)
          .filter((entry) => used.has(placeOf(entry.set).family) && !own.has(spelled(entry)))
          .flatMap(removing),
        ...(used.has("inet") ? unused.map(({ name = "" }) => nft.removeChain(inChain(name))) : []),
        ...[INET, BRIDGE]
          .filter(({ family }) => ruleset.tables.some((table) => table.family === family) && !used.has(family))
          .map((table) => nft.removeTable(table)),
      ];
    },
    { table: TABLE },
  );
}
