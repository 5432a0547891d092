import type * as implementation from "./host/host.js";
import type { Host as OpenHost } from "./host/host.js";

type Implementation = typeof implementation;

let loading: Promise<Implementation> | undefined;
let loaded: Implementation | undefined;

async function load(): Promise<Implementation> {
  return (loaded = await (loading ??= import("./host/host.js")));
}

/**
 * The way to a network namespace. Its code and the addon are loaded with the first host, for an import is paid by every
 * program that embeds the package.
 */
export const Host = {
  /**
   * Opens a namespace: the process's own unless given, by name (/run/netns), by absolute path, by `{ pid }`, or "new" for
   * one without a name that goes with its last descriptor.
   */
  async open(options?: Parameters<Implementation["Host"]["open"]>[0]): Promise<OpenHost> {
    return (await load()).Host.open(options);
  },

  [Symbol.hasInstance](value: unknown): value is OpenHost {
    return loaded !== undefined && value instanceof loaded.Host;
  },
};

/** A network namespace, held open. */
export type Host = OpenHost;
