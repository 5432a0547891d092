import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Host } from "../../host/host.js";
import type { Machine } from "./candidates.js";

const NAMESPACES = "/run/netns";

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a namespace has; nothing where it cannot be asked. */
async function asked<T>(netns: string | undefined, ask: (host: Host) => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    const { Host } = require("../../host/host.js") as typeof import("../../host/host.js");
    const namespace = netns === undefined ? undefined : { name: netns };
    await using host = await Host.open({ namespace, thread: "never" });
    return await ask(host);
  } catch {
    return [];
  }
}

/** This machine. What may not be looked at is not offered. */
export const machine: Machine = {
  links: (netns) => asked(netns, (host) => host.links()),
  sysctls: (netns, under) => asked(netns, (host) => host.sysctls(under)),
  namespaces: () => namesIn(NAMESPACES),
  paths: (start) => {
    const folder = start.endsWith("/") ? start : dirname(start);
    const first = start.endsWith("/") ? "" : basename(start);
    return namesIn(folder)
      .filter((name) => name.startsWith(first))
      .map((name) => join(folder, name));
  },
};
