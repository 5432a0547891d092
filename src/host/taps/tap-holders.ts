import { builtin } from "../../base/builtin.js";
import type { Descriptor } from "../../kernel/descriptor.js";

/** A process that has a TAP open. */
export interface Holder {
  readonly pid: number;
  /** Its command, as /proc/PID/comm has it. */
  readonly command: string;
}

export interface HolderOptions {
  /** The folder that stands for "/", where /proc is read. */
  readonly root?: string | undefined;
}

/** What is read below the root folder: undefined for what cannot be. */
function below(root: string): Record<"text" | "link", (path: string) => string | undefined> & {
  names(path: string): readonly string[];
} {
  const { readFileSync, readdirSync, readlinkSync } = builtin("node:fs");
  const { join } = builtin("node:path");
  const tried = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
  return {
    text: (path) => tried(() => readFileSync(join(root, path), "utf8")),
    link: (path) => tried(() => readlinkSync(join(root, path))),
    names: (path) => tried(() => readdirSync(join(root, path))) ?? [],
  };
}

/**
 * Who has which TAP of a namespace open, by its name, from the "iff:" of /proc/PID/fdinfo (drivers/net/tun.c:
 * tun_chr_show_fdinfo). That tells no namespace: a process in another one that has a link of that name itself is taken to have its own
 * open. Processes that this user may not look into are not seen.
 */
export function tapHolders(namespace: Descriptor, { root = "/" }: HolderOptions = {}): Map<string, Holder[]> {
  const { text, link, names } = below(root);
  const own = `net:[${builtin("node:fs").fstatSync(namespace.fd).ino}]`;
  const holders = new Map<string, Holder[]>();
  for (const pid of names("proc").filter((name) => /^\d+$/.test(name))) {
    const held = new Set<string>();
    for (const fd of names(`proc/${pid}/fdinfo`)) {
      const name = /^iff:\s*(.+)$/m.exec(text(`proc/${pid}/fdinfo/${fd}`) ?? "")?.[1];
      if (name !== undefined) held.add(name);
    }
    if (held.size === 0) continue;
    const elsewhere = link(`proc/${pid}/ns/net`) === own ? "" : (text(`proc/${pid}/net/dev`) ?? "");
    const others = new Set(elsewhere.split("\n").map((line) => line.trimStart().split(":")[0]));
    for (const name of held) {
      if (others.has(name)) continue;
      const holder = { pid: Number(pid), command: text(`proc/${pid}/comm`)?.trim() ?? "?" };
      holders.set(name, [...(holders.get(name) ?? []), holder]);
    }
  }
  return holders;
}
