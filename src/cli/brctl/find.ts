import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";

const MOST_NAME_BYTES = 15;

/** A name as it fits into the kernel's struct ifreq: what is too long is cut off. */
export function cut(name: string): string {
  return Buffer.from(name).subarray(0, MOST_NAME_BYTES).toString();
}

/** A link, or undefined when there is none of this name. */
export async function find(host: Host, name: string): Promise<Link | undefined> {
  try {
    return name === "" ? undefined : await host.link(cut(name));
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}
