import type { Host } from "../../host/host.js";
import { boot, type BootEvent } from "../../boot/boot.js";
import { checkEnabled, disable, enable, enabledIn, nameOfFile } from "../../boot/enabled.js";
import { lastingText } from "../../boot/lasting.js";
import { withoutLeases } from "../../boot/possible.js";
import { type EnabledStatus, statusOf } from "../../boot/status.js";
import { text } from "../../netlink/codecs/codec.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import { notify } from "../../serve/systemd.js";
import { installHostUnit, isHostUnitInstalled } from "../../serve/units.js";
import { BusyError, plan, readDeclaration, waiting } from "../../topology/index.js";
import { alone, type Call, type Operand } from "../command.js";
import type { Report } from "../io.js";
import { type Section, shaped, wordOf } from "../parsing/option.js";
import { table } from "../printing/layout.js";
import { textOfFile } from "../parsing/file-argument.js";
import { applyAsAsked, type ApplyWords, confirmWords } from "./applying.js";
import { journal, root } from "./where-words.js";

const NAME: Operand = { name: "NAME" };

const enableWords = {
  title: "How it is enabled",
  words: [
    wordOf("name", shaped(text(), "NAME"), "what it is called; as its file unless given"),
    wordOf("keep", flag8, "linkwright serve makes it so again whenever something is otherwise"),
    wordOf("now", flag8, "apply it first, and enable it when it stands"),
    ...confirmWords,
    journal,
    root,
  ],
} satisfies Section;

const bootWords = {
  title: "How",
  words: [
    wordOf("wait", { words: "DURATION", parse: parseDuration }, "how long links are waited for; 90s unless given"),
    journal,
    root,
  ],
} satisfies Section;

/** What is enabled when it has been confirmed. */
interface Note {
  readonly enable: string;
  readonly text: string;
  readonly keep: boolean;
  readonly root?: string;
  /** What is enabled no more then, for this takes its place. */
  readonly disable?: string;
}

function isNote(note: unknown): note is Note {
  return typeof note === "object" && note !== null && "enable" in note;
}

/** Puts a declaration where boot finds it, and the unit, where it is not there. */
async function put({ enable: name, text: content, keep, root: place, disable: former }: Note): Promise<string[]> {
  const { file } = enable(name, content, { keep, root: place });
  if (former !== undefined) disable(former, { root: place });
  return [file, ...(isHostUnitInstalled(place) ? [] : await installHostUnit({ root: place }))];
}

/** Enables what was applied to be enabled, once it has been confirmed. */
export async function enableConfirmed(note: unknown): Promise<void> {
  if (isNote(note)) await put(note);
}

/** Enables a declaration's text as the words say: at once, when it stands, or once it is confirmed. */
export async function enableText(
  host: Host,
  call: Call,
  name: string,
  content: string,
  title: string,
): Promise<Report> {
  const words = call.options as ApplyWords & { keep?: boolean; now?: boolean; root?: string; disable?: string };
  const { keep = false, confirm, check, now = confirm !== undefined || check !== undefined } = words;
  const declaration = readDeclaration(content, title);
  checkEnabled(declaration, title);
  const { root: place, disable: former } = words;
  const note = { enable: name, keep, ...(place && { root: place }), ...(former && { disable: former }) };
  const texts = async (): Promise<Note> => ({ ...note, text: (await lastingText(host, declaration)) ?? content });
  const done = async (applied: Report = {}): Promise<Report> => {
    const written = await put(await texts());
    const value = { name, files: written, ...(applied.value as object | undefined) };
    const atBoot = withoutLeases(declaration);
    const later = now || (await plan(host, atBoot)).steps.length === 0 ? "" : "it is applied at the next boot\n";
    const left =
      atBoot === declaration ? "" : "but for dhcp: linkwright serve goes on with the leases that it keeps by then\n";
    return { value, text: (style) => `${applied.text?.(style) ?? ""}${written.join("\n")}\n${later}${left}` };
  };
  if (!now) {
    const held = await waiting(host, words);
    if (held !== undefined) throw new BusyError(0, held.until);
    return done();
  }
  const { report, outcome } = await applyAsAsked(host, call, declaration, await texts());
  if (outcome === "stands") return done(report);
  const later = outcome === "waits" ? `${name} is enabled when it is confirmed\n` : "";
  return { ...report, text: (style) => `${report.text?.(style) ?? ""}${later}` };
}

