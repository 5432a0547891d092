import { globalOptions } from "./parsing/arguments.js";
import { type Action, type Catalogue, usageOf } from "./command.js";
import type { Style } from "./io.js";
import { definitions, wrapped } from "./printing/layout.js";
import { noCommand, noSub } from "./choose-command.js";
import type { Section, Option } from "./parsing/option.js";
import { sectionsOf } from "./parsing/parse-options.js";
import { mentioned } from "./printing/spelling.js";

/** What is to be known of a command, as data. */
export interface CommandHelp {
  readonly command: string;
  readonly summary: string;
  readonly actions: readonly { readonly usage: string; readonly summary: string }[];
  readonly sections: readonly OptionHelp[];
}

interface OptionHelp {
  readonly title: string;
  /** The sub-commands that take these options. */
  readonly of: readonly string[];
  readonly options: readonly { readonly option: string; readonly description: string }[];
}

/** How a word is typed: "stp-state=off|kernel|user"; what may stand alone has its value in brackets. */
export function spell({ word, shape, alone, dashed }: Option): string {
  if (dashed === true) return `--${word}`;
  return alone === undefined ? `${word}=${shape}` : `${word}[=${shape}]`;
}

function helpOf(name: string, about: string, chosen: Readonly<Record<string, Action>>): CommandHelp {
  const found = new Map<string, { section: Section; of: string[] }>();
  for (const [sub, { options = [] }] of Object.entries(chosen))
    for (const section of sectionsOf(options)) {
      const before = found.get(section.title);
      if (before === undefined) found.set(section.title, { section, of: [sub] });
      else before.of.push(sub);
    }
  const all = [...found.values()].flatMap(({ section }) => section.words);
  return {
    command: name,
    summary: about,
    actions: Object.entries(chosen).map(([sub, action]) => ({
      usage: usageOf(name, sub, action),
      summary: action.summary,
    })),
    sections: [...found.values()].map(({ section, of }) => ({
      title: section.title,
      of,
      options: section.words.map((word) => ({ option: spell(word), description: mentioned(word.description, all) })),
    })),
  };
}

/**
 * What is to be known of a command, or of one of its sub-commands, of one word or two: of the first word alone, all that start
 * with it. Throws InputError for what does not exist.
 */
export function commandHelp(catalogue: Catalogue, name: string, sub?: string): CommandHelp {
  const entry = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (entry === undefined) throw noCommand(catalogue, name);
  const { summary } = entry;
  const { actions } = entry.load();
  if (sub === undefined || "" in actions) return helpOf(name, summary, actions);
  const chosen = Object.entries(actions).filter(([each]) => each === sub || each.startsWith(`${sub} `));
  if (chosen.length === 0) throw noSub(name, sub, Object.keys(actions));
  const about = Object.hasOwn(actions, sub) ? actions[sub]!.summary : summary;
  return { ...helpOf(name, about, Object.fromEntries(chosen)), command: `${name} ${sub}` };
}

/** How values are written, of whatever command. */
export const VALUES = `
Values: on|off (a word alone means on); N a whole number;
DURATION 250ms, 2s, 5m20s or 1d; LINK a name or an index, 0 for none;
X,… several with commas between; HEX bytes in hexadecimal.
With dashes an option may stand anywhere: --up, --mtu 1400, --mtu=1400.
`;

function paragraph(text: string): string {
  return wrapped(text, 80).join("\n");
}

/** A command's help for a person. */
export function commandText({ command, summary, actions, sections }: CommandHelp, style: Style): string {
  const usages = definitions(
    actions.map((action) => [`linkwright ${action.usage}`, actions.length > 1 ? action.summary : ""] as const),
    style,
  );
  const options = sections.map(({ title, of, options: rows }) => {
    const takers = actions.length > 1 && of.length < actions.length ? ` (${of.join(", ")})` : "";
    return `\n${style.bold(paragraph(`${title}${takers}`))}\n${definitions(
      rows.map(({ option, description }) => [option, description] as const),
      style,
    )}`;
  });
  const only = actions.length === 1 ? actions[0]!.summary : summary;
  return `${paragraph(`${command}: ${only}`).replace(command, style.bold)}\n\n${usages}${options.join("")}${options.length > 0 ? VALUES : ""}`;
}

/** Every command and global option, as data. */
export function overview(catalogue: Catalogue): {
  commands: { usage: string; summary: string }[];
  options: typeof globalOptions;
} {
  const usages = Object.entries(catalogue).flatMap(([name, { load }]) =>
    Object.entries(load().actions).map(([sub, action]) => ({
      usage: usageOf(name, sub, action),
      summary: action.summary,
    })),
  );
  return { commands: usages, options: globalOptions };
}

/** The first page for a person: one screen, for which no command's code is loaded. */
export function overviewText(catalogue: Catalogue, style: Style): string {
  const subjects = new Map<string, string[]>();
  for (const [name, { subject }] of Object.entries(catalogue))
    subjects.set(subject, [...(subjects.get(subject) ?? []), name]);
  const words = globalOptions.map(
    (each) => ["value" in each ? `${each.option} ${each.value}` : each.option, each.summary] as const,
  );
  const commands = [...subjects].map(([subject, names]) => `${style.bold(subject)}\n  ${names.join(" ")}\n`);
  return (
    `linkwright [--netns NAME|PATH] [--json] COMMAND …\n\n${commands.join("")}` +
    `\n${style.bold("options")}\n${definitions(words, style)}` +
    `\nlinkwright help COMMAND explains a command and its options.\n`
  );
}
