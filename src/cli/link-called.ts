import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Link } from "../rtnetlink/link/link.js";

/** The link of a name; a number that is no link's name is an index. */
export async function linkCalled(host: Host, word: string): Promise<Link> {
  try {
    return await host.link(word);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV" || !/^[1-9]\d*$/.test(word)) throw error;
    return host.link(Number(word));
  }
}
