import type { Host, LinkKind } from "../../../../src/index.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import { bondPort } from "../../../../src/rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../../../src/rtnetlink/link/kinds/bridge-port.js";
import { linkKinds, type LinkKinds } from "../../../../src/rtnetlink/link/kinds/index.js";
import { plainLink } from "../../../../src/rtnetlink/link/link-attributes.js";
import { WRITE_ONLY } from "./exceptions.js";
import { attributesOf, type Group, type Subject } from "./subject.js";

type Settings = Readonly<Record<string, unknown>>;

const IPV4 = { local: "192.0.2.1", remote: "192.0.2.2" };
const IPV6 = { local: "2001:db8::1", remote: "2001:db8::2" };
const KEYED = { ikey: 5, okey: 5, iflags: ["seq", "key"], oflags: ["seq", "key"] };
const ABOVE = { link: "eth0" };

/** What a link of each kind is created with here, in as many ways as its options need; none where netlink makes no such link. */
const WAYS: { readonly [K in keyof LinkKinds]: readonly Settings[] } = {
  bareudp: [{ port: 6635, ethertype: "mpls" }],
  bond: [{}, { miimon: 100, mode: "802.3ad" }, { arpInterval: 100, arpIpTarget: ["192.0.2.9"], mode: "active-backup" }],
  bridge: [{}],
  dummy: [{}],
  erspan: [
    { ...IPV4, ...KEYED, erspanVer: 1, erspanIndex: 3 },
    { ...IPV4, ...KEYED, erspanVer: 2, erspanDir: "ingress", erspanHwid: 3 },
  ],
  geneve: [{ id: 7, remote: "192.0.2.2" }, { id: 7, remote6: "2001:db8::2" }, { collectMetadata: true }],
  gre: [IPV4],
  gretap: [IPV4],
  gtp: [{ createSockets: true }],
  hsr: [{ port1: "eth0", port2: "eth1" }],
  ifb: [{}],
  ip6erspan: [
    { ...IPV6, ...KEYED, erspanVer: 1, erspanIndex: 3 },
    { ...IPV6, ...KEYED, erspanVer: 2, erspanDir: "ingress", erspanHwid: 3 },
  ],
  ip6gre: [IPV6],
  ip6gretap: [IPV6],
  ip6tnl: [IPV6],
  ipip: [IPV4],
  ipvlan: [ABOVE],
  ipvtap: [ABOVE],
  macsec: [ABOVE],
  macvlan: [ABOVE, { ...ABOVE, mode: "source" }, { ...ABOVE, mode: "passthru" }],
  macvtap: [ABOVE],
  netkit: [{ peerInfo: { name: "x1" } }],
  nlmon: [{}],
  sit: [IPV4, { ...IPV4, sixRdPrefix: "2002::", sixRdPrefixlen: 16 }],
  team: [{}],
  tun: [],
  veth: [{ peer: { name: "x1" } }],
  vlan: [{ ...ABOVE, id: 10 }],
  vrf: [{ table: 100 }],
  vti: [IPV4],
  vti6: [IPV6],
  vxcan: [{ peer: { name: "x1" } }],
  vxlan: [
    { id: 42, remote: "192.0.2.2", port: 4789 },
    { id: 42, remote6: "2001:db8::2", port: 4789 },
    { ...ABOVE, id: 42, local: "192.0.2.1", port: 4789 },
    { collectMetadata: true, port: 4789 },
  ],
  xfrm: [{ ...ABOVE, ifId: 7 }],
};

/** Values of options of which made-up ones mean nothing. */
const MEANT = {
  reservedBits: [Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1), Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 0)],
  groupAddr: ["01:80:c2:00:00:04", "01:80:c2:00:00:05"],
  groupFwdMask: [8, 16],
  egressQos: [
    [{ from: 1, to: 2 }],
    [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ],
  ],
  ingressQos: [
    [{ from: 1, to: 2 }],
    [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ],
  ],
};

const kinds = Object.keys(WAYS) as LinkKind[];

/** Two links to put others on, with addresses that tunnels can leave from, and their other ends. */
export const LOWER = ["eth0", "eth1", "eth0-far", "eth1-far"] as const;

