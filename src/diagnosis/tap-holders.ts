import type { Machine } from "./machine.js";

/** A process that has a TAP open. */
export interface Holder {
  readonly pid: number;
  /** Its command, as /proc/PID/comm has it. */
  readonly command: string;
}

/**
 * Who has which TAP open, by its name, from the "iff:" of /proc/PID/fdinfo (drivers/net/tun.c: tun_chr_show_fdinfo). Processes that
 * this user may not look into are not seen; a name may be a TAP's of another namespace.
 */
export function tapHolders({ names, text }: Pick<Machine, "names" | "text">): Map<string, Holder[]> {
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
