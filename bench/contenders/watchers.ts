import { existsSync } from "node:fs";
import { join } from "node:path";
import { provideFolder } from "../../scripts/lib/cache.mjs";
import { type Builder, inC, inGo, sourceOf } from "./builders.js";
import type { Participant } from "./participant.js";
import { folderOf } from "./peers.js";

/** What is built in the cache, or why it cannot be. */
function built(name: string, source: string, builder: Builder): { program?: string; missing?: string } {
  const { folder, missing } = provideFolder(
    folderOf({ name, sources: [source] }, undefined),
    (folder) => existsSync(join(folder, "program")),
    builder,
  );
  return folder === undefined ? { missing } : { program: join(folder, "program") };
}

/** A program of C that a section starts, by its name, or why there is none. */
export const provideProgram = (name: string): { program?: string; missing?: string } =>
  built(name, `${name}.c`, inC(`${name}.c`));

/** The program that makes the changes, or why there is none. */
export const provideStorm = (): { program?: string; missing?: string } => provideProgram("storm");

/** The commands by which those contenders watch that have something for it. */
const WATCHERS: Readonly<
  Record<string, { name?: string; title?: string; command: () => readonly string[] | undefined }>
> = {
  linkwright: { command: () => [process.execPath, sourceOf("watch-linkwright.mjs")] },
  ip: { name: "ip-monitor", title: "ip monitor", command: () => [process.execPath, sourceOf("watch-ip.mjs")] },
  pyroute2: { command: () => [sourceOf("watch-pyroute2.py")] },
  go: {
    command: () => {
      const { program } = built("watch-go", "watch-go.go", inGo("watch-go.go"));
      return program === undefined ? undefined : [program];
    },
  },
};

/** Those of the contenders that can watch, by the programs with which they do; none starts a process for an event. */
export function watchersOf(contenders: readonly Participant[]): Participant[] {
  return contenders.flatMap((contender) => {
    const { command, ...named } = WATCHERS[contender.name] ?? {};
    const words = command?.();
    return words === undefined ? [] : [{ ...contender, ...named, processes: false, lacks: {}, command: words }];
  });
}