/** Makes them, where they are not there yet. */
export async function withLower(host: Host): Promise<void> {
  if ((await host.links({ kind: "veth" })).some(({ name }) => name === LOWER[0])) return;
  for (const name of LOWER.slice(0, 2)) await host.addVeth(name, { peer: { name: `${name}-far`, up: true }, up: true });
  await host.addAddress("eth0", "192.0.2.1/24");
  await host.addAddress("eth0", "2001:db8::1/64", { flags: ["nodad"] });
}

async function indexed(host: Host, way: Settings): Promise<Settings> {
  const entries = Object.entries(way).map(async ([name, value]) => [
    name,
    /^port[12]$/.test(name) && typeof value === "string" ? (await host.link(value)).index : value,
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Settings;
}

async function dataOf(host: Host): Promise<object | undefined> {
  return (await host.link("x0")).linkInfo?.data;
}

function titled(kind: LinkKind, way: Settings): string {
  const { link: _link, ...rest } = way;
  return Object.keys(rest).length === 0 ? kind : `${kind} ${JSON.stringify(rest)}`;
}

async function add(host: Host, kind: LinkKind, way: Settings, more: Settings = {}): Promise<void> {
  await host.addLink("x0", kind, { ...(await indexed(host, way)), ...more } as never);
}

const byKind: Group[] = kinds.map((kind) => ({
  title: `a ${kind}`,
  subjects: WAYS[kind].flatMap((way, place): Subject[] => {
    const attributes = attributesOf(linkKinds[kind] as AttributeTable, MEANT);
    if (attributes.every(({ called }) => Object.hasOwn(WRITE_ONLY, called))) return [];
    return [
      {
        title: `a new ${titled(kind, way)}`,
        // What can be changed, too, is tried at creation in one way.
        attributes: attributes.filter(({ codec }) => place === 0 || codec?.atCreation === true),
        make: async (host) => {
          await withLower(host);
          await add(host, kind, way);
          await host.remove("x0");
        },
        set: (host, settings) => add(host, kind, way, settings),
        get: dataOf,
        clear: (host) => host.remove("x0"),
        slow: true,
      },
      {
        title: `a ${titled(kind, way)}`,
        // What cannot be changed is refused in one way as in another.
        attributes: attributes.filter(({ codec }) => place === 0 || codec?.atCreation !== true),
        make: async (host) => {
          await withLower(host);
          await add(host, kind, way);
        },
        set: (host, settings) => host.setKind("x0", kind, settings),
        get: dataOf,
      },
    ];
  }),
}));

/** A link of the kinds whose part of any link's attributes differs. */
const plain: Group[] = (["veth", "bridge", "ifb", "dummy", "vlan", "macvlan", "bond", "team", "vrf"] as const).map(
  (kind) => ({
    title: `what any link has, of a ${kind}`,
    subjects: [
      {
        title: kind,
        attributes: attributesOf(plainLink as AttributeTable),
        make: async (host) => {
          await withLower(host);
          await add(host, kind, WAYS[kind][0]!);
          await host.setLink("x0", { up: true });
        },
        set: (host, settings) => host.setLink("x0", settings),
        get: (host) => host.link("x0"),
      },
    ],
  }),
);

const portOf = async (host: Host): Promise<object | undefined> => (await host.link("v0")).linkInfo?.slaveData;

async function withPort(host: Host, kind: "bridge" | "bond", settings: object): Promise<void> {
  await host.addLink("m0", kind, settings as never);
  await host.addVeth("v0", { peer: { name: "v1", up: true } });
  await host.attach("v0", "m0");
}

const ports: Subject[] = [
  {
    title: "a bridge's port",
    attributes: attributesOf(bridgePort as AttributeTable),
    make: (host) => withPort(host, "bridge", { up: true }),
    set: (host, settings) => host.setPort("v0", settings),
    get: portOf,
  },
  ...(["active-backup", "802.3ad"] as const).map((mode) => ({
    title: `a port of a bond in mode ${mode}`,
    attributes: attributesOf(bondPort as AttributeTable),
    make: (host: Host) => withPort(host, "bond", { miimon: 100, mode }),
    set: (host: Host, settings: object) => host.setPort("v0", settings),
    get: portOf,
  })),
];

/** Links of every kind, new and changed, and ports. */
export const links: readonly Group[] = [
  ...plain,
  ...byKind.filter(({ subjects }) => subjects.length > 0),
  ...ports.map((subject) => ({ title: subject.title, subjects: [subject] })),
];
