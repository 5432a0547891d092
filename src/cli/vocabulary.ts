import type { AttributeTable } from "../netlink/attributes.js";
import { mapped, parseSwitch, text } from "../netlink/codec.js";
import { flag8, u16, u32 } from "../netlink/numbers.js";
import { internetAddress, mac } from "../netlink/internet.js";
import { InputError, quoted } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { words } from "../netlink/words.js";
import { addressAttributes, addressCacheinfo, ifaddrmsg } from "../rtnetlink/address/address.js";
import { bondPort } from "../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../rtnetlink/link/kinds/bridge-port.js";
import { linkKinds } from "../rtnetlink/link/kinds/index.js";
import { netkit } from "../rtnetlink/link/kinds/netkit.js";
import { tun } from "../rtnetlink/link/kinds/tun.js";
import { checkLinkKind, isLinkKind, type LinkKind, type OtherKind } from "../rtnetlink/link/link-kind.js";
import { linkAttributes, linkInfo } from "../rtnetlink/link/link.js";
import { forwardingSections } from "./forwarding-words.js";
import { neighbourSections } from "./neighbour-words.js";
import { nexthopSections } from "./nexthop-words.js";
import { qemuSections } from "./qemu-words.js";
import { routeSections } from "./route-words.js";
import { ruleSections } from "./rule-words.js";
import { type Section, shaped, tableWords, type Word, wordOf } from "./word.js";
import { trafficSections } from "./traffic-words.js";
import { virtualFunctionSections } from "./virtual-function-words.js";
import { attachVlanWords, vlanSections } from "./vlan-words.js";

export type { Section, Word } from "./word.js";

const name = text();
const namespace = mapped(name, {
  words: "NAME|PATH",
  toWire: (value: { name: string }) => value.name,
  fromWire: (wire) => ({ name: wire }),
  parse: (word) => ({ name: word }),
});

const links = { words: "LINK,…", parse: (word: string) => word.split(",").map((each) => name.parse(each)) };

const up = wordOf("up", flag8, "the link is up");
const down: Word = { ...up, word: "down", description: "the link is down", parse: (value) => !parseSwitch(value) };
const switches = [
  wordOf("arp", flag8, "it asks for link-layer addresses"),
  wordOf("multicast", flag8, "it takes part in multicast"),
  wordOf("allmulticast", flag8, "it receives all multicast"),
  wordOf("promisc", flag8, "it receives all frames"),
  wordOf("dynamic", flag8, "its addresses go when it goes down"),
];
const netns = wordOf("namespace", namespace, "the namespace that the link goes into", "netns");
const { kind: kindEntry } = linkInfo.entries;

/** The word for a kind: of those that are not known here, one that is near to one that is may be misspelt. */
function kindWord(kinds: readonly string[], description: string): Word {
  const parse = (word: string): LinkKind | OtherKind => {
    if (isLinkKind(word)) return word;
    const other = word.startsWith("other:") ? word.slice("other:".length) : word;
    const meant = nearest(word, kinds);
    if (other !== word || meant === undefined) return { other };
    throw new InputError(
      `${quoted(word)} is no kind of link that is known here; did you mean "${meant}"? If the kernel knows it: kind=other:${word}`,
    );
  };
  return wordOf("kind", { words: `${kinds.join("|")}|…`, parse }, description);
}

/** The kinds that rtnetlink creates: of a TUN it reports everything and sets nothing. */
const creatable = Object.entries(linkKinds)
  .filter(([, { entries }]: [string, AttributeTable]) => {
    const codecs = Object.values(entries).map(([, codec]) => codec);
    return codecs.length === 0 || codecs.some(({ readOnly }) => readOnly !== true);
  })
  .map(([each]) => each as keyof typeof linkKinds);

const knownKind = {
  words: creatable.join("|"),
  parse(word: string): LinkKind {
    checkLinkKind(word);
    return word;
  },
};

const peer = wordOf("peer", internetAddress, "the other end of a point-to-point link");

function linkWord(property: keyof typeof linkAttributes.entries): Word {
  const [, codec, description] = linkAttributes.entries[property];
  return wordOf(property, codec, description);
}

function addressWord(property: keyof typeof addressAttributes.entries): Word {
  const [, codec, description] = addressAttributes.entries[property];
  return wordOf(property, codec, description);
}

const { broadcast } = addressAttributes.entries;
const { parse: parseBroadcast } = broadcast[1];
const broadcastOrLast = shaped(broadcast[1], "IPv4|+", (word) => (word === "+" ? word : parseBroadcast(word)));
const { preferred, valid } = addressCacheinfo.fields;

const otherEnd = [
  wordOf("peer", shaped(name, "NAME"), "name of the other end"),
  wordOf("peerNamespace", namespace, "the namespace that the other end goes into", "peer-netns"),
];

/** A kind's options; its table is made when its words are looked at. */
function kindSection(kind: keyof typeof linkKinds, title: string): Section {
  let made: readonly Word[] | undefined;
  return {
    title,
    get words() {
      return (made ??= tableWords(linkKinds[kind]));
    },
  };
}

