import type { Destination } from "../../../kernel/namespace-descriptor.js";
import type { Host } from "../../../host/host.js";
import type { NewKindSettings } from "../../../host/links/kind-settings.js";
import type { LinkKind, OtherKind } from "../../../rtnetlink/link/link-kind.js";
import type { Link } from "../../../rtnetlink/link/link.js";
import type { LinkSettings } from "../../../rtnetlink/link/link-requests.js";

type Words = LinkSettings & {
  readonly namespace?: Destination;
  readonly peer?: string;
  readonly peerNamespace?: string;
};

/** Creates a link of a kind as the words say. */
export function create(host: Host, kind: LinkKind | OtherKind, name: string, words: Words): Promise<Link> {
  if (kind === "bridge") return host.addBridge(name, words);
  if (typeof kind === "object") return host.addLink(name, kind, words);
  if (kind !== "veth" && kind !== "netkit") return host.addLink(name, kind, words as NewKindSettings<typeof kind>);
  const { peer, peerNamespace, ...settings } = words;
  const pair = { ...settings, peer: { name: peer, namespace: peerNamespace } };
  return kind === "veth" ? host.addVeth(name, pair) : host.addNetkit(name, pair);
}
