import type { NewSettings, Settings } from "../../netlink/codecs/attributes.js";
import type { KindOnLink } from "../../rtnetlink/link/kinds/requirements.js";
import type { LinkKinds } from "../../rtnetlink/link/kinds/index.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Destination } from "../../kernel/namespace-descriptor.js";
import type { Referring } from "./references.js";

/** Any link's settings, but for those that a kind has a word of its own for. A kind's `link` may be given by name, as any link's. */
type BesideOptions<K extends LinkKind> = Omit<Referring, Exclude<keyof Settings<LinkKinds[K]>, "link">> & {
  namespace?: Destination | undefined;
};

/** A link's settings and its kind's options, side by side. Where both have a word, such as `link`, the kind's is meant. */
export type KindSettings<K extends LinkKind> = BesideOptions<K> & Omit<Settings<LinkKinds[K]>, "link">;

/** What a link of a kind is created with: what the kernel does not create one without must be given. */
export type NewKindSettings<K extends LinkKind> = BesideOptions<K> &
  Omit<NewSettings<LinkKinds[K]>, "link"> &
  (K extends KindOnLink ? { link: LinkReference } : unknown);

/** The kinds that are created without settings. */
export type KindAlone = { [K in LinkKind]: object extends NewKindSettings<K> ? K : never }[LinkKind];

/** What a bridge is created with. Without an `address` it gets a random one of its own, which then stays. */
export type BridgeSettings = KindSettings<"bridge">;
