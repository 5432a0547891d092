import { type Catalogue, usageOf } from "../command.js";
import { commandHelp, VALUES } from "../help.js";
import { globalOptions } from "../parsing/arguments.js";
import { bold, italic, page, plain, request, tagged } from "./roff.js";

const EXIT_STATUS: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["1", "refused by the kernel, or not found"],
  ["2", "used wrongly: nothing was changed"],
];

const FILES: readonly (readonly [string, string])[] = [
  ["/etc/linkwright/host.d", "declarations that are enabled: host.yaml(5)"],
  ["/etc/linkwright/qemu.json", "which TAPs of QEMU join which bridge: qemu.json(5)"],
  ["/run/linkwright", "what holds until the machine is started anew: journals, locks, the service's socket"],
  ["/var/lib/linkwright", "what is kept: networks for guests, and their leases"],
];

/** "bridge add NAME [key=value …]": what is typed stands out from what stands for something. */
function usage(words: string): string {
  const typed = (word: string): boolean => /^[a-z-]+$/.test(word);
  return `${bold("linkwright")} ${words
    .split(" ")
    .map((word) => (typed(word) ? bold(word) : italic(word)))
    .join(" ")}`;
}

const definitions = (rows: readonly (readonly [string, string])[]): string[] =>
  rows.map(([tag, said]) => tagged(bold(tag), plain(said)));

function firstPage(catalogue: Catalogue, version: string): string {
  const subjects = new Map<string, [string, string][]>();
  for (const [name, { subject, summary }] of Object.entries(catalogue))
    subjects.set(subject, [...(subjects.get(subject) ?? []), [name, summary]]);
  return page(
    { name: "linkwright", section: 1, version, about: "networking for Linux hosts and virtual machines" },
    {
      SYNOPSIS: [
        `${bold("linkwright")} [${bold("--netns")} ${italic("NAME|PATH")}] [${bold("--json")}] ${italic("COMMAND …")}`,
      ],
      DESCRIPTION: [
        plain(
          "linkwright speaks the kernel's own protocols, and starts no other program. A command does all that it says, " +
            "or leaves things as they were, and says why. Each command has a page: linkwright-bridge(1), and so on.",
        ),
      ],
      COMMANDS: [...subjects].flatMap(([subject, rows]) => [request("SS", subject), ...definitions(rows)]),
      OPTIONS: definitions(
        globalOptions.map((each) => ["value" in each ? `${each.option} ${each.value}` : each.option, each.summary]),
      ),
      VALUES: [plain(VALUES.trim())],
      "EXIT STATUS": definitions(EXIT_STATUS),
      FILES: definitions(FILES),
      "SEE ALSO": [plain("host.yaml(5), network.yaml(5), qemu.json(5), ip(8), bridge(8)")],
    },
  );
}

function commandPage(catalogue: Catalogue, name: string, version: string): string {
  const { summary, sections } = commandHelp(catalogue, name);
  const actions = Object.entries(catalogue[name]!.load().actions);
  return page(
    { name: `linkwright-${name}`, section: 1, version, about: summary },
    {
      SYNOPSIS: actions.flatMap(([sub, action], index) => [
        ...(index === 0 ? [] : [".br"]),
        usage(usageOf(name, sub, action)),
      ]),
      DESCRIPTION: actions.map(([sub, action]) => tagged(bold(`${name} ${sub}`.trim()), plain(action.summary))),
      OPTIONS: sections.flatMap(({ title, of, options }) => [
        request("SS", of.length < actions.length ? `${title} (${of.join(", ")})` : title),
        ...definitions(options.map(({ option, description }) => [option, description])),
      ]),
      VALUES: sections.length === 0 ? [] : [plain(VALUES.trim())],
      "SEE ALSO": [plain("linkwright(1)")],
    },
  );
}

/** The pages of section 1, by their file's names: the program, and each of its commands. */
export function commandPages(catalogue: Catalogue, version: string): Record<string, string> {
  const pages = Object.keys(catalogue).map((name) => [`linkwright-${name}.1`, commandPage(catalogue, name, version)]);
  return { "linkwright.1": firstPage(catalogue, version), ...(Object.fromEntries(pages) as Record<string, string>) };
}
