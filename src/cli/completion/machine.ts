import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Machine } from "./candidates.js";

const NAMESPACES = "/run/netns";

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** This machine. What may not be looked at is not offered. */
export const machine: Machine = {
  links: async (netns) => {
    try {
      const { Host } = require("../../host/host.js") as typeof import("../../host/host.js");
      await using host = await Host.open({
        namespace: netns === undefined ? undefined : { name: netns },
        thread: "never",
      });
      return await host.links();
    } catch {
      return [];
    }
  },
  namespaces: () => namesIn(NAMESPACES),
  paths: (start) => {
    const folder = start.endsWith("/") ? start : dirname(start);
    const first = start.endsWith("/") ? "" : basename(start);
    return namesIn(folder)
      .filter((name) => name.startsWith(first))
      .map((name) => join(folder, name));
  },
};
