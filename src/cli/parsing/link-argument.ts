import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

/** The link of a name; a number that is no link's name is an index. */
export async function linkCalled(host: Host, word: string): Promise<Link> {
  try {
    return await host.link(word);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV" || !/^[1-9]\d*$/.test(word)) throw error;
    return host.link(Number(word));
  }
}

/** A link of a name by its index; the word, where there is no such link. */
export async function referenceTo(host: Host, word: string): Promise<LinkReference> {
  try {
    const { index, name } = await linkCalled(host, word);
    return { index, name };
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV" || error.subject !== word) throw error;
    return word;
  }
}

/** The bridge of a name; throws InputError when the link is none. */
export async function bridgeCalled(host: Host, name: LinkReference): Promise<Link> {
  const link = await host.link(name);
  if (link.kind !== "bridge") throw notOfKind(link, "a bridge");
  return link;
}

/** Says that a link is of another kind than a command is for. */
export function notOfKind({ name, linkInfo }: Link, what: string, more = ""): InputError {
  const kind = linkInfo?.kind;
  return new InputError(`${name} is ${kind === undefined ? "no virtual link" : `of kind ${kind}`}, not ${what}${more}`);
}
