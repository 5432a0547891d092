import type { SystemOptions } from "../../boot/enabled.js";
import { keepEnabled } from "../../boot/keep-enabled.js";
import { Host } from "../../host/host.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import { startService } from "../../serve/service.js";
import type { NetworkFolders } from "../../networks/state-files.js";
import { alone, type Call, type Command } from "../command.js";
import type { Report } from "../io.js";
import { type Section, wordOf } from "../parsing/option.js";
import { json } from "../printing/layout.js";
import type { ApplyOptions } from "../../topology/index.js";
import { journal, root } from "./where-words.js";
import { foldersSection } from "./network/network-words.js";

const howSection: Section = {
  title: "How",
  words: [wordOf("onDemand", flag8, "end with the last network that is served"), root, journal],
};

/** Keeps the host as those declarations say that were enabled to be kept. */
async function keep(
  options: SystemOptions & ApplyOptions,
  signal: AbortSignal,
  report: (event: object) => void,
): Promise<void> {
  await using host = await Host.open();
  await keepEnabled(host, { ...options, signal, report });
}

/** Serves until it is interrupted, and prints what happens. */
async function serve({ options, io }: Call): Promise<Report> {
  const { onDemand, root, journal, ...folders } = options as NetworkFolders &
    SystemOptions &
    ApplyOptions & { onDemand?: boolean };
  const report = (event: object): void => {
    const told = { ...event, time: new Date().toISOString() };
    io.stdout.write(json(told, 0));
  };
  const service = await startService({ ...folders, onDemand, env: process.env, report });
  report({ event: "ready" });
  const ended = new AbortController();
  const keeping =
    onDemand === true
      ? Promise.resolve()
      : keep({ root, journal }, ended.signal, report).catch((error: Error) => {
          report({ event: "notKept", reason: error.message });
        });
  const stop = (): void => void service.close();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await service.ended;
  ended.abort();
  await keeping;
  process.off("SIGINT", stop).off("SIGTERM", stop);
  return {};
}

export const command: Command = alone({
  summary:
    "the resident service: guests' addresses, networks that start with the machine, and rules that nobody flushes",
  operands: [],
  options: [howSection, foldersSection],
  runOffline: serve,
});
