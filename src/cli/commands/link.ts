import type { Destination } from "../../host/destination.js";
import type { Host } from "../../host/host.js";
import type { BridgeSettings, LinkKind } from "../../host/kind-settings.js";
import type { Link } from "../../rtnetlink/link.js";
import type { LinkSettings } from "../../rtnetlink/link-requests.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { linkTable, namesAround } from "../link-table.js";
import { describeLink } from "../link-text.js";
import { removeNamed } from "../removal.js";
import { set as setOfKind } from "./kind.js";

export async function list(host: Host, { options }: Call): Promise<Report> {
  const links = await host.links(options);
  const names = await namesAround(host, links);
  return { value: links, text: (style) => linkTable(links, names, style) };
}

export async function show(host: Host, { operands: [name = ""] }: Call): Promise<Report> {
  const link = await host.link(name);
  const names = await namesAround(host, [link]);
  return { value: link, text: (style) => describeLink(link, names, style) };
}

type Settings = LinkSettings & { namespace?: Destination };

interface VethWords {
  readonly peer?: string;
  readonly peerNamespace?: string;
}

function addVeth(host: Host, name: string, words: Settings & VethWords): Promise<Link> {
  const { peer, peerNamespace, ...settings } = words;
  return host.addVeth(name, { ...settings, peer: { name: peer, namespace: peerNamespace } });
}

export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  const { kind, ...settings } = options as Settings & VethWords & { kind: string };
  if (kind === "bridge") return { value: await host.addBridge(name, settings as BridgeSettings) };
  if (kind === "veth") return { value: await addVeth(host, name, settings) };
  return { value: await host.addLink(name, kind, settings) };
}

export async function set(host: Host, call: Call): Promise<Report> {
  const { kind, ...settings } = call.options as Settings & { kind?: LinkKind };
  if (kind !== undefined)
    return setOfKind({ kind, what: `of kind ${kind}`, shown: [] })(host, { ...call, options: settings });
  await host.setLink(call.operands[0]!, settings);
  return { value: {} };
}

export const remove = removeNamed;
