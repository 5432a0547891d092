import type { Values } from "../../netlink/attributes.js";
import type { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Destination } from "../../kernel/destination.js";
import type { Referring } from "./references.js";

/** The kinds of link whose options are known. */
export type LinkKind = keyof typeof linkKinds;

/** A link's settings and its kind's options, side by side. Where both have a word, such as `link`, the kind's is meant. */
export type KindSettings<K extends LinkKind> = Omit<Referring, Exclude<keyof Values<(typeof linkKinds)[K]>, "link">> &
  Omit<Values<(typeof linkKinds)[K]>, "link">;

/** What a link of a kind is created with. */
export type NewKindSettings<K extends LinkKind> = KindSettings<K> & { namespace?: Destination | undefined };

/** What a bridge is created with. Without an `address` it gets a random one of its own, which then stays. */
export type BridgeSettings = KindSettings<"bridge">;

/** What a link of a kind is created with that cannot be without the link below. */
export type OnLink<K extends LinkKind> = NewKindSettings<K> & { link: LinkReference };