async function enabled(host: Host, call: Call): Promise<Report> {
  const [file = ""] = call.operands;
  const { name = nameOfFile(file) } = call.options as { name?: string };
  const [content, title] = textOfFile(file);
  return enableText(host, call, name, content, title);
}

function disabled({ operands: [name = ""], options }: Call): Report {
  disable(name, options);
  return { value: { name }, text: () => `${name} is applied at boot no more; what stands, stays\n` };
}

function stateText({ state, steps, missing, problem }: EnabledStatus): string {
  if (state === "unreadable") return problem!;
  const about = steps === 0 ? "" : `${steps} ${steps === 1 ? "step" : "steps"}`;
  return [...(missing.length === 0 ? [] : [`for ${missing.join(", ")}`]), ...(about === "" ? [] : [about])].join("; ");
}

async function status(host: Host, { options }: Call): Promise<Report> {
  const declarations = await statusOf(host, options);
  const held = await waiting(host, options);
  const value = { declarations, ...(held === undefined ? {} : { confirm: held.until }) };
  const last = held === undefined ? "" : `a declaration waits to be confirmed until ${held.until}\n`;
  const columns = [
    { title: "NAME", value: ({ name }: EnabledStatus) => name },
    { title: "STATE", value: ({ state }: EnabledStatus) => state },
    { title: "KEPT", value: ({ keep }: EnabledStatus) => (keep ? "yes" : "no") },
    { title: "", value: stateText },
  ];
  return {
    value,
    text: (style) => (declarations.length === 0 ? "nothing is enabled\n" : table(columns, declarations, style)) + last,
    status: declarations.every(({ state }) => state === "applied") ? 0 : 1,
  };
}

/** A boot's event as the service manager shows it, and the journal has it. */
function eventText(event: BootEvent): string {
  switch (event.event) {
    case "applied":
      return `applied: ${event.steps} steps`;
    case "waiting":
      return `waiting for ${event.links.join(", ")}`;
    case "failed":
      return event.reason;
  }
}

async function booted(host: Host, { options, io, globals }: Call): Promise<Report> {
  const { wait: time, ...others } = options as { wait?: number; journal?: string; root?: string };
  const report = (event: BootEvent): void => {
    if (!globals.json) io.stderr.write(`${eventText(event)}\n`);
    notify(process.env, [`STATUS=${eventText(event)}`]);
  };
  const problems = await boot(host, { ...others, time, report });
  const names = enabledIn(others).map(({ name }) => name);
  if (problems.length === 0)
    notify(process.env, [
      "READY=1",
      `STATUS=${names.length === 0 ? "nothing is enabled" : `as declared: ${names.join(", ")}`}`,
    ]);
  return {
    value: { declarations: names, problems },
    text: () => (problems.length === 0 ? "" : `${problems.length} of it is not as declared\n`),
    status: problems.length === 0 ? 0 : 1,
  };
}

/** The commands about what is applied at boot, by their names. */
export const bootCommands = {
  enable: alone({
    summary: "apply a declaration at every boot, but for dhcp",
    operands: [{ name: "FILE" }],
    options: [enableWords],
    run: enabled,
  }),
  disable: alone({
    summary: "apply a declaration at boot no more",
    operands: [NAME],
    options: [{ title: "Where", words: [root] }],
    runOffline: disabled,
  }),
  status: alone({
    summary: "what is enabled, and whether the host is so; status 1 when it is not",
    operands: [],
    options: [{ title: "Where", words: [journal, root] }],
    run: status,
  }),
  boot: alone({
    summary: "apply what is enabled, and wait for links that are late: what the unit does",
    operands: [],
    options: [bootWords],
    run: booted,
  }),
};
