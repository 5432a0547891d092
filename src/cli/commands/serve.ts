import { flag8 } from "../../netlink/codecs/numbers.js";
import { startService } from "../../serve/service.js";
import type { NetworkFolders } from "../../networks/files.js";
import { alone, type Call, type Command } from "../command.js";
import type { Report } from "../io.js";
import { type Section, wordOf } from "../parsing/option.js";
import { json } from "../printing/layout.js";
import { foldersSection } from "./network/network-words.js";

const howSection: Section = {
  title: "How",
  words: [wordOf("onDemand", flag8, "end with the last network that is served")],
};

/** Serves until it is interrupted, and prints what happens. */
async function serve({ options, io }: Call): Promise<Report> {
  const { onDemand, ...folders } = options as NetworkFolders & { onDemand?: boolean };
  const report = (event: object): void => {
    const told = { ...event, time: new Date().toISOString() };
    io.stdout.write(json(told, 0));
  };
  const service = await startService({ ...folders, onDemand, env: process.env, report });
  report({ event: "ready" });
  const stop = (): void => void service.close();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await service.ended;
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
