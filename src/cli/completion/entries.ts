import { globalOptions } from "../parsing/arguments.js";
import type { Action, Catalogue } from "../command.js";
import { sectionsOf } from "../parsing/words.js";
import type { Word } from "../parsing/word.js";

/** What may come next at one place: a word to complete, and what it does. */
export interface Entry {
  /** "up", "mtu=", "stp-state=off|kernel|user" (one of these values), "master=@" (a link's name), or "@" (a link's name). */
  readonly entry: string;
  readonly description: string;
}

/** A place in the command line: "", "bridge" or "bridge add". */
export interface CommandPath {
  readonly path: string;
  readonly entries: readonly Entry[];
}

/** Values that can be offered: plain words with "|" between them. */
function choices(shape: string): string {
  const listed = shape.replace(/\|…$/, "");
  return /^[a-z0-9][a-z0-9.-]*(\|[a-z0-9][a-z0-9.-]*)+$/i.test(listed) && !/^[A-Z]+(\||$)/.test(listed) ? listed : "";
}

function entriesOf({ word, shape, description, alone }: Word): Entry[] {
  const value = `${word}=${shape === "LINK" ? "@" : choices(shape)}`;
  return [...(alone === undefined ? [] : [{ entry: word, description }]), { entry: value, description }];
}

function actionEntries({ operands, options = [] }: Action): Entry[] {
  const stated = operands.flatMap(({ choices: offered = [], name }): Entry[] =>
    offered === "link" ? [{ entry: "@", description: name }] : offered.map((entry) => ({ entry, description: name })),
  );
  const words = sectionsOf(options).flatMap((section) => section.words);
  const all = [...stated, ...words.flatMap(entriesOf)];
  return [...new Map(all.map((each) => [each.entry, each])).values()];
}

/** Every place of the command line and what may come there, from the table of commands. */
export function places(catalogue: Catalogue): CommandPath[] {
  const top = [...commandEntries(catalogue), ...globalOptions.map(({ option, summary }) => entry(option, summary))];
  const below = Object.entries(catalogue).flatMap(([name, { load }]): CommandPath[] => {
    const { actions } = load();
    const single = actions[""];
    if (single !== undefined)
      return name === "help" ? helpPlaces(catalogue) : [{ path: name, entries: actionEntries(single) }];
    const subs = subCommands(actions);
    return [
      { path: name, entries: subs },
      ...subs.map(({ entry: sub }) => ({ path: `${name} ${sub}`, entries: entriesUnder(actions, sub) })),
    ];
  });
  return [{ path: "", entries: top }, ...below];
}

function entry(word: string, description: string): Entry {
  return { entry: word, description };
}

function commandEntries(catalogue: Catalogue): Entry[] {
  return Object.entries(catalogue).map(([name, { summary }]) => entry(name, summary));
}

/** The sub-commands of a command, but those of two words. */
function subCommands(actions: Readonly<Record<string, Action>>): Entry[] {
  const subs = Object.entries(actions).filter(([sub]) => sub !== "" && !sub.includes(" "));
  return subs.map(([sub, { summary }]) => entry(sub, summary));
}

/** What may follow a sub-command: its own words, and those of sub-commands of two words that start with it. */
function entriesUnder(actions: Readonly<Record<string, Action>>, sub: string): Entry[] {
  const longer = Object.entries(actions).filter(([each]) => each.startsWith(`${sub} `));
  const second = longer.map(([each, { summary }]) => entry(each.slice(sub.length + 1), summary));
  const all = [...second, ...[actions[sub]!, ...longer.map(([, action]) => action)].flatMap(actionEntries)];
  return [...new Map(all.map((each) => [each.entry, each])).values()];
}

/** Commands, then their sub-commands. */
function helpPlaces(catalogue: Catalogue): CommandPath[] {
  const below = Object.keys(catalogue).map((name) => ({
    path: `help ${name}`,
    entries: subCommands(catalogue[name]!.load().actions),
  }));
  return [{ path: "help", entries: commandEntries(catalogue) }, ...below];
}
