import { builtin } from "../../base/builtin.js";

/** A process that has a TAP open. */
export interface Holder {
  readonly pid: number;
  /** Its command, as /proc/PID/comm has it. */
  readonly command: string;
}

/** Reads below the root folder; undefined for what cannot be read. */
export interface RootFiles {
  text(path: string): string | undefined;
  names(path: string): readonly string[] | undefined;
}

function rootFiles(): RootFiles {
  const { readFileSync, readdirSync } = builtin("node:fs");
  const tried = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
  return {
    text: (path) => tried(() => readFileSync(`/${path}`, "utf8")),
    names: (path) => tried(() => readdirSync(`/${path}`)),
  };
}

/**
 * Who has which TAP open, by its name, from the "iff:" of /proc/PID/fdinfo (drivers/net/tun.c: tun_chr_show_fdinfo). Processes that
 * this user may not look into are not seen; a name may be a TAP's of another namespace.
 */
export function tapHolders({ names, text }: RootFiles = rootFiles()): Map<string, Holder[]> {
  const holders = new Map<string, Holder[]>();
  for (const pid of (names("proc") ?? []).filter((name) => /^\d+$/.test(name))) {
    const held = new Set<string>();
    for (const fd of names(`proc/${pid}/fdinfo`) ?? []) {
      const name = /^iff:\s*(.+)$/m.exec(text(`proc/${pid}/fdinfo/${fd}`) ?? "")?.[1];
      if (name !== undefined) held.add(name);
    }
    for (const name of held) {
      const holder = { pid: Number(pid), command: text(`proc/${pid}/comm`)?.trim() ?? "?" };
      holders.set(name, [...(holders.get(name) ?? []), holder]);
    }
  }
  return holders;
}
