import type { AttributeTable } from "../../../netlink/codecs/attributes.js";
import { text } from "../../../netlink/codecs/codec.js";
import { linkKinds } from "../../../rtnetlink/link/kinds/index.js";
import { netkit } from "../../../rtnetlink/link/kinds/pairs/netkit.js";
import { type Section, shaped, tableWords, type Option, wordOf } from "../../parsing/option.js";
import { namespace } from "./namespace-word.js";

/** A kind's options; its table is made when its words are looked at. */
function kindSection(kind: keyof typeof linkKinds, title: string): Section {
  let made: readonly Option[] | undefined;
  return {
    title,
    get words() {
      return (made ??= tableWords(linkKinds[kind]));
    },
  };
}

const otherEnd = [
  wordOf("peer", shaped(text(), "NAME"), "name of the other end"),
  wordOf("peerNamespace", namespace, "the namespace that the other end goes into", "peer-netns"),
];

/** The options of kinds that have a command of their own, and of pairs. */
export const kindSections = {
  bond: kindSection("bond", "A bond"),
  bridge: kindSection("bridge", "A bridge"),
  vlan: kindSection("vlan", "A VLAN"),
  macvlan: kindSection("macvlan", "A macvlan"),
  macvtap: kindSection("macvtap", "A macvtap"),
  vxlan: kindSection("vxlan", "A VXLAN"),
  veth: { title: "A veth", words: otherEnd },
  netkit: { title: "A netkit", words: [...otherEnd, ...tableWords(netkit)] },
} satisfies Partial<Record<keyof typeof linkKinds, Section>>;

/** The kinds that rtnetlink creates: of a TUN it reports everything and sets nothing. */
export const creatable = Object.entries(linkKinds)
  .filter(([, { entries }]: [string, AttributeTable]) => {
    const codecs = Object.values(entries).map(([, codec]) => codec);
    return codecs.length === 0 || codecs.some(({ readOnly }) => readOnly !== true);
  })
  .map(([each]) => each as keyof typeof linkKinds);

/** The options of every kind that can be created, by the kind. */
export const sectionsByKind: Readonly<Record<string, Section>> = Object.fromEntries(
  creatable.map((kind) => [kind, (kindSections as Partial<Record<string, Section>>)[kind] ?? kindSection(kind, kind)]),
);
