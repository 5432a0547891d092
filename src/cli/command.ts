import type { Host } from "../host/host.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import type { GlobalOptions } from "./parsing/arguments.js";
import type { Io, Report } from "./io.js";
import type { Section } from "./parsing/option.js";

/** A word that stands in its place, before the options. */
export interface Operand {
  readonly name: string;
  /** What may stand there, for completion: a link that exists, a setting of the kernel's network, or one of these words. */
  readonly choices?: "link" | "sysctl" | readonly string[];
  /** Of the links, those of this kind, those that take ports ("master"), or those that are ports ("port"). */
  readonly only?: string;
  /** It names a link that is made: it may stand as `ip` has it, behind "name" or "dev". */
  readonly isNew?: true;
  /** One or more of them; the last operand only. */
  readonly many?: true;
  readonly optional?: true;
}

/** A command line, taken apart. */
export interface Call {
  readonly operands: readonly string[];
  /** The links that operands name, each by the index that it was found to have; by its word, where it was not found. */
  readonly links: readonly LinkReference[];
  /** The values of the options, under the library's names. */
  readonly options: object;
  readonly globals: GlobalOptions;
  /** A program and its words, from behind "--". */
  readonly after: readonly string[];
  readonly io: Io;
  /** All commands, for those that explain them. */
  readonly catalogue: Catalogue;
  /** Does the work of another command line by a host, for those that read such. */
  readonly perform: (host: Host, words: readonly string[]) => Promise<Report>;
}

/** Does the work in a namespace. */
export type Handler = (host: Host, call: Call) => Promise<Report>;
/** Does what needs no namespace. */
export type OfflineHandler = (call: Call) => Report | Promise<Report>;

interface ActionShape {
  readonly summary: string;
  readonly operands: readonly Operand[];
  /** Where the option words come from. */
  readonly options?: readonly Section[];
  /** Without an option there is nothing to do. */
  readonly needsOption?: true;
  /** Whether a word is what the second operand names, and no link: it may stand before the link then, as `ip` has them. */
  readonly isSecond?: (word: string) => boolean;
  /** A program and its words stand behind "--". */
  readonly takesProgram?: true;
}

/** One thing that a command does. */
export type Action =
  | (ActionShape & { readonly run: Handler; readonly runOffline?: never })
  | (ActionShape & { readonly runOffline: OfflineHandler; readonly run?: never });

export interface Command {
  /** By sub-command; a command without sub-commands has one action, under "". */
  readonly actions: Readonly<Record<string, Action>>;
}

/** A command as the first page of the help has it. Its code is loaded when it is needed. */
export interface Entry {
  /** What it is about: the first page of the help has the commands of one subject together. */
  readonly subject:
    "links" | "bridges and their ports" | "IP" | "traffic" | "the host as a whole" | "guests, and boot" | "more";
  readonly summary: string;
  readonly load: () => Command;
}

/** The commands by their names. */
export type Catalogue = Readonly<Record<string, Entry>>;

/** The second words of sub-commands that have two, of which this is the first. */
export function secondWords(actions: Command["actions"], first: string): string[] {
  return Object.keys(actions)
    .filter((sub) => sub.startsWith(`${first} `))
    .map((sub) => sub.slice(first.length + 1));
}

/** A command without sub-commands. */
export function alone(action: Action): Command {
  return { actions: { "": action } };
}

/** `bridge add NAME [key=value …]`. */
export function usageOf(command: string, sub: string, action: Action): string {
  const { operands, options = [], needsOption, takesProgram } = action;
  const places = operands.map(({ name, many, optional }) => {
    const place = many === true ? `${name}…` : name;
    return optional === true ? `[${place}]` : place;
  });
  const words = options.length === 0 ? [] : [needsOption === true ? "key=value …" : "[key=value …]"];
  const program = takesProgram === true ? ["-- PROGRAM …"] : [];
  return [command, sub, ...places, ...words, ...program].filter((word) => word !== "").join(" ");
}
