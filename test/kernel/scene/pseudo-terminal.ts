import { spawn } from "node:child_process";
import { once } from "node:events";
import { lacks } from "./program.js";

/** Why there is no script(1) here, which every Debian has. */
export const noScript = lacks("script", "--version");

/** What is typed at each question, in their order: where nothing is left, nothing is. */
export type Answers = readonly string[];

/** What a program printed on its terminal, and its exit status. */
export interface Shown {
  readonly status: number | null;
  readonly shown: string;
  /** The answers that were asked for. */
  readonly asked: number;
}

const QUESTION = "[y/N] ";

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Runs a program at a terminal of its own (script(1)), and answers what it asks. `around`: the command that runs a command. */
export async function atTerminal(
  words: readonly string[],
  answers: Answers,
  around: (...command: string[]) => readonly string[] = (...command) => command,
): Promise<Shown> {
  const line = words.map(quoted).join(" ");
  const [command = "", ...rest] = around("script", "--quiet", "--return", "--command", line, "/dev/null");
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"], timeout: 60_000, killSignal: "SIGKILL" });
  let shown = "";
  let asked = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    for (; shown.split(QUESTION).length - 1 > asked && asked < answers.length; asked++)
      child.stdin.write(answers[asked]);
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, shown, asked };
}
