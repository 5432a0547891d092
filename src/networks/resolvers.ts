import { builtin } from "../base/builtin.js";

/** Files that name this machine's resolvers (resolv.conf(5)), the better known first. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The resolvers of this machine that guests can use, too: none that are on its loopback, or on one of its links alone. */
export async function resolversForGuests(): Promise<string[]> {
  for (const file of FILES) {
    const text = await builtin("node:fs/promises")
      .readFile(file, "utf8")
      .catch(() => "");
    const all = [...text.matchAll(/^\s*nameserver\s+([\da-f.:]+)\s*$/gim)].map(([, address]) => address!);
    const usable = all.filter((address) => !/^(127\.|::1$|fe80:)/i.test(address));
    if (usable.length > 0) return usable;
  }
  return [];
}
