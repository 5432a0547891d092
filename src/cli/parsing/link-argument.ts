import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { kindText } from "../../wiring/link-text.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

const NAME = { only: ["name"] } as const;

/** The same, with nothing but its name and index. */
async function calledNoMore(host: Host, word: string): Promise<{ readonly index: number; readonly name: string }> {
  try {
    return await host.link(word, NAME);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV" || !/^[1-9]\d*$/.test(word)) throw error;
    return host.link(Number(word), NAME);
  }
}

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
    return await calledNoMore(host, word);
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
export function notOfKind(link: Link, what: string, more = ""): InputError {
  const is = link.linkInfo?.kind === undefined ? "no virtual link" : `of kind ${kindText(link)}`;
  return new InputError(`${link.name} is ${is}, not ${what}${more}`);
}