/** Every section, by the name that the table of commands has for it. A kind's section has the kind's name. */
export const sections = {
  link: { title: "Any link", words: [up, down, ...switches, ...tableWords(linkAttributes), netns] },
  rename: { title: "Renaming", words: [linkWord("name")] },
  kind: { title: "What to create", words: [kindWord(creatable, kindEntry[2])] },
  bond: kindSection("bond", "A bond"),
  bondPorts: {
    title: "A bond's ports",
    words: [
      {
        ...wordOf("ports", links, "the links that become its ports; one each time, if given more than once"),
        each: name.parse,
      },
    ],
  },
  ofKind: {
    title: "Options of its kind",
    words: [wordOf("kind", knownKind, "what it is, to change that kind's options")],
  },
  bridge: kindSection("bridge", "A bridge"),
  vlan: kindSection("vlan", "A VLAN"),
  macvlan: kindSection("macvlan", "A macvlan"),
  macvtap: kindSection("macvtap", "A macvtap"),
  vxlan: kindSection("vxlan", "A VXLAN"),
  veth: { title: "A veth", words: otherEnd },
  netkit: { title: "A netkit", words: [...otherEnd, ...tableWords(netkit)] },
  bondPort: { title: "A port of a bond", words: tableWords(bondPort) },
  port: {
    title: "A port of a bridge",
    words: [
      ...tableWords(bridgePort),
      ...attachVlanWords,
      wordOf("move", flag8, "leave the bridge that it belongs to now"),
    ],
  },
  tap: {
    title: "A TAP",
    words: [
      wordOf("mode", words(u16, { tap: 0, tun: 1 }), "Ethernet frames or IP packets"),
      wordOf("owner", u32, tun.entries.owner[2]),
      wordOf("group", u32, tun.entries.group[2]),
      wordOf("queues", u16, "queues, 1 to 256; more than one makes it multi-queue"),
      wordOf("multiQueue", flag8, "multi-queue even with one queue"),
      wordOf("vnetHdr", flag8, tun.entries.vnetHdr[2]),
      wordOf("vnetHdrSize", u16, "bytes of that header: 10 or 12 as a rule"),
      wordOf("packetInformation", flag8, tun.entries.pi[2]),
      wordOf("napi", flag8, "use NAPI for packets that are written to it"),
      wordOf("napiFrags", flag8, "NAPI, with packets put together from fragments"),
      wordOf("noCarrier", flag8, "comes up without a carrier"),
      wordOf("linkType", u16, "what a TUN is on the wire (ARPHRD_*)"),
      wordOf("sndbuf", u32, "bytes that may wait for transmission"),
      wordOf("address", mac, linkAttributes.entries.address[2]),
      linkWord("mtu"),
      wordOf("bridge", shaped(name, "LINK"), "attach it to this bridge: it takes on its MTU and comes up"),
      up,
    ],
  },
  address: {
    title: "An address",
    words: [
      peer,
      wordOf("broadcast", broadcastOrLast, "the broadcast address; + for the prefix's last"),
      addressWord("label"),
      wordOf("scope", ifaddrmsg.fields.scope, "how far it is valid"),
      addressWord("flags"),
      wordOf("validLifetime", valid, "how long it is valid"),
      wordOf("preferredLifetime", preferred, "how long it is chosen for new connections"),
      addressWord("rtPriority"),
      addressWord("proto"),
      wordOf("replace", flag8, "change it if it is there already"),
    ],
  },
  peer: { title: "Which address", words: [peer] },
  linkFilter: {
    title: "Which links",
    words: [kindWord(Object.keys(linkKinds), "links of this kind"), linkWord("master")],
  },
  addressFilter: {
    title: "Which addresses",
    words: [wordOf("family", words(u16, { inet: 2, inet6: 10 }), "IPv4 or IPv6")],
  },
  ...forwardingSections,
  ...vlanSections,
  ...routeSections,
  ...ruleSections,
  ...neighbourSections,
  ...nexthopSections,
  ...qemuSections,
  ...trafficSections,
  ...virtualFunctionSections,
  demo: {
    title: "The demonstration",
    words: [
      wordOf("taps", u16, "how many TAPs, 2 to 1000; 100 unless given"),
      wordOf("peers", flag8, "do the same work with ip and brctl, where they are installed; on unless given"),
      wordOf("inside", flag8, "it runs in namespaces of its own already, and starts no others"),
    ],
  },
} satisfies Record<string, Section>;

export type SectionName = keyof typeof sections;

/** A kind whose section has its name. */
export type KindName = SectionName & keyof typeof linkKinds;

/** The sections of kinds of link, by the kind. */
export const kindSections: Readonly<Record<string, Section>> = Object.fromEntries(
  creatable.map((kind) => [kind, (sections as Partial<Record<string, Section>>)[kind] ?? kindSection(kind, kind)]),
);
