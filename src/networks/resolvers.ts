import { builtin } from "../base/builtin.js";
import type { Host } from "../host/host.js";

/** Files that name this machine's resolvers (resolv.conf(5)), the better known first. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

const isOnLoopback = (address: string): boolean => /^(127\.|::1$)/.test(address);

async function named(file: string): Promise<string[]> {
  const text = await builtin("node:fs/promises")
    .readFile(file, "utf8")
    .catch(() => "");
  const all = [...text.matchAll(/^\s*nameserver\s+([\da-f.:]+)\s*$/gim)].map(([, address]) => address!.toLowerCase());
  return all.filter((address) => !address.startsWith("fe80:"));
}

/** The resolvers of this machine that guests can use, too: none that are on its loopback, or on one of its links alone. */
export async function resolversForGuests(): Promise<string[]> {
  for (const file of FILES) {
    const usable = (await named(file)).filter((address) => !isOnLoopback(address));
    if (usable.length > 0) return usable;
  }
  return [];
}

/**
 * The resolvers that are asked for guests in a host's namespace, as they are then: those that guests could use; where there are none, this
 * machine's own on its loopback, if that is the namespace's. Nobody's who would ask back.
 */
export function resolversOf(host: Host, own: readonly string[]): () => Promise<readonly string[]> {
  let home: Promise<boolean> | undefined;
  return async () => {
    const real = (await resolversForGuests()).filter((address) => !own.includes(address));
    if (real.length > 0) return real;
    home ??= isOwnNamespace(host);
    return (await home) ? (await named(FILES[0]!)).filter((address) => !own.includes(address)) : [];
  };
}

async function isOwnNamespace(host: Host): Promise<boolean> {
  const { stat } = builtin("node:fs/promises");
  await using namespace = await host.namespaceDescriptor();
  return (await stat(`/proc/self/fd/${namespace.fd}`)).ino === (await stat("/proc/self/ns/net")).ino;
}
