import { Host } from "../../host/host.js";
import type { NamespaceReference } from "../../kernel/namespace.js";
import { alone, type Command, type OfflineHandler } from "../command.js";
import type { Io } from "../io.js";
import { brctlCommands } from "./commands.js";
import { Failure, type Said } from "./messages.js";
import { readOptions } from "./options.js";

/** The release of bridge-utils whose words these are. */
const VERSION = "bridge-utils, 1.7\n";

function help(): string {
  const lines = Object.entries(brctlCommands).map(([name, each]) => `\t${name.padEnd(10)}\t${each.help}\n`);
  return `Usage: brctl [commands]\ncommands:\n${lines.join("")}`;
}

async function perform(namespace: NamespaceReference | undefined, words: readonly string[]): Promise<Said> {
  const [name = "", ...rest] = words;
  if (!Object.hasOwn(brctlCommands, name))
    return { stderr: `never heard of command [${name}]\n`, stdout: help(), status: 1 };
  const command = brctlCommands[name]!;
  if (rest.length < command.words) {
    const usage = `Incorrect number of arguments for command\nUsage: brctl ${name} ${command.help}\n`;
    return { stdout: usage, status: 1 };
  }
  await using host = await Host.open({ namespace, thread: "never" });
  try {
    return (await command.run(host, rest)) ?? {};
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { stderr: `${error.message}\n`, status: 1 };
  }
}

async function answer(namespace: NamespaceReference | undefined, typed: readonly string[]): Promise<Said> {
  const { wish, words, complaint } = readOptions(typed);
  if (wish === "help") return { stdout: help() };
  if (wish === "version") return { stdout: VERSION };
  if (complaint !== undefined) return { stderr: complaint, stdout: help(), status: 1 };
  return words.length === 0 ? { stdout: help(), status: 1 } : perform(namespace, words);
}

/** The same as a command of linkwright's. */
export const asCommand: OfflineHandler = async ({ io, operands, globals: { netns } }) => ({
  status: await brctl(io, operands, netns === undefined ? undefined : { name: netns }),
});

/** brctl of bridge-utils: the same words, the same output, the same exit status, by netlink. */
export async function brctl(io: Io, typed: readonly string[], namespace?: NamespaceReference): Promise<number> {
  const { stdout = "", stderr = "", status = 0 } = await answer(namespace, typed);
  if (stderr !== "") io.stderr.write(stderr);
  if (stdout !== "") io.stdout.write(stdout);
  return status;
}

export const command: Command = alone({
  summary: "brctl of bridge-utils: the same words, the same output, the same exit status",
  operands: [{ name: "WORD", many: true }],
  runOffline: asCommand,
});
