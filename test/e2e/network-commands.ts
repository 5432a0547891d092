import { join } from "node:path";
import { askService } from "../../src/serve/messages/ask.js";
import type { NetworkScene } from "../kernel/networks/scene.js";

/** The command line, as it is installed. */
export const MAIN = join(import.meta.dirname, "../../dist/code/cli.cjs");

/** Command lines of a machine of the test's own, whose networks are kept in the scene's folders. */
export function commands({ here, folders }: NetworkScene) {
  const service = join(folders.run, "socket");
  const kept = [`state=${folders.state}`, `run=${folders.run}`, `service=${service}`];
  const plain = (words: string): string[] => [process.execPath, MAIN, ...words.split(" ")];
  const all = (words: string): string[] => [...plain(words), ...kept];
  return {
    service,
    /** A command about networks. */
    words: all,
    /** A command that keeps no networks. */
    plain,
    run: (words: string): Promise<string> => here.run(all(words)),
    outcome: (words: string) => here.outcome(all(words)),
    /** Starts the service, and resolves when it serves what is up. */
    async serve(): Promise<{ kill(signal: NodeJS.Signals): Promise<void>; said(): string }> {
      const child = here.start(all("serve"));
      let said = "";
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      await new Promise<void>((resolve, reject) => {
        child.stdout!.on("data", (text) => {
          said += String(text);
          if (said.includes('"ready"')) resolve();
        });
        child.stderr!.on("data", (text) => (said += String(text)));
        child.once("close", () => reject(new Error(`it ended: ${said}`)));
      });
      return {
        said: () => said,
        async kill(signal) {
          child.kill(signal);
          await ended;
        },
      };
    },
    async pid(): Promise<number | undefined> {
      const answer = await askService(here.host, service, { method: "status" });
      await answer?.close();
      return (answer?.value as { pid: number } | undefined)?.pid;
    },
  };
}
